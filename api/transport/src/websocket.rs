//! The `graphql-transport-ws` protocol.
//!
//! One task reads, one writes, and one runs each operation. Results go through
//! a short queue to the writer, so a client that reads slowly slows its own
//! operations and nothing else. Only the reader knows which operations run, and
//! so it alone sends their `complete` and `error`: a client that has seen one
//! may use the id again. The reader waits for nothing but its next step: while
//! what it has to say stands in the queue it hears nobody, but it still looks
//! at the key and stops when the server does.

use std::collections::HashMap;
use std::time::Duration;

use async_graphql::{Executor, Request, ServerError};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response as HttpResponse;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::value::RawValue;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use tracing::{Instrument, Span};

use super::answer::{Text, internal};
use super::gateway::{Caller, Denied, Gateway, OpenConnection, bearer, stopped};
use super::messages::{Incoming, Outgoing};
use super::operation;
use super::refusal::Refusal;
use super::shares::Share;

const PROTOCOL: &str = "graphql-transport-ws";
/// The most bytes in a message from a client.
const MESSAGE_LIMIT: usize = 64 * 1024;
/// The most that is read of one all the same: a connection that is cut amid a
/// message loses the frame that tells why.
const READ_LIMIT: usize = 256 * 1024;
/// The most operations of one connection at a time.
pub const MAX_OPERATIONS: usize = 50;
/// Messages that wait for the writer.
const QUEUE: usize = 32;
/// Most sockets are quiet, so their buffers are small; they grow when needed.
const BUFFER: usize = 4 * 1024;
/// For the closing handshake, whoever begins it.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// A message, with the room that it takes until it is sent.
type Roomy = (Message, Option<Share>);

/// Why a connection is closed: a code and a short text.
type Close = (u16, &'static str);

const GOING_AWAY: Close = (1001, "Server is stopping");
const TOO_BIG: Close = (1009, "Message too big");
const FAULT: Close = (1011, "Internal error");
const TOO_MANY: Close = (1013, "Too many connections of this key");
const UNAVAILABLE: Close = (1013, "Keys cannot be looked up: try again later");
const BAD_MESSAGE: Close = (4400, "Invalid message");
const UNAUTHORIZED: Close = (4401, "Unauthorized");
const FORBIDDEN: Close = (4403, "Forbidden");
const NO_PROTOCOL: Close = (4406, "Subprotocol not acceptable");
const INIT_TIMEOUT: Close = (4408, "Connection initialisation timeout");
const INIT_TWICE: Close = (4429, "Too many initialisation requests");

/// How a connection ends: with a close frame of ours, with the answer to the
/// peer's, or without one where the peer is gone.
enum End {
    Close(u16, String),
    Answer,
    Gone,
}

impl From<Close> for End {
    fn from((code, reason): Close) -> Self {
        Self::Close(code, reason.to_owned())
    }
}

/// Answers the upgrade and serves the socket.
pub fn open<S: Executor>(
    gateway: Gateway<S>,
    caller: Caller,
    upgrade: WebSocketUpgrade,
) -> HttpResponse {
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(READ_LIMIT)
        .max_frame_size(READ_LIMIT)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER);
    let spoken = upgrade.selected_protocol().is_some();
    // What a socket logs names the request that opened it, which is over by then.
    let span = Span::current();
    upgrade.on_upgrade(move |socket| serve(gateway, caller, socket, spoken).instrument(span))
}

async fn serve<S: Executor>(gateway: Gateway<S>, caller: Caller, socket: WebSocket, spoken: bool) {
    let (sink, mut frames) = socket.split();
    let (queue, waiting) = mpsc::channel(QUEUE);
    let writer = tokio::spawn(write(sink, waiting, gateway.timings.silence));

    let connection = Connection {
        gateway,
        caller,
        queue: queue.clone(),
        pending: None,
        connection: None,
        running: HashMap::new(),
        tasks: JoinSet::new(),
    };
    let end = if spoken {
        connection.run(&mut frames).await
    } else {
        NO_PROTOCOL.into()
    };
    // A close frame is sent behind whatever is queued, and then the peer gets a
    // moment to answer it, or its system may discard the frame. The answer to the
    // peer's own is written by reading on.
    let close = async {
        match end {
            End::Close(code, reason) => {
                tracing::debug!(code, reason, "socket closed");
                let reason = reason.into();
                let frame = CloseFrame { code, reason };
                queue.send((Message::Close(Some(frame)), None)).await.ok();
            }
            End::Answer => {}
            End::Gone => return,
        }
        while let Some(Ok(_)) = frames.next().await {}
    };
    timeout(CLOSE_TIMEOUT, close).await.ok();
    writer.abort();
}

