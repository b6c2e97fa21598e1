//! Somebody who follows deals, over a socket or a stream of server-sent events.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::client::Client;

/// How long a follower waits for what must come.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

const FOLLOW: &str = "subscription($deal: ID, $after: Position) {
    dealStatusChanged(dealId: $deal, after: $after) {
        position kind subject data actor { name } deal { id } }
}";

/// A subscription over `graphql-transport-ws`.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What a follower is told.
#[derive(Debug)]
pub enum Told {
    /// An event.
    Event(Value),
    /// The code of the error that ended the subscription.
    Error(String),
    /// The code that the socket was closed with.
    Closed(u16),
    /// The stream ends as it should.
    Complete,
}

impl Told {
    fn of(errors: &Value, data: &Value) -> Self {
        match errors[0]["extensions"]["code"].as_str() {
            Some(code) => Self::Error(code.to_owned()),
            None => Self::Event(data["dealStatusChanged"].clone()),
        }
    }
}

impl Socket {
    /// Follows a deal, or all deals, from a position on.
    pub async fn follow(client: &Client, deal: Option<&str>, after: Option<&Value>) -> Self {
        let url = format!("{}/graphql", client.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        let protocol = "graphql-transport-ws".parse().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        let mut socket = Self(connect_async(request).await.unwrap().0);
        let payload = json!({ "Authorization": format!("Bearer {}", client.token) });
        socket
            .send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(
            socket.receive().await,
            Ok(json!({ "type": "connection_ack" }))
        );
        let payload = json!({ "query": FOLLOW, "variables": { "deal": deal, "after": after } });
        socket
            .send(json!({ "id": "1", "type": "subscribe", "payload": payload }))
            .await;
        socket
    }

    async fn send(&mut self, message: Value) {
        self.0
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    /// The next message past pings, or the code of the close.
    async fn receive(&mut self) -> Result<Value, u16> {
        loop {
            let frame = timeout(LONGEST_WAIT, self.0.next())
                .await
                .expect("something is told");
            match frame.map(Result::unwrap) {
                Some(Message::Text(text)) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Message::Ping(_)) => {}
                Some(Message::Close(Some(frame))) => return Err(frame.code.into()),
                other => panic!("{other:?}"),
            }
        }
    }

    /// What is told next.
    pub async fn next(&mut self) -> Told {
        let message = match self.receive().await {
            Ok(message) => message,
            Err(code) => return Told::Closed(code),
        };
        let payload = &message["payload"];
        let errors = if payload.is_array() {
            payload
        } else {
            &payload["errors"]
        };
        Told::of(errors, &payload["data"])
    }

    /// The next events, so many.
    pub async fn events(&mut self, count: usize) -> Vec<Value> {
        events(count, async || self.next().await).await
    }
}

/// A subscription over server-sent events.
pub struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    /// Follows a deal, or all deals, from a position on.
    pub async fn follow(client: &Client, deal: Option<&str>, after: Option<&Value>) -> Self {
        let body = json!({ "query": FOLLOW, "variables": { "deal": deal, "after": after } });
        let request = reqwest::Client::new().post(format!("{}/graphql", client.url));
        let request = request.header("accept", "text/event-stream").json(&body);
        let response = request.bearer_auth(&client.token).send().await.unwrap();
        Self {
            response,
            text: String::new(),
        }
    }

    /// What is told next.
    pub async fn next(&mut self) -> Told {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let (message, rest) = (message.to_owned(), rest.to_owned());
                self.text = rest;
                if message.contains("event: complete") {
                    return Told::Complete;
                }
                let data = message.lines().find_map(|line| line.strip_prefix("data: "));
                if let Some(data) = data {
                    let answer: Value = serde_json::from_str(data).unwrap();
                    return Told::of(&answer["errors"], &answer["data"]);
                }
                continue;
            }
            let chunk = timeout(LONGEST_WAIT, self.response.chunk())
                .await
                .expect("something is told");
            self.text += std::str::from_utf8(&chunk.unwrap().unwrap()).unwrap();
        }
    }

    /// The next events, so many.
    pub async fn events(&mut self, count: usize) -> Vec<Value> {
        events(count, async || self.next().await).await
    }
}

/// So many events, and nothing else in between.
async fn events(count: usize, mut next: impl AsyncFnMut() -> Told) -> Vec<Value> {
    let mut events = Vec::new();
    while events.len() < count {
        match next().await {
            Told::Event(event) => events.push(event),
            other => panic!("after {events:?} came {other:?}"),
        }
    }
    events
}
