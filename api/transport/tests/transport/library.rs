//! How the library's own WebSocket ends connections, which is why ours is used. When one
//! of these fails, look whether ours can go.

use async_graphql::{EmptyMutation, Schema};
use async_graphql_axum::GraphQLSubscription;
use axum::Router;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::world::{Query, Ticks};

/// What the library closes a connection with after these messages; none where it does
/// not.
async fn closes(messages: &[&str]) -> Option<u16> {
    let schema = Schema::build(Query, EmptyMutation, Ticks).finish();
    let routes = Router::new().route_service("/", GraphQLSubscription::new(schema));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    let mut request = format!("ws://{address}/").into_client_request().unwrap();
    let protocol = "graphql-transport-ws".parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = connect_async(request).await.unwrap();
    for message in messages {
        socket.send(Message::text(*message)).await.unwrap();
    }
    // Whoever is still connected answers a ping.
    socket
        .send(Message::text(json!({ "type": "ping" }).to_string()))
        .await
        .ok();
    let code = loop {
        match socket.next().await {
            Some(Ok(Message::Close(frame))) => break frame.map(|frame| frame.code.into()),
            Some(Ok(Message::Text(text))) if text.contains("pong") => break None,
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break Some(1006),
        }
    };
    server.abort();
    code
}

const INIT: &str = r#"{"type":"connection_init"}"#;
const COUNT: &str =
    r#"{"type":"subscribe","id":"1","payload":{"query":"subscription{count(to:1000000)}"}}"#;

#[tokio::test]
async fn the_librarys_closes_are_not_those_of_the_protocol() {
    for (messages, protocols, librarys) in [
        (&[COUNT][..], 4401, Some(1011)),
        (&[INIT, COUNT, COUNT], 4409, None),
        (&[INIT, "nonsense"], 4400, Some(1002)),
    ] {
        let code = closes(messages).await;
        assert_eq!(code, librarys, "the protocol: {protocols}, {messages:?}");
        assert_ne!(code, Some(protocols), "the library is mended");
    }
}
