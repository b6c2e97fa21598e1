//! Following one deal over graphql-transport-ws, across lost connections.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use tributary_client::{Client, Result, text};

const FOLLOW: &str = "subscription Follow($deal: ID!, $after: Position) {
  dealStatusChanged(dealId: $deal, after: $after) { position kind subject }
}";

/// How long an event may take to arrive.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// One event, as much of it as is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the log.
    pub position: String,
    /// What happened.
    pub kind: String,
    /// To what.
    pub subject: String,
}

impl Event {
    /// Reads it from an answer.
    ///
    /// # Errors
    ///
    /// When a field was not selected.
    pub fn read(value: &Value) -> Result<Self> {
        Ok(Self {
            position: text(value, "/position")?.to_owned(),
            kind: text(value, "/kind")?.to_owned(),
            subject: text(value, "/subject")?.to_owned(),
        })
    }
}

/// Everything seen of one deal.
pub struct Follower {
    client: Client,
    /// The deal's id.
    pub deal: String,
    begin: String,
    /// What arrived, in the order of arrival.
    pub seen: Vec<Event>,
    connection: Option<Connection>,
}

/// A live subscription. Dropping it closes its socket.
struct Connection {
    events: mpsc::UnboundedReceiver<Result<Event>>,
    reader: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Follower {
    /// Follows a deal from a position in the log on. Not connected yet.
    pub fn new(client: &Client, deal: &str, begin: &str) -> Self {
        Self {
            client: client.clone(),
            deal: deal.to_owned(),
            begin: begin.to_owned(),
            seen: Vec::new(),
            connection: None,
        }
    }

    /// The position after which nothing was seen.
    pub fn position(&self) -> &str {
        self.seen
            .last()
            .map_or(&self.begin, |event| &event.position)
    }

    /// Connects, and asks for what came after the last event seen.
    ///
    /// # Errors
    ///
    /// When the server does not take the subscription.
    pub async fn connect(&mut self) -> Result<()> {
        let variables = json!({ "deal": self.deal, "after": self.position() });
        let mut socket = open(&self.client).await?;
        let payload = json!({ "query": FOLLOW, "variables": variables });
        let subscribe = json!({ "id": "1", "type": "subscribe", "payload": payload });
        socket.send(Message::text(subscribe.to_string())).await?;
        let (found, events) = mpsc::unbounded_channel();
        let reader = tokio::spawn(async move {
            loop {
                let event = next_event(&mut socket).await;
                let over = event.is_err();
                if found.send(event).is_err() || over {
                    return;
                }
            }
        });
        self.connection = Some(Connection {
            events,
            reader: reader.abort_handle(),
        });
        Ok(())
    }

    /// Drops the connection. What it had not delivered is lost with it.
    pub fn disconnect(&mut self) {
        self.connection = None;
    }

    /// Waits until this many events were seen in all, and returns the new ones.
    ///
    /// # Errors
    ///
    /// When they do not arrive in time, or the subscription ends.
    pub async fn until(&mut self, count: usize) -> Result<&[Event]> {
        let before = self.seen.len();
        let connection = self.connection.as_mut().ok_or("not connected")?;
        while self.seen.len() < count {
            let event = timeout(LONGEST_WAIT, connection.events.recv()).await;
            let event = event.map_err(|_| {
                let seen = self.seen.len();
                format!("the subscription gave {seen} of {count} events")
            })?;
            self.seen.push(event.ok_or("the subscription ended")??);
        }
        Ok(&self.seen[before..])
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A socket that was let in.
async fn open(client: &Client) -> Result<Socket> {
    let address = format!("{}/graphql", client.server.replacen("http", "ws", 1));
    let mut request = address.into_client_request()?;
    let protocol = "graphql-transport-ws".parse()?;
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = connect_async(request).await?;
    let payload = json!({ "Authorization": format!("Bearer {}", client.token) });
    let hello = json!({ "type": "connection_init", "payload": payload });
    socket.send(Message::text(hello.to_string())).await?;
    let answer = receive(&mut socket).await?;
    match answer["type"].as_str() {
        Some("connection_ack") => Ok(socket),
        _ => Err(format!("the socket was not let in: {answer}").into()),
    }
}

async fn next_event(socket: &mut Socket) -> Result<Event> {
    let answer = receive(socket).await?;
    match answer.pointer("/payload/data/dealStatusChanged") {
        Some(event) => Event::read(event),
        None => Err(format!("the subscription said {answer}").into()),
    }
}

/// The next message of the protocol; pings are answered on the way.
async fn receive(socket: &mut Socket) -> Result<Value> {
    while let Some(frame) = socket.next().await {
        match frame? {
            Message::Text(text) => {
                let message: Value = serde_json::from_str(&text)?;
                if message["type"] != "ping" {
                    return Ok(message);
                }
                let pong = json!({ "type": "pong" });
                socket.send(Message::text(pong.to_string())).await?;
            }
            Message::Close(reason) => return Err(format!("the socket closed: {reason:?}").into()),
            _ => {}
        }
    }
    Err("the socket closed".into())
}
