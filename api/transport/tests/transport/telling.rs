//! What is told of one event is made once for all who are told the same.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use crate::sockets::Socket;
use crate::world::{KEY, OTHER_KEY, World};

/// What a new socket with this key is told.
async fn told(world: &World, key: &str, query: &str) -> Vec<Value> {
    let mut socket = Socket::open_with(world, key).await;
    socket.subscribe("mine", query).await;
    let mut payloads = Vec::new();
    loop {
        let message = socket.receive().await;
        assert_eq!(message["id"], "mine", "{message}");
        if message["type"] == "complete" {
            return payloads;
        }
        payloads.push(message["payload"].clone());
    }
}

fn executed(world: &World) -> usize {
    world.shared.slow.load(Ordering::SeqCst)
}

#[tokio::test]
async fn one_event_is_executed_once_for_all_who_select_the_same() {
    let world = World::new().await;
    let query = "subscription { told(to: 3) { slow holder } }";
    let first = told(&world, KEY, query).await;
    assert_eq!(first.len(), 3);
    assert_eq!(
        first[2]["data"]["told"],
        json!({ "slow": 2, "holder": KEY })
    );
    assert!(first[2]["extensions"]["cost"]["requestedQueryCost"].is_number());
    assert_eq!(told(&world, KEY, query).await, first);
    assert_eq!(executed(&world), 3);
    // Which events there are is no part of what is told of one.
    let more = told(&world, KEY, &query.replace("to: 3", "to: 4")).await;
    assert_eq!((&more[..3], executed(&world)), (&first[..], 4));
    // Nor is how it was laid out.
    let laid_out = "subscription  {\n told(to: 10)\n {\n slow\n holder } }";
    assert_eq!(told(&world, KEY, laid_out).await.len(), 10);
    assert_eq!(executed(&world), 10);
}

#[tokio::test]
async fn another_audience_or_selection_is_told_its_own() {
    let world = World::new().await;
    let query = "subscription { told(to: 1) { slow holder } }";
    let mine = told(&world, KEY, query).await;
    let theirs = told(&world, OTHER_KEY, query).await;
    assert_eq!(mine[0]["data"]["told"]["holder"], KEY);
    assert_eq!(theirs[0]["data"]["told"]["holder"], OTHER_KEY);
    for other in [
        "subscription { told(to: 1) { slow } }",
        "subscription { again: told(to: 1) { slow holder } }",
        "subscription { told(to: 1) { slow by: holder } }",
        "subscription { told(to: 1) { slow echo(text: \"a\") } }",
        "subscription { told(to: 1) { slow echo(text: \"b\") } }",
    ] {
        let before = executed(&world);
        let one = told(&world, KEY, other).await;
        assert_eq!(executed(&world), before + 1, "{other}");
        if let Some(text) = one[0]["data"]["told"]["echo"].as_str() {
            assert!(other.contains(&format!("\"{text}\"")), "{other} {text}");
        }
    }
}

#[tokio::test]
async fn many_at_once_wait_for_one_execution() {
    let world = World::new().await;
    let query = "subscription { told(to: 20) { slow } }";
    let all = futures_util::future::join_all((0..16).map(|_| told(&world, KEY, query))).await;
    assert!(all.iter().all(|payloads| payloads == &all[0]));
    assert_eq!(executed(&world), 20);
}

#[tokio::test]
async fn an_error_is_told_to_whoever_has_it_and_kept_for_nobody() {
    let world = World::new().await;
    let query = "subscription { told(to: 1) { slow broken } }";
    for times in 1..=2 {
        let failed = told(&world, KEY, query).await;
        assert_eq!(failed[0]["errors"][0]["extensions"]["code"], "INTERNAL");
        assert_eq!(executed(&world), times);
    }
}
