//! Operations that take long: they pause, end with their clients, and keep
//! nobody else from being answered.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;
use tributary_transport::bounds::MAX_RESPONSE_BYTES;
use tributary_transport::gateway::Timings;

use crate::sockets::{SHORT, Socket};
use crate::world::{KEY, World};

/// Keeps the one thread of operations busy for about four seconds, if nothing
/// ends it.
const LONG: &str = "{ list(first: 130) { list(first: 140) { slow } } }";

/// As a subscription whose events take as long.
const LONG_EVENTS: &str =
    "subscription { slow { list(first: 130) { list(first: 140) { slow } } } }";

fn post(world: &World, query: &str) -> reqwest::RequestBuilder {
    let client = reqwest::Client::new();
    let body = json!({ "query": query });
    client.post(world.url()).bearer_auth(KEY).json(&body)
}

/// Waits until an operation is at work.
async fn until_busy(world: &World) {
    let begun = world.slow();
    while world.slow() == begun {
        sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until no operation is at work, long before it would be done.
async fn until_idle(world: &World) {
    for _ in 0..40 {
        let seen = world.slow();
        sleep(SHORT * 2).await;
        if world.slow() == seen {
            assert!(seen < 130 * 140, "it ran to its end");
            return;
        }
    }
    panic!("it still runs");
}

#[tokio::test]
async fn an_operation_ends_when_its_client_leaves() {
    let world = World::new().await;
    let client = tokio::spawn(post(&world, LONG).send());
    until_busy(&world).await;
    client.abort();
    until_idle(&world).await;
}

#[tokio::test]
async fn an_operation_ends_when_its_time_is_up() {
    let timings = Timings {
        execution: SHORT * 4,
        ..Timings::default()
    };
    let world = World::with(timings).await;
    let answer: Value = post(&world, LONG)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TIMED_OUT");
    until_idle(&world).await;
}

#[tokio::test]
async fn an_event_is_not_finished_for_a_client_that_left() {
    for query in [LONG, LONG_EVENTS] {
        let world = World::new().await;
        let stream = post(&world, query).header("accept", "text/event-stream");
        let stream = stream.send().await.unwrap();
        until_busy(&world).await;
        drop(stream);
        until_idle(&world).await;

        let world = World::new().await;
        let mut socket = Socket::open(&world).await;
        socket.subscribe("1", query).await;
        until_busy(&world).await;
        socket.send(json!({ "type": "complete", "id": "1" })).await;
        until_idle(&world).await;

        let world = World::new().await;
        let mut socket = Socket::open(&world).await;
        socket.subscribe("1", query).await;
        until_busy(&world).await;
        drop(socket);
        until_idle(&world).await;
        world.until_streams(0).await;
    }
}

/// Several at a time, on one thread: a short operation has its turns among them,
/// and the connections are another runtime's.
#[tokio::test]
async fn a_short_operation_is_answered_among_long_ones() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    let clients: Vec<_> = (0..3)
        .map(|_| tokio::spawn(post(&world, LONG).send()))
        .collect();
    until_busy(&world).await;
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.receive().await, json!({ "type": "pong" }));
    let answer: Value = post(&world, "{ value }")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["data"]["value"], 7);
    assert!(clients.iter().all(|client| !client.is_finished()));
    clients.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn an_answer_has_a_largest_size_over_each_transport() {
    let world = World::new().await;
    let pages = |rows: usize| format!("{{ list(first: {rows}) {{ list(first: 90) {{ text }} }} }}");
    let fits = post(&world, &pages(85)).send().await.unwrap();
    let fits = fits.bytes().await.unwrap();
    assert!(fits.len() < MAX_RESPONSE_BYTES && fits.len() > MAX_RESPONSE_BYTES * 9 / 10);

    let larger = pages(95);
    let answer: Value = post(&world, &larger)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
    assert_eq!(
        answer["errors"][0]["extensions"]["code"],
        "RESPONSE_TOO_LARGE"
    );
    assert_eq!(answer.get("data"), Some(&Value::Null));

    let stream = post(&world, &larger).header("accept", "text/event-stream");
    let text = stream.send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains("RESPONSE_TOO_LARGE") && text.contains("event: complete"),
        "{text}"
    );

    let mut socket = Socket::open(&world).await;
    socket.subscribe("1", &larger).await;
    let message = socket.receive().await;
    let code = &message["payload"]["errors"][0]["extensions"]["code"];
    assert_eq!(code, "RESPONSE_TOO_LARGE", "{message}");
    assert_eq!(socket.receive().await["type"], "complete");
}

/// What is written with escapes is counted with them.
#[tokio::test]
async fn a_text_that_grows_when_it_is_written_is_counted_as_written() {
    let world = World::new().await;
    let aliases: Vec<_> = (0..30).map(|n| format!("a{n}: echo(text: $t)")).collect();
    let query = format!("query($t: String!) {{ {} }}", aliases.join(" "));
    let text = "\u{1}".repeat(7_000);
    let request = post(&world, "").json(&json!({ "query": query, "variables": { "t": text } }));
    let bytes = request.send().await.unwrap().bytes().await.unwrap();
    assert!(
        bytes.len() > 30 * 6 * 7_000 && bytes.len() < MAX_RESPONSE_BYTES,
        "{}",
        bytes.len()
    );
}
