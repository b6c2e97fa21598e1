//! What an answer looks like: which media type the caller accepts, and the
//! body and status of a response in it.

use async_graphql::{Response, ServerError};
use async_graphql_axum::GraphQLResponse;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse;
use futures_util::FutureExt;
use serde::{Serialize, Serializer};

use super::bounds::MAX_RESPONSE_BYTES;
use super::media::Media;
use super::refusal::Refusal;
use super::shares::Share;
use super::unread::{Budget, NoRoom};

/// When to try again while the database is away, in seconds.
pub const RETRY_AFTER_SECONDS: &str = "5";

/// A response as the wire has it: `data` is left out where nothing was
/// executed, and `null` where execution came to nothing.
pub struct Wire<'a>(pub &'a Response);

#[derive(Serialize)]
struct Refused<'a> {
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, async_graphql::Value>,
}

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Refusal::of(self.0) {
            None => self.0.serialize(serializer),
            Some(_) => Refused {
                errors: &self.0.errors,
                extensions: &self.0.extensions,
            }
            .serialize(serializer),
        }
    }
}

/// The HTTP answer for a response of the schema.
pub fn respond(
    media: Media,
    response: Response,
    budget: Option<&Budget>,
) -> axum::response::Response {
    let refusal = Refusal::of(&response);
    let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status(media));
    let mut answer = match refusal {
        // The library would say `"data": null`, as if something had been executed.
        Some(_) => {
            let text = written(&response, budget, |response| {
                serde_json::to_string(&Wire(response))
            });
            axum::response::Response::new(Body::from(Bytes::from_owner(text)))
        }
        None => {
            let (head, body) = GraphQLResponse::from(response).into_response().into_parts();
            axum::response::Response::from_parts(head, bounded(body, budget))
        }
    };
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept"));
    match refusal {
        Some(Refusal::Unauthenticated) => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Some(Refusal::Unavailable) => {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        _ => {}
    }
    answer
}

/// What goes over the wire, with the room that it takes until it has.
pub struct Text {
    /// The text.
    pub text: String,
    /// Given back when dropped.
    pub room: Option<Share>,
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

/// The body that the library wrote, or the one that says that it is too large, or that too
/// much waits to be read.
fn bounded(body: Body, budget: Option<&Budget>) -> Body {
    // It is whole: nothing is waited for.
    let whole = to_bytes(body, usize::MAX).now_or_never();
    let instead = |response: &Response| serde_json::to_string(response).unwrap_or_default().into();
    let Some(Ok(bytes)) = whole else {
        tracing::error!("a response could not be written");
        return instead(&internal());
    };
    match room(bytes.len(), budget) {
        Ok(room) => Body::from(Bytes::from_owner(Whole { bytes, _room: room })),
        Err(why) => instead(&why),
    }
}

/// A body that waits to be sent, with the room that it takes.
struct Whole {
    bytes: Bytes,
    /// Given back when dropped.
    _room: Option<Share>,
}

impl AsRef<[u8]> for Whole {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The room for so many bytes of an answer, or what is answered instead.
fn room(bytes: usize, budget: Option<&Budget>) -> Result<Option<Share>, Box<Response>> {
    if bytes > MAX_RESPONSE_BYTES {
        return Err(Box::new(too_large()));
    }
    let taken = budget.map_or(Ok(None), |budget| budget.take(bytes));
    taken.map_err(|NoRoom| {
        tracing::warn!(bytes, "too much waits for clients to read it");
        Box::new(too_much_unread())
    })
}

/// The text of a response, or of the one that says that it is too large, that too much
/// waits to be read, or that it cannot be written.
pub fn written(
    response: &Response,
    budget: Option<&Budget>,
    write: impl Fn(&Response) -> Result<String, serde_json::Error>,
) -> Text {
    sent(write(response), budget, write)
}

/// The same of what is written already.
pub fn sent(
    text: Result<String, serde_json::Error>,
    budget: Option<&Budget>,
    write: impl Fn(&Response) -> Result<String, serde_json::Error>,
) -> Text {
    let small = |text| Text { text, room: None };
    let text = text.and_then(|text| match room(text.len(), budget) {
        Ok(room) => Ok(Text { text, room }),
        Err(why) => write(&why).map(small),
    });
    text.unwrap_or_else(|error| {
        tracing::error!(%error, "a response could not be written");
        small(write(&internal()).unwrap_or_default())
    })
}

/// The HTTP answer for a request that was turned away.
pub fn refuse(media: Media, error: ServerError) -> axum::response::Response {
    respond(media, Response::from_errors(vec![error]), None)
}

/// What callers are told when an operation ended amid its work. It has `data`,
/// though null: something may have been done.
pub fn broken_off(code: &str) -> Response {
    let message = "the operation was broken off: what it did, if anything, is not known";
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", code);
    Response::from_errors(vec![error])
}

/// What callers are told of an answer that would be too large. It was executed,
/// so it has `data`, though null.
pub fn too_large() -> Response {
    let message = format!(
        "the answer would be larger than {MAX_RESPONSE_BYTES} bytes: ask for less, or for \
         smaller pages; what a mutation did stays"
    );
    let mut error = ServerError::new(message, None);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", "RESPONSE_TOO_LARGE");
    Response::from_errors(vec![error])
}

/// What callers are told while too much waits for clients that do not read it.
fn too_much_unread() -> Response {
    let message = "answers to others of this tenant's requests wait to be read: read them, or \
                   ask for less at a time; what a mutation did stays";
    let mut error = ServerError::new(message, None);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", "TOO_MUCH_UNREAD");
    Response::from_errors(vec![error])
}

/// What callers are told when the server is at fault. The reason is in the log.
pub fn internal() -> Response {
    Response::from_errors(vec![
        Refusal::Internal.error("the request could not be completed", None),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_left_out_only_where_nothing_ran() {
        let refused = Response::from_errors(vec![Refusal::ParseFailed.error("no", None)]);
        assert_eq!(
            serde_json::to_value(Wire(&refused)).unwrap(),
            serde_json::json!({
                "errors": [{ "message": "no", "extensions": { "code": "GRAPHQL_PARSE_FAILED" } }]
            })
        );

        let failed = Response::from_errors(vec![ServerError::new("no", None)]);
        let wire = serde_json::to_value(Wire(&failed)).unwrap();
        assert_eq!(wire.get("data"), Some(&serde_json::Value::Null));
    }
}
