//! Requests: each has an id, and a line in the log, which for an operation of GraphQL
//! the transport writes; without bodies, arguments or keys.

use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, Span, field};
use tributary_transport::log::Logged;

/// Carries the id of a request, both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives each request an id and a line in the log. A caller's own id is kept if
/// it could be one. `tenant` and `actor` are filled in by authentication.
pub async fn observe(request: Request, next: Next) -> Response {
    let given = request.headers().get(REQUEST_ID).filter(|id| is_id(id));
    let id = given.cloned().unwrap_or_else(new_id);
    let span = tracing::info_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        tenant = field::Empty,
        actor = field::Empty,
    );
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let began = Instant::now();

    let mut response = next.run(request).instrument(span.clone()).await;

    let status = response.status().as_u16();
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    if response.extensions().get::<Logged>().is_none() {
        span.in_scope(|| tracing::info!(%method, path, status, milliseconds, "answered"));
    }
    response.headers_mut().insert(REQUEST_ID, id);
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

fn new_id() -> HeaderValue {
    let text = format!("{:032x}", rand::random::<u128>());
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("none"))
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
        assert!(is_id(&new_id()));
        assert_ne!(new_id(), new_id());
    }
}
