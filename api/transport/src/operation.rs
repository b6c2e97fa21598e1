//! Running an operation: its document is prepared, the executor runs it, and
//! its answers say what it cost.

use std::panic::AssertUnwindSafe;

use async_graphql::futures_util::stream::BoxStream;
use async_graphql::{Executor, Request, Response, ServerError, value};
use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::mpsc;

use super::MAX_COMPLEXITY;
use super::answer::{Text, Wire, internal, sent, written};
use super::document::price::Price;
use super::document::{Refused, streamed};
use super::gateway::Gateway;
use super::log::{Line, Notes};
use super::refusal::Refusal;
use super::sharing::Telling;
use super::unread::Budget;
use super::workers::Running;

/// The answer that says why nothing ran.
pub fn refused(refused: Refused) -> Response {
    let response = Response::from_errors(refused.errors);
    match refused.price {
        Some(price) => priced(response, price),
        None => response,
    }
}

/// One result of an operation.
pub struct Answer {
    /// What goes over the wire.
    pub text: Text,
    /// Why nothing ran, if nothing did.
    pub refused: Option<Vec<ServerError>>,
}

/// The results of an operation that runs apart; it ends with this.
pub struct Answers {
    results: mpsc::Receiver<Answer>,
    line: Line,
    _running: Running<()>,
}

impl Answers {
    /// The next result; `None` after the last.
    pub async fn next(&mut self) -> Option<Answer> {
        let answer = self.results.recv().await;
        if answer.is_none() {
            self.line.notes.complete(None);
        }
        answer
    }
}

/// Starts an operation, or tells why it may not run. `write` puts the JSON of a result
/// into its form on the wire.
pub fn start<S: Executor>(
    gateway: &Gateway<S>,
    mut request: Request,
    write: impl Fn(&RawValue) -> Result<String, serde_json::Error> + Send + Sync + 'static,
) -> Answers {
    let line = Line::begin();
    request.data.insert(line.notes.clone());
    let telling = Telling::default();
    request.data.insert(telling.clone());
    let (sender, results) = mpsc::channel(1);
    let (gateway, notes) = (gateway.clone(), line.notes.clone());
    let budget = Budget::of(&gateway.unread, &request);
    let running = gateway.workers.clone().run(async move {
        let mut responses = responses(&gateway, &notes, request);
        // A panic is logged by the panic hook.
        while let Some(response) = AssertUnwindSafe(responses.next())
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Some(internal()))
        {
            notes.result(&response);
            let write_one =
                |response: &Response| to_raw_value(&Wire(response)).and_then(|raw| write(&raw));
            let text = match telling.take() {
                Some(shared) => sent(write(&shared), Some(&budget), write_one),
                None => written(&response, Some(&budget), write_one),
            };
            let is_refused = Refusal::of(&response).is_some();
            let refused = is_refused.then_some(response.errors);
            if sender.send(Answer { text, refused }).await.is_err() || is_refused {
                return;
            }
        }
    });
    Answers {
        results,
        line,
        _running: running,
    }
}

/// The responses of an operation, or the one that says why it did not run.
fn responses<S: Executor>(
    gateway: &Gateway<S>,
    notes: &Notes,
    mut request: Request,
) -> BoxStream<'static, Response> {
    let prepared = gateway.documents.prepare(&mut request).and_then(streamed);
    notes.prepared(prepared.as_ref());
    match prepared {
        Ok(prepared) => {
            let responses = gateway.schema.execute_stream(request, None);
            responses
                .map(move |response| priced(response, prepared.price))
                .boxed()
        }
        Err(reasons) => stream::iter([refused(reasons)]).boxed(),
    }
}

/// The same response, with what it cost and what it may cost.
pub fn priced(response: Response, price: Price) -> Response {
    let cost = value!({
        "requestedQueryCost": price.cost,
        "maximumQueryCost": MAX_COMPLEXITY,
        "depth": price.depth,
    });
    response.extension("cost", cost)
}
