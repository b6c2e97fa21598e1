//! GraphQL over HTTP: `POST /graphql`, and what `GET /graphql` is for.
//!
//! A query may be sent with GET, as another site's page could make a browser do
//! without asking first. It gains nothing: callers are known by a key in a header,
//! which no browser adds by itself, and never by a cookie.

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request, ServerError};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::header::{ACCEPT, ALLOW};
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::response::Response;
use axum::routing::get as on_get;
use tokio::time::timeout;

use super::answer::{broken_off, refuse, respond};
use super::gateway::{Caller, Denied, Gateway, Peer};
use super::log::{Line, Logged, Notes};
use super::media::Media;
use super::refusal::Refusal;
use super::unread::Budget;
use super::{operation, request, sse, websocket};

/// The route of the three transports.
pub fn routes<S: Executor>(gateway: Gateway<S>) -> Router {
    Router::new()
        .route("/graphql", on_get(get::<S>).post(post::<S>))
        .with_state(gateway)
}

/// Executes the operation in the body.
pub async fn post<S: Executor>(
    State(gateway): State<Gateway<S>>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let sent = Sent::Body(body);
    answer(gateway, Caller::new(&headers, peer), &headers, sent).await
}

/// Where the operation of a request is.
enum Sent {
    Body(Body),
    Uri(Uri),
}

async fn answer<S: Executor>(
    gateway: Gateway<S>,
    caller: Caller,
    headers: &HeaderMap,
    sent: Sent,
) -> Response {
    let Some(media) = Media::accepted(headers) else {
        let message = "answers are application/graphql-response+json, application/json \
                       or text/event-stream";
        return refuse(Media::Json, Refusal::NotAcceptable.error(message, None));
    };
    let method = match sent {
        Sent::Body(_) => Method::POST,
        Sent::Uri(_) => Method::GET,
    };
    let request = match read(&gateway, &caller, headers, sent).await {
        Ok(request) => request,
        Err(error) => return refuse(media, error),
    };
    match media {
        Media::EventStream => sse::stream(gateway, caller, request),
        Media::GraphqlResponse | Media::Json => execute(gateway, media, method, request).await,
    }
}

/// Lets the caller in and reads the operation, in that order: strangers cost no
/// reading. The request carries what resolvers need.
async fn read<S: Executor>(
    gateway: &Gateway<S>,
    caller: &Caller,
    headers: &HeaderMap,
    sent: Sent,
) -> Result<Request, ServerError> {
    if let Sent::Body(_) = sent {
        request::is_readable(headers)?;
    }
    let data = gateway.authenticate(caller).await.map_err(Denied::error)?;
    let mut request = match sent {
        Sent::Body(body) => request::body(headers, body, gateway.timings.body).await?,
        Sent::Uri(uri) => request::address(&uri).await?,
    };
    request.data = data;
    Ok(request)
}

/// Runs an operation where operations run, for as long as it may take and its
/// client waits.
async fn execute<S: Executor>(
    gateway: Gateway<S>,
    media: Media,
    method: Method,
    mut request: Request,
) -> Response {
    let limit = gateway.timings.execution;
    let line = Line::begin();
    let notes = line.notes.clone();
    request.data.insert(notes.clone());
    let workers = gateway.workers.clone();
    let running = workers.run(perform(gateway, media, method, request, notes));
    let mut answer = match timeout(limit, running).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => ended(media, &line.notes, Refusal::Internal.code()),
        Err(_) => {
            tracing::error!("an operation ran for {limit:?} and was given up");
            ended(media, &line.notes, "TIMED_OUT")
        }
    };
    line.notes.complete(Some(answer.status().as_u16()));
    answer.extensions_mut().insert(Logged);
    answer
}

async fn perform<S: Executor>(
    gateway: Gateway<S>,
    media: Media,
    method: Method,
    mut request: Request,
    notes: Notes,
) -> Response {
    let prepared = gateway.documents.prepare(&mut request);
    notes.prepared(prepared.as_ref());
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(reasons) => {
            let response = operation::refused(reasons);
            notes.result(&response);
            return respond(media, response, None);
        }
    };
    if let Some(refusal) = out_of_place(prepared.kind, &method) {
        notes.error(&refusal);
        return match Refusal::of_error(&refusal) {
            Some(Refusal::MethodNotAllowed) => post_only(media, refusal),
            _ => refuse(media, refusal),
        };
    }
    let budget = Budget::of(&gateway.unread, &request);
    let response = gateway.schema.execute(request).await;
    notes.result(&response);
    let response = operation::priced(response, prepared.price);
    respond(media, response, Some(&budget))
}

/// Why an operation of this kind is not executed here.
fn out_of_place(kind: OperationType, method: &Method) -> Option<ServerError> {
    match kind {
        OperationType::Mutation if method == Method::GET => {
            let message = "a mutation is sent with POST";
            Some(Refusal::MethodNotAllowed.error(message, None))
        }
        OperationType::Subscription => {
            let message = "a subscription is a stream: accept text/event-stream, or use a socket";
            Some(Refusal::StreamRequired.error(message, None))
        }
        OperationType::Query | OperationType::Mutation => None,
    }
}

/// The answer of an operation that was ended amid its work.
fn ended(media: Media, notes: &Notes, code: &str) -> Response {
    let response = broken_off(code);
    notes.result(&response);
    respond(media, response, None)
}

/// The refusal of a method, which names the one that works.
fn post_only(media: Media, error: ServerError) -> Response {
    let mut answer = refuse(media, error);
    let headers = answer.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static("POST"));
    answer
}

/// Executes the query in the address, opens a socket, or shows the query editor
/// to a browser.
pub async fn get<S: Executor>(
    State(gateway): State<Gateway<S>>,
    peer: Peer,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let caller = Caller::new(&headers, peer);
    if let Ok(upgrade) = upgrade {
        return websocket::open(gateway, caller, upgrade);
    }
    if wants_html(&headers) && !names_query(&uri) {
        return (gateway.editor)();
    }
    answer(gateway, caller, &headers, Sent::Uri(uri)).await
}

/// Whether an address has the parameter `query`.
fn names_query(uri: &Uri) -> bool {
    let mut parameters = uri.query().unwrap_or_default().split('&');
    parameters.any(|parameter| parameter == "query" || parameter.starts_with("query="))
}

fn wants_html(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter();
    values.any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.contains("text/html"))
    })
}
