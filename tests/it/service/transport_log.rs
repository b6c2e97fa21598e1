//! One line of the log for each operation, over each transport.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::support::acme::Acme;
use crate::support::follower::{Socket, Stream, Told};
use crate::support::log::Log;
use crate::support::world::World;

/// The lines of operations that have these words.
async fn line(log: &Log, words: &[&str]) -> String {
    for _ in 0..100 {
        let text = log.text();
        let mut lines = text.lines().filter(|line| line.contains("statements="));
        if let Some(line) = lines.find(|line| words.iter().all(|word| line.contains(word))) {
            return line.to_owned();
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("no line with {words:?} in\n{}", log.text());
}

/// Asks until it is heard. What is logged where is known to all threads at once, and
/// another story that stops listening may make this one's lines unheard of for a moment.
async fn until_heard(log: &Log, acme: &Acme) {
    for _ in 0..100 {
        acme.owner
            .asks("query Listening { __typename }", json!({}))
            .await;
        if log.text().contains("operation=\"Listening\"") {
            return;
        }
        tracing::callsite::rebuild_interest_cache();
        sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing is heard: {}", log.text());
}

story! {
    /// It names the operation, its kind, cost, statements, codes and time, and
    /// whose it was; not what was asked with which arguments.
    async fn each_operation_has_a_line(world: World) {
        let log = Log::default();
        let _listening = log.listen("info");
        let acme = Acme::new(&world).await;
        let viewer = acme.person("Vera", "VIEWER").await;
        until_heard(&log, &acme).await;

        let named = "query Names($first: Int!) { programs(first: $first) { nodes { name } } }";
        acme.owner.asks(named, json!({ "first": 3 })).await;
        let read = line(&log, &["operation=\"Names\"", "kind=\"query\""]).await;
        for word in ["cost=", "milliseconds=", "status=200", "codes=\"\"", "left=false", "tenant=", "actor="] {
            assert!(read.contains(word), "{word}: {read}");
        }
        assert!(!read.contains("statements=0"), "{read}");
        assert!(!read.contains("first"), "{read}");

        viewer.post("query Hidden { apiKeys { nodes { id } } }", json!({})).await;
        line(&log, &["operation=\"Hidden\"", "codes=\"FORBIDDEN\""]).await;
        viewer.post("query Wrong { missing }", json!({})).await;
        line(&log, &["codes=\"GRAPHQL_VALIDATION_FAILED\""]).await;

        let northwind = acme.partner_without_papers("Northwind").await;
        line(&log, &["kind=\"mutation\"", "codes=\"\""]).await;
        let mut socket = Socket::follow(&acme.owner, None, None).await;
        let mut stream = Stream::follow(&acme.owner, None, None).await;
        acme.deal(&northwind, "10.00").await;
        assert!(matches!(socket.next().await, Told::Event(_)));
        assert!(matches!(stream.next().await, Told::Event(_)));
        drop(socket);
        let left = line(&log, &["kind=\"subscription\"", "left=true", "actor="]).await;
        assert!(!left.contains("results=0"), "{left}");
        drop(stream);
        sleep(Duration::from_millis(500)).await;
        let text = log.text();
        let ended = text.lines().filter(|line| line.contains("kind=\"subscription\""));
        assert_eq!(ended.count(), 2, "{text}");

        // Each has one line, and none tells a key.
        let posted = text.lines().filter(|line| line.contains("operation=\"Names\""));
        assert_eq!(posted.count(), 1);
        assert!(!text.contains("path=\"/graphql\" status=200"), "{text}");
        assert!(!text.contains(&acme.owner.token) && !text.contains("10.00"), "{text}");
    }
}
