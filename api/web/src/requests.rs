//! Requests: each has an id, and a line in the log, which for an operation of GraphQL
//! the transport writes; without bodies, arguments or keys.

use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tracing::{Instrument, Span, field};
use tributary_transport::log::Logged;

/// Carries the id of a request, both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives each request an id, which its answer has too. A caller's own is kept if it could
/// be one.
pub fn ids(routes: Router) -> Router {
    routes
        .layer(from_fn(observe))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(from_fn(discard))
}

/// Takes away what cannot be an id: it would stand in the log.
async fn discard(mut request: Request, next: Next) -> Response {
    let headers = request.headers_mut();
    if headers.get(REQUEST_ID).is_some_and(|id| !is_id(id)) {
        headers.remove(REQUEST_ID);
    }
    next.run(request).await
}

/// Gives each request a line in the log. `tenant` and `actor` are filled in by
/// authentication.
async fn observe(request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID);
    let span = tracing::info_span!(
        "request",
        id = id.and_then(|id| id.to_str().ok()).unwrap_or_default(),
        tenant = field::Empty,
        actor = field::Empty,
    );
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let began = Instant::now();

    let response = next.run(request).instrument(span.clone()).await;

    let status = response.status().as_u16();
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if response.extensions().get::<Logged>().is_none() {
        span.in_scope(|| tracing::info!(%method, path, status, milliseconds, "answered"));
    }
    response
}

/// Notes who asks, on the line of the request that is being served.
pub fn note_caller(tenant: impl std::fmt::Display, actor: impl std::fmt::Display) {
    let span = Span::current();
    span.record("tenant", field::display(tenant));
    span.record("actor", field::display(actor));
}

fn is_id(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (8..=64).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_an_id_is_kept() {
        let kept = |text: &str| HeaderValue::from_str(text).is_ok_and(|value| is_id(&value));
        assert!(kept("0af7651916cd43dd8448eb211c80319c"));
        assert!(kept("a-request_1.2"));
        for other in [
            "",
            "short",
            "with space in it",
            "a\"},{\"level\":1",
            &"x".repeat(65),
        ] {
            assert!(!kept(other), "{other}");
        }
    }
}
