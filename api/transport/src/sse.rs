//! GraphQL over server-sent events, one stream per operation: each result is a
//! `next` event, the end is a `complete` event.
//!
//! A task runs the operation and hands its events to the response through a
//! short queue. So the key is looked at also while the client takes nothing,
//! and a client that takes nothing for too long loses its stream.

use std::convert::Infallible;

use async_graphql::futures_util::stream::BoxStream;
use async_graphql::{Executor, Request, Response as Answer};
use axum::http::HeaderValue;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};
use tracing::Instrument;

use super::answer::{Text, Wire, refuse, written};

use super::gateway::{Caller, Denied, Gateway, MAX_CONNECTIONS, OpenConnection, stopped};
use super::log::Logged;
use super::media::Media;
use super::operation::{self, Answers};
use super::refusal::Refusal;
use super::shares::Share;

/// Events that wait for the response.
const QUEUE: usize = 8;

/// An event, with the room that it takes until it is sent.
type Roomy = (Event, Option<Share>);

/// Streams the results of one operation. What validation refuses is a result
/// too: once a stream is accepted, there is no status left to tell it by.
pub fn stream<S: Executor>(gateway: Gateway<S>, caller: Caller, request: Request) -> Response {
    let Some(connection) = gateway.open(&caller) else {
        let message =
            format!("this key has {MAX_CONNECTIONS} sockets and streams open, which is all it may");
        return refuse(
            Media::EventStream,
            Refusal::TooManyConnections.error(message, None),
        );
    };
    let answers = operation::start(&gateway, request, wire);
    let keep_alive = KeepAlive::new().interval(gateway.timings.ping);
    let (queue, events) = mpsc::channel(QUEUE);
    let running = Running {
        gateway,
        caller,
        events: ending(texts(answers)),
        queue,
        _connection: connection,
    };
    tokio::spawn(running.run().in_current_span());

    // The room of an event is given back when the next one is asked for: then it is sent.
    let events = stream::unfold((events, None), async |(mut events, _sent)| {
        let (event, room) = events.recv().await?;
        Some((Ok::<_, Infallible>(event), (events, room)))
    });
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    // Some proxies hold a response back until it is long enough.
    let headers = response.headers_mut();
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.extensions_mut().insert(Logged);
    response
}

struct Running<S> {
    gateway: Gateway<S>,
    caller: Caller,
    events: BoxStream<'static, Roomy>,
    queue: mpsc::Sender<Roomy>,
    _connection: OpenConnection,
}

impl<S: Executor> Running<S> {
    /// Runs the operation to its end, or to the end of the client's connection,
    /// key or time.
    async fn run(mut self) {
        let timings = self.gateway.timings;
        let mut waiting = Instant::now();
        let mut recheck = interval_at(waiting + timings.recheck, timings.recheck);
        recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut revoked = false;
        // What the queue has no room for yet.
        let mut pending = None;
        loop {
            let free = pending.is_none();
            tokio::select! {
                biased;
                // Without `complete`: the client is to connect again, elsewhere.
                () = stopped(&mut self.gateway.stopping) => return,
                () = self.queue.closed() => return,
                _ = recheck.tick(), if !revoked => {
                    revoked = self.gateway.is_revoked(&self.caller).await;
                    if revoked {
                        let error = Denied::Unauthenticated.error();
                        let answer = written(&Answer::from_errors(vec![error]), None, |answer| serde_json::to_string(&Wire(answer)));
                        self.events = ending(stream::iter([answer]).boxed());
                    }
                }
                () = sleep_until(waiting + timings.silence), if !free => return,
                Ok(permit) = self.queue.clone().reserve_owned(), if !free => {
                    if let Some(event) = pending.take() {
                        permit.send(event);
                    }
                }
                event = self.events.next(), if free => {
                    let Some(event) = event else { return };
                    pending = Some(event);
                    waiting = Instant::now();
                }
            }
        }
    }
}

fn wire(answer: &RawValue) -> Result<String, serde_json::Error> {
    Ok(answer.get().to_owned())
}

/// The texts of an operation's results.
fn texts(answers: Answers) -> BoxStream<'static, Text> {
    let texts = stream::unfold(answers, async |mut answers| {
        let answer = answers.next().await?;
        Some((answer.text, answers))
    });
    texts.boxed()
}

/// The events that tell of results, to their end.
fn ending(texts: BoxStream<'static, Text>) -> BoxStream<'static, Roomy> {
    let events = texts.map(|Text { text, room }| (Event::default().event("next").data(text), room));
    events.chain(stream::iter([(complete(), None)])).boxed()
}

/// Says nothing in its data, but has some: readers of event streams pass over
/// an event without any.
fn complete() -> Event {
    Event::default().event("complete").data("{}")
}
