//! GraphQL over HTTP: `POST /graphql`, and what `GET /graphql` is for.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{Executor, Request, ServerError};
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::header::{ACCEPT, ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use futures_util::FutureExt;
use tokio::time::timeout;

use super::answer::{Media, broken_off, refuse, respond};
use super::gateway::{Caller, Denied, Gateway, Peer};
use super::refusal::Refusal;
use super::{operation, sse, websocket};

/// The most bytes in a body.
pub const BODY_LIMIT: usize = 256 * 1024;

/// Executes the operation in the body.
pub async fn post<S: Executor>(
    State(gateway): State<Gateway<S>>,
    peer: Peer,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Some(media) = Media::accepted(&headers) else {
        let message = "answers are application/graphql-response+json, application/json \
                       or text/event-stream";
        return refuse(Media::Json, Refusal::NotAcceptable.error(message, None));
    };
    let caller = Caller::new(&headers, peer);
    let request = match read(&gateway, &caller, &headers, body).await {
        Ok(request) => request,
        Err(error) => return refuse(media, error),
    };
    match media {
        Media::EventStream => sse::stream(gateway, caller, request),
        Media::GraphqlResponse | Media::Json => execute(&gateway, media, request).await,
    }
}

/// Lets the caller in and reads the body, in that order: strangers cost no
/// reading. The request carries what resolvers need.
async fn read<S: Executor>(
    gateway: &Gateway<S>,
    caller: &Caller,
    headers: &HeaderMap,
    body: Body,
) -> Result<Request, ServerError> {
    if !is_json(headers) {
        let message = "the body is JSON: send it as application/json";
        return Err(Refusal::UnsupportedMediaType.error(message, None));
    }
    let data = gateway.admit(caller).await.map_err(denied)?;
    let mut request = decode(&whole(headers, body, gateway.timings.body).await?)?;
    request.data = data;
    Ok(request)
}

/// The error for a caller who is not let in.
pub fn denied(denied: Denied) -> ServerError {
    match denied {
        Denied::Unauthenticated => Refusal::Unauthenticated.error(
            "send a key that is not revoked: `Authorization: Bearer …`",
            None,
        ),
        Denied::Unavailable => Refusal::Internal.error("keys cannot be looked up now", None),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let mut parts = value.unwrap_or_default().split(';').map(str::trim);
    let json = parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    json && parts.all(|part| match part.split_once('=') {
        Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
            charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

/// The body, if it comes in time.
async fn whole(
    headers: &HeaderMap,
    body: Body,
    limit: Duration,
) -> Result<axum::body::Bytes, ServerError> {
    let too_large = || {
        let message = format!("the body is larger than {BODY_LIMIT} bytes");
        Refusal::PayloadTooLarge.error(message, None)
    };
    let declared = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > BODY_LIMIT) {
        return Err(too_large());
    }
    // A body that stops half-way fails here too; its sender no longer listens.
    match timeout(limit, to_bytes(body, BODY_LIMIT)).await {
        Ok(read) => read.map_err(|_| too_large()),
        Err(_) => {
            let message = format!("the body did not come within {} seconds", limit.as_secs());
            Err(Refusal::BodyTimeout.error(message, None))
        }
    }
}

fn decode(body: &[u8]) -> Result<Request, ServerError> {
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        let message = "one request is one operation: send the operations of a batch one by one";
        return Err(Refusal::BatchNotSupported.error(message, None));
    }
    let malformed = |what: &str| {
        let message = format!("the body is a JSON object with a `query` string: {what}");
        Refusal::MalformedRequest.error(message, None)
    };
    let request: Request =
        serde_json::from_slice(body).map_err(|error| malformed(&error.to_string()))?;
    if request.query.trim().is_empty() {
        return Err(malformed("`query` is missing or empty"));
    }
    Ok(request)
}

async fn execute<S: Executor>(
    gateway: &Gateway<S>,
    media: Media,
    mut request: Request,
) -> Response {
    let prepared = match gateway.documents.prepare(&mut request) {
        Ok(prepared) => prepared,
        Err(reasons) => return respond(media, &operation::refused(reasons)),
    };
    if prepared.kind == OperationType::Subscription {
        let message = "a subscription is a stream: accept text/event-stream, or use a socket";
        return refuse(media, Refusal::StreamRequired.error(message, None));
    }
    let limit = gateway.timings.execution;
    let executed = AssertUnwindSafe(timeout(limit, gateway.schema.execute(request)));
    match executed.catch_unwind().await {
        Ok(Ok(answer)) => respond(media, &operation::priced(answer, prepared.price)),
        Ok(Err(_)) => {
            tracing::error!("an operation ran for {limit:?} and was given up");
            respond(media, &broken_off("TIMED_OUT"))
        }
        // The panic has told its story on standard error.
        Err(_) => respond(media, &broken_off(Refusal::Internal.code())),
    }
}

/// Opens a socket, or shows the query editor to a browser.
pub async fn get<S: Executor>(
    State(gateway): State<Gateway<S>>,
    peer: Peer,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if let Ok(upgrade) = upgrade {
        return websocket::open(gateway, Caller::new(&headers, peer), upgrade);
    }
    if wants_html(&headers) {
        return (gateway.editor)();
    }
    let message = "operations are sent with POST";
    let mut answer = refuse(Media::Json, Refusal::MethodNotAllowed.error(message, None));
    answer
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static("POST"));
    answer
}

fn wants_html(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter();
    values.any(|value| {
        value
            .to_str()
            .is_ok_and(|value| value.contains("text/html"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
        is_json(&headers)
    }

    #[test]
    fn only_json_is_read() {
        assert!(typed("application/json"));
        assert!(typed("Application/JSON; charset=UTF-8"));
        assert!(typed("application/json;charset=\"utf-8\""));
        for other in [
            "application/json; charset=latin1",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonp",
        ] {
            assert!(!typed(other), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn bodies_that_are_no_request_are_told_apart() {
        let reason = |body: &str| {
            let error = decode(body.as_bytes()).err();
            error.and_then(|error| Refusal::of_error(&error))
        };
        assert_eq!(reason(r#"{"query":"{ a }"}"#), None);
        assert_eq!(reason(r#"{"query":"{ a }","variables":null}"#), None);
        assert_eq!(
            reason(" [{\"query\":\"{ a }\"}]"),
            Some(Refusal::BatchNotSupported)
        );
        for malformed in [
            "",
            "{",
            "null",
            "7",
            "\"{ a }\"",
            "{}",
            r#"{"query":""}"#,
            r#"{"query":null}"#,
            r#"{"query":7}"#,
            r#"{"query":"{ a }","variables":"x"}"#,
            r#"{"query":"{ a }","variables":[1]}"#,
            r#"{"query":"{ a }","operationName":{}}"#,
            r#"{"query":"{ a }","extensions":"x"}"#,
        ] {
            assert_eq!(
                reason(malformed),
                Some(Refusal::MalformedRequest),
                "{malformed}"
            );
        }
    }
}
