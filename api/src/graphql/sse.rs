//! GraphQL over server-sent events, one stream per operation: each result is a
//! `next` event, the end is a `complete` event.

use std::convert::Infallible;

use async_graphql::futures_util::stream::BoxStream;
use async_graphql::{Executor, Request, Response as Answer};
use axum::http::HeaderValue;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt};
use tokio::time::{Interval, MissedTickBehavior, interval_at};

use super::answer::{Wire, internal};
use super::gateway::{Caller, Denied, Gateway, stopped};
use super::{guard, http};

/// Streams the results of one operation. What validation refuses is a result
/// too: once a stream is accepted, there is no status left to tell it by.
pub fn stream<S: Executor>(gateway: Gateway<S>, caller: Caller, mut request: Request) -> Response {
    let answers = match guard::inspect(&mut request) {
        Ok(_) => gateway.schema.execute_stream(request, None),
        Err(error) => stream::iter([Answer::from_errors(vec![error])]).boxed(),
    };
    let every = gateway.timings.recheck;
    let mut recheck = interval_at(tokio::time::Instant::now() + every, every);
    recheck.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let keep_alive = KeepAlive::new().interval(gateway.timings.ping);
    let running = Running {
        gateway,
        caller,
        answers,
        recheck,
    };

    let events = stream::unfold(Phase::Running(Box::new(running)), step);
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    // Some proxies hold a response back until it is long enough.
    let headers = response.headers_mut();
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

struct Running<S> {
    gateway: Gateway<S>,
    caller: Caller,
    answers: BoxStream<'static, Answer>,
    recheck: Interval,
}

enum Phase<S> {
    Running(Box<Running<S>>),
    Ending,
    Ended,
}

/// The next event of a stream, and what comes after it.
async fn step<S: Executor>(phase: Phase<S>) -> Option<(Result<Event, Infallible>, Phase<S>)> {
    let mut running = match phase {
        Phase::Running(running) => running,
        Phase::Ending => return Some((Ok(complete()), Phase::Ended)),
        Phase::Ended => return None,
    };
    loop {
        tokio::select! {
            // Without `complete`: the client is to connect again, elsewhere.
            () = stopped(&mut running.gateway.stopping) => return None,
            answer = running.answers.next() => return Some(match answer {
                Some(answer) => (Ok(next(&answer)), Phase::Running(running)),
                None => (Ok(complete()), Phase::Ended),
            }),
            _ = running.recheck.tick() => {
                if running.gateway.is_revoked(&running.caller).await {
                    let error = http::denied(Denied::Unauthenticated);
                    return Some((Ok(next(&Answer::from_errors(vec![error]))), Phase::Ending));
                }
            }
        }
    }
}

fn next(answer: &Answer) -> Event {
    let event = Event::default().event("next");
    event.json_data(Wire(answer)).unwrap_or_else(|error| {
        tracing::error!(%error, "a result could not be written");
        let fallback = serde_json::to_string(&Wire(&internal())).unwrap_or_default();
        Event::default().event("next").data(fallback)
    })
}

/// Says nothing in its data, but has some: readers of event streams pass over
/// an event without any.
fn complete() -> Event {
    Event::default().event("complete").data("{}")
}
