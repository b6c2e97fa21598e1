//! One line in the log for each operation, over each transport: what it was and
//! how it went, without its arguments, its answer or the caller's key.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_graphql::parser::types::OperationType;
use async_graphql::{Response, ServerError, Value};
use metrics::{counter, histogram};
use tracing::Span;

use super::document::problem::brief;
use super::document::{Prepared, Refused};

/// The most characters of an operation's name.
const MAX_NAME: usize = 80;

/// What is known of an operation so far. Extensions of the schema find it in the
/// request's data.
#[derive(Clone, Default)]
pub struct Notes(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    name: Option<String>,
    kind: Option<&'static str>,
    cost: Option<usize>,
    statements: u64,
    codes: BTreeSet<String>,
    results: u64,
    status: Option<u16>,
    is_complete: bool,
}

impl Notes {
    fn lock(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the statements that the database was given so far.
    pub fn statements(&self, statements: u64) {
        self.lock().statements = statements;
    }

    /// Notes what the document turned out to be, or why it may not run.
    pub fn prepared(&self, prepared: Result<&Prepared, &Refused>) {
        let mut noted = self.lock();
        match prepared {
            Ok(prepared) => {
                noted.name = prepared.name.as_deref().map(|name| brief(name, MAX_NAME));
                noted.kind = Some(match prepared.kind {
                    OperationType::Query => "query",
                    OperationType::Mutation => "mutation",
                    OperationType::Subscription => "subscription",
                });
                noted.cost = Some(prepared.price.cost);
            }
            Err(refused) => noted.cost = refused.price.map(|price| price.cost),
        }
    }

    /// Notes a result.
    pub fn result(&self, response: &Response) {
        self.lock().results += 1;
        response.errors.iter().for_each(|error| self.error(error));
    }

    /// Notes why the operation, or a field of it, failed.
    pub fn error(&self, error: &ServerError) {
        let code = error.extensions.as_ref().and_then(|all| all.get("code"));
        if let Some(Value::String(code)) = code {
            self.lock().codes.insert(code.clone());
        }
    }

    /// Notes that the operation came to its end, and with which status.
    pub fn complete(&self, status: Option<u16>) {
        let mut noted = self.lock();
        noted.is_complete = true;
        noted.status = status;
    }
}

/// Names of operations that are counted apart.
const COUNTED_NAMES: usize = 200;

/// The name under which an operation is counted: clients could send any number of them.
fn counted_name(name: Option<&str>) -> String {
    static NAMES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let Some(name) = name else {
        return "unnamed".to_owned();
    };
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if names.len() < COUNTED_NAMES {
        names.insert(name.to_owned());
    }
    let counted = if names.contains(name) { name } else { "other" };
    counted.to_owned()
}

/// The line, written when the operation is over: also if its client left.
pub struct Line {
    /// What it will say.
    pub notes: Notes,
    began: Instant,
    span: Span,
}

impl Line {
    /// The line of an operation that begins now, in the current span.
    pub fn begin() -> Self {
        Self {
            notes: Notes::default(),
            began: Instant::now(),
            span: Span::current(),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let noted = self.notes.lock();
        let codes: Vec<&str> = noted.codes.iter().map(String::as_str).collect();
        let kind = noted.kind.unwrap_or("refused");
        let outcome = match (noted.is_complete, codes.is_empty()) {
            (false, _) => "left",
            (true, true) => "ok",
            (true, false) => "errors",
        };
        let operation = counted_name(noted.name.as_deref());
        counter!(
            "tributary_operations_total",
            "operation" => operation, "kind" => kind, "outcome" => outcome
        )
        .increment(1);
        counter!("tributary_statements_total").increment(noted.statements);
        // A subscription lasts as long as its client likes.
        if kind != "subscription" {
            let seconds = self.began.elapsed().as_secs_f64();
            histogram!("tributary_operation_seconds", "kind" => kind).record(seconds);
        }
        self.span.in_scope(|| {
            tracing::info!(
                operation = noted.name,
                kind = noted.kind,
                cost = noted.cost,
                statements = noted.statements,
                results = noted.results,
                codes = codes.join(","),
                status = noted.status,
                left = !noted.is_complete,
                milliseconds,
                "operation"
            );
        });
    }
}

/// Marks the HTTP answer of an operation: its line is written here.
#[derive(Clone, Copy, Debug)]
pub struct Logged;
