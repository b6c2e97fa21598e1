//! Positions that a log does not have: beyond its end, or lost in a restore.

use serde_json::{Value, json};
use tributary_domain::tenant::positions;

use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::follower::{Socket, Stream, Told};
use crate::support::world::World;

/// The end of the log.
async fn end(client: &Client) -> String {
    let answer = client
        .asks("{ viewer { tenant { lastPosition } } }", json!({}))
        .await;
    text(&answer["viewer"]["tenant"]["lastPosition"])
}

/// What reading the log from a position on gives: events, or the code of an error.
async fn read(client: &Client, after: &str) -> Result<Vec<Value>, String> {
    let document =
        "query($after: Position) { events(first: 100, after: $after) { kind position } }";
    let answer = client.post(document, json!({ "after": after })).await;
    match answer["data"]["events"].as_array() {
        Some(events) => Ok(events.clone()),
        None => Err(text(&answer["errors"][0]["extensions"]["code"])),
    }
}

/// A position is refused over each way to read from it.
async fn is_unknown(client: &Client, after: &str) {
    assert_eq!(
        read(client, after).await,
        Err("POSITION_UNKNOWN".to_owned()),
        "{after}"
    );
    let position = json!(after);
    let mut socket = Socket::follow(client, None, Some(&position)).await;
    let mut stream = Stream::follow(client, None, Some(&position)).await;
    for told in [socket.next().await, stream.next().await] {
        assert!(
            matches!(&told, Told::Error(code) if code == "POSITION_UNKNOWN"),
            "{told:?}"
        );
    }
}

/// So many places after a position, in the same epoch.
fn later(position: &str, by: i64) -> String {
    let (epoch, number) = position.split_once('-').unwrap();
    format!("{epoch}-{}", number.parse::<i64>().unwrap() + by)
}

story! {
    /// Whoever is ahead of the log has followed another: waiting would skip what
    /// comes until then.
    async fn a_position_beyond_the_end_is_refused(world: World) {
        let acme = Acme::new(&world).await;
        let end = end(&acme.owner).await;
        assert_eq!(read(&acme.owner, &end).await, Ok(Vec::new()));
        is_unknown(&acme.owner, &later(&end, 1)).await;
        is_unknown(&acme.owner, &later(&end, 1_000_000)).await;
        is_unknown(&acme.owner, "5f3a9c-1").await;
        assert!(!read(&acme.owner, "0").await.unwrap().is_empty(), "the beginning");
    }
}

story! {
    /// After a restore the log goes on under numbers that were given out before.
    /// Whoever saw those is told; whoever stopped before the backup misses nothing.
    async fn a_restore_is_told_to_whoever_saw_more(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        acme.deal(&partner, "10.00").await;
        let kept = end(&acme.owner).await;
        // What was acknowledged after the backup is lost: only its positions are known.
        let lost = later(&kept, 3);
        let mut follower = Socket::follow(&acme.owner, None, Some(&json!("0"))).await;
        follower.events(1).await;
        positions::begin_epochs(&world.server.engine).await.unwrap();
        for _ in 0..5 {
            acme.partner_without_papers("Northwind").await;
        }
        is_unknown(&acme.owner, &lost).await;
        let events = read(&acme.owner, &kept).await.unwrap();
        assert_eq!(events[0]["kind"], "LOG_RESTORED");
        assert!(events.len() > 5);
        let told = loop {
            match follower.next().await {
                Told::Event(_) => {}
                told => break told,
            }
        };
        assert!(matches!(&told, Told::Error(code) if code == "POSITION_UNKNOWN"), "{told:?}");

        let now = end(&acme.owner).await;
        assert_eq!(read(&acme.owner, &now).await, Ok(Vec::new()));
        is_unknown(&acme.owner, &later(&now, 1)).await;
        positions::begin_epochs(&world.server.engine).await.unwrap();
        assert_eq!(read(&acme.owner, &now).await.unwrap().len(), 1, "and once more");
        is_unknown(&acme.owner, &later(&now, 1)).await;
        is_unknown(&acme.owner, &lost).await;
        let again = read(&acme.owner, &kept).await.unwrap();
        let kinds = |events: &[Value]| events.iter().map(|event| text(&event["kind"])).collect::<Vec<_>>();
        assert_eq!(kinds(&again)[..events.len()], kinds(&events), "nothing of it was lost");
    }
}
