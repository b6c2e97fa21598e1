//! Clients that do not read what they asked for.

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tributary_transport::unread::MAX_UNREAD_BYTES_OF_GROUP;

use crate::world::{KEY, World};

/// An answer of 7 MiB and some, which is more than systems keep for a peer that does
/// not read.
const LARGE: &str = "{ list(first: 7000) { text } }";

/// As many of them as may wait.
const MOST: usize = MAX_UNREAD_BYTES_OF_GROUP / (7_000 * 1_024);

/// A connection whose system takes little for it.
async fn connect(world: &World) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.connect(world.address).await.unwrap()
}

/// Asks, and reads nothing.
async fn asks(world: &World) -> TcpStream {
    let mut stream = connect(world).await;
    let body = json!({ "query": LARGE }).to_string();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// The code of an error, for whoever reads at once; none where there is an answer.
async fn code(world: &World) -> Option<String> {
    let request = reqwest::Client::new().post(world.url()).bearer_auth(KEY);
    let answer = request.json(&json!({ "query": LARGE })).send().await;
    let answer: Value = answer.unwrap().json().await.unwrap();
    assert!(answer.get("data").is_some(), "it ran");
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    code.map(str::to_owned)
}

/// Asks over and over until there is no room. Whoever looks takes room too, for as long
/// as it reads, so that one of those that were to wait may have been refused.
async fn fill(world: &World, mut ask: impl AsyncFnMut()) {
    let fills = async {
        for _ in 0..MOST {
            ask().await;
        }
        while code(world).await.as_deref() != Some("TOO_MUCH_UNREAD") {
            ask().await;
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(30), fills).await.unwrap();
}

/// Waits until there is room.
async fn until_room(world: &World) {
    let waits = async {
        while code(world).await.is_some() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(30), waits).await.unwrap();
}

#[tokio::test]
async fn answers_that_nobody_reads_are_few() {
    let world = World::new().await;
    assert_eq!(code(&world).await, None);
    let mut unread = Vec::new();
    fill(&world, async || unread.push(asks(&world).await)).await;
    // What is small is answered all the same.
    let request = reqwest::Client::new().post(world.url()).bearer_auth(KEY);
    let small = request.json(&json!({ "query": "{ value }" })).send().await;
    let small: Value = small.unwrap().json().await.unwrap();
    assert_eq!(small["data"]["value"], 7);

    // One is read, and others go away.
    let mut all = Vec::new();
    unread.remove(0).read_to_end(&mut all).await.unwrap();
    assert!(all.len() > 7_000 * 1_024);
    until_room(&world).await;
    fill(&world, async || unread.push(asks(&world).await)).await;
    drop(unread);
    until_room(&world).await;
}

#[tokio::test]
async fn a_socket_that_nobody_reads_keeps_little() {
    let world = World::new().await;
    let mut request = format!("ws://{}/graphql", world.address)
        .into_client_request()
        .unwrap();
    let protocol = "graphql-transport-ws".parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = client_async(request, connect(&world).await).await.unwrap();
    let init = json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {KEY}") } });
    socket.send(Message::text(init.to_string())).await.unwrap();
    let mut id = 0;
    let subscribe = async || {
        id += 1;
        let message =
            json!({ "type": "subscribe", "id": id.to_string(), "payload": { "query": LARGE } });
        let sent = socket.send(Message::text(message.to_string())).await;
        sent.unwrap();
    };
    fill(&world, subscribe).await;
    drop(socket);
    until_room(&world).await;
}
