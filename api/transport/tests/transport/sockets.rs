//! `graphql-transport-ws`: each close code, and the life of an operation.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tributary_transport::gateway::Timings;

use crate::world::{KEY, World};

pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub async fn dial(world: &World, protocol: Option<&str>, authorization: Option<&str>) -> Self {
        let url = format!("ws://{}/graphql", world.address);
        let mut request = url.into_client_request().unwrap();
        let headers = request.headers_mut();
        if let Some(protocol) = protocol {
            headers.insert("sec-websocket-protocol", protocol.parse().unwrap());
        }
        if let Some(authorization) = authorization {
            headers.insert("authorization", authorization.parse().unwrap());
        }
        Self(connect_async(request).await.unwrap().0)
    }

    /// A socket that said nothing yet.
    async fn quiet(world: &World) -> Self {
        Self::dial(world, Some("graphql-transport-ws"), None).await
    }

    /// A socket that was let in.
    pub async fn open(world: &World) -> Self {
        Self::open_with(world, KEY).await
    }

    /// The same with this key.
    pub async fn open_with(world: &World, key: &str) -> Self {
        let mut socket = Self::quiet(world).await;
        socket.init_with(key).await;
        assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// The code with which a socket that introduces itself is closed.
    pub async fn turned_away(world: &World) -> u16 {
        let mut socket = Self::quiet(world).await;
        socket.init().await;
        socket.closes().await
    }

    async fn init(&mut self) {
        self.init_with(KEY).await;
    }

    async fn init_with(&mut self, key: &str) {
        let payload = json!({ "Authorization": format!("Bearer {key}") });
        self.send(json!({ "type": "connection_init", "payload": payload }))
            .await;
    }

    pub async fn send(&mut self, message: Value) {
        self.send_raw(Message::text(message.to_string())).await;
    }

    async fn send_raw(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        let payload = json!({ "query": query });
        self.send(json!({ "id": id, "type": "subscribe", "payload": payload }))
            .await;
    }

    pub async fn frame(&mut self) -> Option<Message> {
        let wait = Duration::from_secs(10);
        let frame = tokio::time::timeout(wait, self.0.next()).await.unwrap();
        frame.map(Result::unwrap)
    }

    /// The next message, past pings.
    pub async fn receive(&mut self) -> Value {
        loop {
            match self.frame().await {
                Some(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                Some(Message::Ping(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code the server closes with, past messages.
    async fn closes(&mut self) -> u16 {
        loop {
            match self.frame().await {
                Some(Message::Close(Some(frame))) => return frame.code.into(),
                Some(Message::Text(_) | Message::Ping(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn refuses(&mut self, id: &str, query: &str, code: &str) {
        self.subscribe(id, query).await;
        let message = self.receive().await;
        assert_eq!(message["type"], "error", "{message}");
        assert_eq!(message["id"], id);
        assert_eq!(message["payload"][0]["extensions"]["code"], code);
    }
}

pub const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_subscription_runs_to_its_end_and_its_id_is_free_again() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    for _ in 0..20 {
        socket.subscribe("1", "subscription { count(to: 2) }").await;
        for n in 1..=2 {
            let message = socket.receive().await;
            assert_eq!(
                (&message["type"], &message["id"]),
                (&json!("next"), &json!("1"))
            );
            assert_eq!(message["payload"]["data"], json!({ "count": n }));
        }
        assert_eq!(
            socket.receive().await,
            json!({ "type": "complete", "id": "1" })
        );
    }
}

#[tokio::test]
async fn a_query_is_a_subscription_of_one() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    socket.subscribe("q", "{ value holder }").await;
    let message = socket.receive().await;
    assert_eq!(
        message["payload"]["data"],
        json!({ "value": 7, "holder": KEY })
    );
    assert!(message["payload"]["extensions"]["cost"].is_object());
    assert_eq!(socket.receive().await["type"], "complete");
}

#[tokio::test]
async fn what_is_refused_is_an_error_and_the_socket_stays() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    socket
        .refuses("1", "{ missing }", "GRAPHQL_VALIDATION_FAILED")
        .await;
    socket.refuses("1", "{ value", "GRAPHQL_PARSE_FAILED").await;
    socket
        .refuses("1", "mutation { pay }", "MUTATION_OVER_STREAM")
        .await;
    socket
        .refuses("1", "subscription { stumble }", "INTERNAL")
        .await;
    assert_eq!(world.paid(), 0);
    socket.subscribe("1", "{ value }").await;
    assert_eq!(socket.receive().await["type"], "next");
}

#[tokio::test]
async fn complete_stops_an_operation() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    socket.subscribe("1", "subscription { forever }").await;
    assert_eq!(socket.receive().await["type"], "next");
    world.until_streams(1).await;
    socket.send(json!({ "type": "complete", "id": "1" })).await;
    world.until_streams(0).await;

    // The id is free, and no late `complete` of the first one comes.
    socket.subscribe("1", "{ value }").await;
    assert_eq!(socket.receive().await["type"], "next");
    assert_eq!(socket.receive().await["type"], "complete");
}

#[tokio::test]
async fn pings_are_answered_with_what_they_carry_also_before_the_ack() {
    let world = World::new().await;
    let mut socket = Socket::quiet(&world).await;
    socket.send(json!({ "type": "ping" })).await;
    assert_eq!(socket.receive().await, json!({ "type": "pong" }));
    socket.send(json!({ "type": "pong" })).await;
    socket
        .send(json!({ "type": "ping", "payload": { "at": 1 } }))
        .await;
    assert_eq!(
        socket.receive().await,
        json!({ "type": "pong", "payload": { "at": 1 } })
    );
}

#[tokio::test]
async fn the_key_may_come_with_the_upgrade() {
    let world = World::new().await;
    let key = format!("Bearer {KEY}");
    let mut socket = Socket::dial(&world, Some("graphql-transport-ws"), Some(&key)).await;
    socket.send(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.receive().await["type"], "connection_ack");
}

#[tokio::test]
async fn messages_out_of_place_close_with_their_codes() {
    let world = World::new().await;

    let mut early = Socket::quiet(&world).await;
    early.subscribe("1", "{ value }").await;
    assert_eq!(early.closes().await, 4401);

    let mut twice = Socket::open(&world).await;
    twice.init().await;
    assert_eq!(twice.closes().await, 4429);

    let mut duplicate = Socket::open(&world).await;
    duplicate.subscribe("1", "subscription { forever }").await;
    duplicate.subscribe("1", "subscription { forever }").await;
    assert_eq!(duplicate.closes().await, 4409);
    world.until_streams(0).await;
}

#[tokio::test]
async fn messages_that_are_none_close_with_4400() {
    let world = World::new().await;
    for bad in ["", "{", "[]", r#"{"type":"start"}"#, r#"{"id":"1"}"#] {
        let mut socket = Socket::open(&world).await;
        socket.send_raw(Message::text(bad)).await;
        assert_eq!(socket.closes().await, 4400, "{bad}");
    }
    let incomplete = [
        json!({ "type": "subscribe", "payload": { "query": "{ value }" } }),
        json!({ "type": "subscribe", "id": "", "payload": { "query": "{ value }" } }),
        json!({ "type": "subscribe", "id": "1" }),
        json!({ "type": "complete" }),
        json!({ "type": "connection_init", "payload": 7 }),
    ];
    for bad in incomplete {
        let mut socket = Socket::open(&world).await;
        socket.send(bad.clone()).await;
        assert_eq!(socket.closes().await, 4400, "{bad}");
    }
    let mut binary = Socket::open(&world).await;
    binary.send_raw(Message::binary(vec![1, 2])).await;
    assert_eq!(binary.closes().await, 4400);
}

#[tokio::test]
async fn a_message_that_is_too_big_closes_with_1009() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    socket.send_raw(Message::text("x".repeat(70_000))).await;
    assert_eq!(socket.closes().await, 1009);
}

#[tokio::test]
async fn a_bad_key_closes_with_4403() {
    let world = World::new().await;
    for payload in [json!({}), json!({ "authorization": "Bearer bad" })] {
        let mut socket = Socket::quiet(&world).await;
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(socket.closes().await, 4403);
    }
}

#[tokio::test]
async fn a_door_that_is_out_of_order_closes_with_1013() {
    let world = World::new().await;
    world.shared.down.store(true, Ordering::SeqCst);
    let mut socket = Socket::quiet(&world).await;
    socket.init().await;
    assert_eq!(socket.closes().await, 1013);
    world.shared.down.store(false, Ordering::SeqCst);

    // One that was let in stays, and its subscriptions too.
    let mut socket = Socket::open(&world).await;
    socket.subscribe("1", "subscription { forever }").await;
    assert_eq!(socket.receive().await["type"], "next");
    world.shared.down.store(true, Ordering::SeqCst);
    socket.refuses("2", "{ value }", "UNAVAILABLE").await;
    world.shared.down.store(false, Ordering::SeqCst);
    socket.subscribe("2", "{ value }").await;
    assert_eq!(socket.receive().await["type"], "next");
    assert_eq!(world.streams(), 1);
}

#[tokio::test]
async fn another_subprotocol_closes_with_4406() {
    let world = World::new().await;
    // A client that asked for another one fails by itself, as it should.
    let mut socket = Socket::dial(&world, None, None).await;
    assert_eq!(socket.closes().await, 4406);
}

#[tokio::test]
async fn silence_before_init_closes_with_4408() {
    let world = World::with(Timings {
        init: SHORT,
        ..Timings::default()
    })
    .await;
    let mut socket = Socket::quiet(&world).await;
    assert_eq!(socket.closes().await, 4408);
}

#[tokio::test]
async fn a_revoked_key_starts_nothing_and_loses_what_runs() {
    let world = World::new().await;
    let mut starter = Socket::open(&world).await;
    world.revoke();
    starter.subscribe("1", "{ value }").await;
    assert_eq!(starter.closes().await, 4403);

    let world = World::with(Timings {
        recheck: SHORT,
        ..Timings::default()
    })
    .await;
    let mut runner = Socket::open(&world).await;
    runner.subscribe("1", "subscription { forever }").await;
    world.until_streams(1).await;
    world.revoke();
    assert_eq!(runner.closes().await, 4403);
    world.until_streams(0).await;
}

#[tokio::test]
async fn operations_per_connection_are_bounded() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    for n in 0..50 {
        socket
            .subscribe(&n.to_string(), "subscription { forever }")
            .await;
        assert_eq!(socket.receive().await["type"], "next");
    }
    socket
        .refuses("one more", "{ value }", "TOO_MANY_OPERATIONS")
        .await;
    socket.send(json!({ "type": "complete", "id": "0" })).await;
    socket.subscribe("one more", "{ value }").await;
    assert_eq!(socket.receive().await["type"], "next");
}

#[tokio::test]
async fn sockets_close_with_1001_when_the_server_stops() {
    let world = World::new().await;
    let mut socket = Socket::open(&world).await;
    socket.subscribe("1", "subscription { forever }").await;
    world.until_streams(1).await;
    world.stop.send_replace(true);
    assert_eq!(socket.closes().await, 1001);
    world.until_streams(0).await;
}
