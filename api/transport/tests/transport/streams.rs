//! Server-sent events.

use std::time::Duration;

use serde_json::{Value, json};
use tributary_transport::gateway::{MAX_CONNECTIONS, Timings};

use crate::sockets::Socket;
use crate::world::{KEY, World};

/// An open stream.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(world: &World, query: &str) -> Self {
        let request = reqwest::Client::new().post(world.url()).bearer_auth(KEY);
        let request = request.header("accept", "text/event-stream");
        let response = request
            .json(&json!({ "query": query }))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next block of lines; `None` at the end of the response.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let wait = Duration::from_secs(10);
            let chunk = tokio::time::timeout(wait, self.response.chunk())
                .await
                .unwrap();
            let chunk = chunk.unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The data of a `next` event.
    async fn next(&mut self) -> Value {
        let block = self.block().await.unwrap();
        let data = block.strip_prefix("event: next\ndata: ").expect(&block);
        serde_json::from_str(data).unwrap()
    }

    async fn completes(mut self) {
        let block = self.block().await.unwrap();
        assert_eq!(block, "event: complete\ndata: {}");
        assert_eq!(self.block().await, None);
    }
}

fn quick() -> Timings {
    let short = Duration::from_millis(50);
    Timings {
        ping: short,
        recheck: short,
        ..Timings::default()
    }
}

#[tokio::test]
async fn each_result_is_an_event_and_the_end_is_one_too() {
    let world = World::new().await;
    let mut stream = Stream::open(&world, "subscription { count(to: 3) }").await;
    for n in 1..=3 {
        assert_eq!(stream.next().await["data"], json!({ "count": n }));
    }
    stream.completes().await;
}

#[tokio::test]
async fn a_query_is_a_stream_of_one_result() {
    let world = World::new().await;
    let mut query = Stream::open(&world, "{ value }").await;
    assert_eq!(query.next().await["data"], json!({ "value": 7 }));
    query.completes().await;
}

#[tokio::test]
async fn what_is_refused_is_a_result() {
    let world = World::new().await;
    for (query, code) in [
        ("{ missing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ value", "GRAPHQL_PARSE_FAILED"),
        ("mutation { pay(x: 1) }", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { pay }", "MUTATION_OVER_STREAM"),
    ] {
        let mut stream = Stream::open(&world, query).await;
        let result = stream.next().await;
        assert_eq!(result["errors"][0]["extensions"]["code"], code);
        assert!(result.get("data").is_none());
        stream.completes().await;
    }
    assert_eq!(world.paid(), 0);
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive() {
    let world = World::with(quick()).await;
    let mut stream = Stream::open(&world, "subscription { forever }").await;
    assert_eq!(stream.next().await["data"], json!({ "forever": 1 }));
    assert_eq!(stream.block().await.as_deref(), Some(":"));
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_operation() {
    let world = World::with(quick()).await;
    let mut stream = Stream::open(&world, "subscription { forever }").await;
    stream.next().await;
    world.until_streams(1).await;
    drop(stream);
    world.until_streams(0).await;
}

#[tokio::test]
async fn a_revoked_key_loses_its_stream() {
    let world = World::with(quick()).await;
    let mut stream = Stream::open(&world, "subscription { forever }").await;
    stream.next().await;
    world.revoke();
    let result = loop {
        let block = stream.block().await.unwrap();
        if let Some(data) = block.strip_prefix("event: next\ndata: ") {
            break serde_json::from_str::<Value>(data).unwrap();
        }
    };
    assert_eq!(result["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    stream.completes().await;
    world.until_streams(0).await;
}

#[tokio::test]
async fn a_stranger_gets_no_stream() {
    let world = World::new().await;
    let request = reqwest::Client::new()
        .post(world.url())
        .header("accept", "text/event-stream");
    let response = request
        .json(&json!({ "query": "{ value }" }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn a_key_has_so_many_streams_and_sockets_and_no_more() {
    let world = World::new().await;
    let mut open = Vec::new();
    for _ in 1..MAX_CONNECTIONS {
        open.push(Stream::open(&world, "subscription { forever }").await);
    }
    let socket = Socket::open(&world).await;
    let post = || {
        let request = reqwest::Client::new().post(world.url()).bearer_auth(KEY);
        let request = request.header("accept", "text/event-stream");
        request.json(&json!({ "query": "{ value }" })).send()
    };
    let refused = post().await.unwrap();
    assert_eq!(refused.status(), 429);
    let body: Value = refused.json().await.unwrap();
    let code = &body["errors"][0]["extensions"]["code"];
    assert_eq!(code, "TOO_MANY_CONNECTIONS", "{body}");
    assert_eq!(Socket::turned_away(&world).await, 1013);

    drop(open.pop());
    world.until_streams(MAX_CONNECTIONS - 2).await;
    Stream::open(&world, "{ value }").await.next().await;
    drop(socket);
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let world = World::new().await;
    let mut stream = Stream::open(&world, "subscription { forever }").await;
    stream.next().await;
    world.stop.send_replace(true);
    assert_eq!(stream.block().await, None);
    world.until_streams(0).await;
}

#[tokio::test]
async fn a_panic_ends_its_stream_alone() {
    let world = World::new().await;
    let mut stream = Stream::open(&world, "subscription { stumble }").await;
    let result = stream.next().await;
    assert_eq!(result["errors"][0]["extensions"]["code"], "INTERNAL");
    stream.completes().await;
}

/// A stream whose client takes nothing while the server has ever more to say.
async fn stalled(world: &World) -> Stream {
    let stream = Stream::open(world, "subscription { flood }").await;
    world.until_streams(1).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    stream
}

#[tokio::test]
async fn a_client_that_takes_nothing_keeps_no_stream() {
    let timings = Timings {
        silence: Duration::from_millis(300),
        ..Timings::default()
    };
    let world = World::with(timings).await;
    let _stalled = stalled(&world).await;
    world.until_streams(0).await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_loses_its_revoked_key_and_does_not_keep_the_server() {
    let world = World::with(quick()).await;
    let _stalled = stalled(&world).await;
    world.revoke();
    world.until_streams(0).await;

    let world = World::new().await;
    let _stalled = stalled(&world).await;
    world.stop.send_replace(true);
    world.until_streams(0).await;
}