/// Writes what is queued until a close frame, or until the peer takes nothing
/// more for the length of `patience`.
async fn write(
    mut sink: SplitSink<WebSocket, Message>,
    mut waiting: mpsc::Receiver<Roomy>,
    patience: Duration,
) {
    while let Some((message, _room)) = waiting.recv().await {
        let last = matches!(message, Message::Close(_));
        let sent = timeout(patience, sink.send(message)).await;
        if last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

/// How an operation ended, if not by its client.
enum Outcome {
    Completed,
    Refused(Vec<ServerError>),
    Revoked,
}

struct Connection<S> {
    gateway: Gateway<S>,
    caller: Caller,
    queue: mpsc::Sender<Roomy>,
    /// What the reader says as soon as the queue has room.
    pending: Option<Message>,
    /// Taken when the caller was let in.
    connection: Option<OpenConnection>,
    running: HashMap<String, AbortHandle>,
    tasks: JoinSet<Outcome>,
}

impl<S: Executor> Connection<S> {
    async fn run(mut self, frames: &mut SplitStream<WebSocket>) -> End {
        let timings = self.gateway.timings;
        let opened = Instant::now();
        let mut heard = opened;
        let mut ping = interval_at(opened + timings.ping, timings.ping);
        let mut recheck = interval_at(opened + timings.recheck, timings.recheck);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let free = self.pending.is_none();
            let step = tokio::select! {
                // What limits a client comes before what a client does.
                biased;
                () = stopped(&mut self.gateway.stopping) => Err(GOING_AWAY.into()),
                _ = recheck.tick(), if self.connection.is_some() => {
                    if self.gateway.is_revoked(&self.caller).await {
                        Err(FORBIDDEN.into())
                    } else {
                        Ok(())
                    }
                }
                () = sleep_until(opened + timings.init), if self.connection.is_none() => Err(INIT_TIMEOUT.into()),
                () = self.queue.closed() => Err(End::Gone),
                Ok(permit) = self.queue.clone().reserve_owned(), if !free => {
                    if let Some(message) = self.pending.take() {
                        permit.send((message, None));
                    }
                    // Nobody was listened to meanwhile.
                    heard = Instant::now();
                    Ok(())
                }
                _ = ping.tick(), if free => self.send(Message::Ping(Vec::new().into())),
                // Before any frame, so that an id is free once its end was sent.
                Some(ended) = self.tasks.join_next_with_id(), if free => self.settle(ended),
                frame = frames.next(), if free => {
                    heard = Instant::now();
                    self.receive(frame).await
                }
                () = sleep_until(heard + timings.silence), if free => Err(End::Gone),
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn receive(&mut self, frame: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let text = match frame {
            Some(Ok(Message::Text(text))) if text.len() > MESSAGE_LIMIT => {
                return Err(TOO_BIG.into());
            }
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Binary(_))) => return Err(BAD_MESSAGE.into()),
            Some(Ok(Message::Close(_))) => return Err(End::Answer),
            Some(Err(_)) | None => return Err(End::Gone),
        };
        let message = serde_json::from_str(&text).map_err(|_| End::from(BAD_MESSAGE))?;
        match message {
            Incoming::ConnectionInit { payload } => {
                let payload = payload.unwrap_or_default();
                let token = payload.iter().find_map(|(name, value)| {
                    let named = name.eq_ignore_ascii_case("authorization");
                    named.then(|| bearer(value.as_str()?)).flatten()
                });
                self.init(token).await
            }
            Incoming::Ping { payload } => self.reply(&Outgoing::pong(payload)),
            Incoming::Pong { .. } => Ok(()),
            Incoming::Subscribe { .. } if self.connection.is_none() => Err(UNAUTHORIZED.into()),
            Incoming::Subscribe { id, payload } => self.subscribe(id, *payload),
            Incoming::Complete { id } => {
                if let Some(operation) = self.running.remove(&id) {
                    operation.abort();
                }
                Ok(())
            }
        }
    }

    /// Lets the caller in, by the token in the message or else the upgrade's.
    async fn init(&mut self, token: Option<String>) -> Result<(), End> {
        if self.connection.is_some() {
            return Err(INIT_TWICE.into());
        }
        if token.is_some() {
            self.caller.token = token;
        }
        match self.gateway.authenticate(&self.caller).await {
            Ok(_) => {
                let connection = self.gateway.open(&self.caller);
                self.connection = Some(connection.ok_or(TOO_MANY)?);
                self.reply(&Outgoing::ack())
            }
            Err(Denied::Unauthenticated) => Err(FORBIDDEN.into()),
            Err(Denied::Unavailable) => Err(UNAVAILABLE.into()),
        }
    }

    fn subscribe(&mut self, id: String, request: Request) -> Result<(), End> {
        if id.is_empty() {
            return Err(BAD_MESSAGE.into());
        }
        if self.running.contains_key(&id) {
            // The reason of a close frame holds 123 bytes.
            let short: String = id.chars().take(24).collect();
            return Err(End::Close(
                4409,
                format!("Subscriber for {short} already exists"),
            ));
        }
        if self.running.len() >= MAX_OPERATIONS {
            let message = format!("a connection has at most {MAX_OPERATIONS} operations");
            let error = Refusal::TooManyOperations.error(message, None);
            return self.reply(&Outgoing::error(&id, &[error]));
        }
        let gateway = self.gateway.clone();
        let caller = self.caller.clone();
        let queue = self.queue.clone();
        let operation = operate(gateway, caller, id.clone(), request, queue);
        self.running
            .insert(id, self.tasks.spawn(operation.in_current_span()));
        Ok(())
    }

    /// Tells the client how an operation ended, unless the client ended it.
    fn settle(&mut self, ended: Result<(Id, Outcome), JoinError>) -> Result<(), End> {
        let (task, outcome) = match ended {
            Ok((task, outcome)) => (task, outcome),
            // Aborted, then already forgotten; or it panicked.
            Err(error) => (error.id(), Outcome::Refused(internal().errors)),
        };
        let id = self.running.iter().find(|(_, handle)| handle.id() == task);
        let Some(id) = id.map(|(id, _)| id.clone()) else {
            return Ok(());
        };
        self.running.remove(&id);
        match outcome {
            Outcome::Completed => self.reply(&Outgoing::complete(&id)),
            Outcome::Refused(errors) => self.reply(&Outgoing::error(&id, &errors)),
            Outcome::Revoked => Err(FORBIDDEN.into()),
        }
    }

    fn reply<P: serde::Serialize>(&mut self, message: &Outgoing<'_, P>) -> Result<(), End> {
        self.send(message.text().ok_or(FAULT)?)
    }

    /// Queues a message, or keeps it as the one that waits for room.
    fn send(&mut self, message: Message) -> Result<(), End> {
        match self.queue.try_send((message, None)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full((message, _))) => {
                self.pending = Some(message);
                Ok(())
            }
            Err(TrySendError::Closed(_)) => Err(End::Gone),
        }
    }
}

/// Runs one operation. The caller is let in anew: its key may have been
/// revoked since the connection was opened.
async fn operate<S: Executor>(
    gateway: Gateway<S>,
    caller: Caller,
    id: String,
    mut request: Request,
    queue: mpsc::Sender<Roomy>,
) -> Outcome {
    request.data = match gateway.authenticate(&caller).await {
        Ok(data) => data,
        Err(Denied::Unauthenticated) => return Outcome::Revoked,
        Err(denied) => return Outcome::Refused(vec![denied.error()]),
    };
    let write = move |answer: &RawValue| Outgoing::next(&id, answer).written();
    let mut answers = operation::start(&gateway, request, write);
    while let Some(answer) = answers.next().await {
        if let Some(errors) = answer.refused {
            answers.next().await;
            return Outcome::Refused(errors);
        }
        let Text { text, room } = answer.text;
        if queue
            .send((Message::Text(text.into()), room))
            .await
            .is_err()
        {
            break;
        }
    }
    Outcome::Completed
}
