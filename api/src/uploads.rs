//! Where components are put before they are published.
//!
//! Not through GraphQL: bytes inside a document would be limited, logged and
//! costed as text.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Request, State};
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use axum::{Json, Router};
use serde_json::json;
use tokio::time::timeout;
use tributary_domain::access::Permission;
use tributary_domain::error::Error;
use tributary_domain::ids::{Noun, UploadId};
use tributary_domain::rule::plugins::{self, LARGEST_COMPONENT_BYTES};
use tributary_domain::scope::Engine;
use tributary_transport::answer::RETRY_AFTER_SECONDS;
use tributary_transport::gateway::{Caller, Denied, Peer};
use tributary_transport::request::is_encoded;

use crate::auth;

/// For the bytes of a component to come.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60);

/// `PUT /uploads/{id}`: the bytes of a staged upload, with the key of the
/// caller. Putting them again replaces them. 204, or an error as
/// `{"error": {"code", "message"}}`.
pub fn routes(engine: Engine) -> Router {
    Router::new()
        .route("/uploads/{id}", put(receive))
        .layer(DefaultBodyLimit::max(LARGEST_COMPONENT_BYTES))
        .with_state(engine)
}

/// Nothing is read from a caller who may not put anything.
async fn receive(
    State(engine): State<Engine>,
    Path(id): Path<String>,
    peer: Peer,
    request: Request,
) -> Result<StatusCode, Refused> {
    let caller = Caller::new(request.headers(), peer);
    let scope = auth::authenticate(&engine, caller).await?;
    scope.require(Permission::PluginManage)?;
    let id: UploadId = id.parse().map_err(|_| Error::NotFound(Noun::Upload))?;
    if is_encoded(request.headers()) {
        return Err(Refused::Encoded);
    }
    let bytes = timeout(UPLOAD_TIMEOUT, Bytes::from_request(request, &())).await;
    let bytes = bytes.map_err(|_| Refused::TooSlow)??;
    plugins::put(&scope, id, bytes.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Why nothing was put.
enum Refused {
    Denied(Denied),
    Encoded,
    TooSlow,
    Unread(BytesRejection),
    Domain(Error),
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<BytesRejection> for Refused {
    fn from(rejection: BytesRejection) -> Self {
        Self::Unread(rejection)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl Refused {
    fn parts(&self) -> (StatusCode, &'static str, String) {
        let too_large = || format!("a component has at most {LARGEST_COMPONENT_BYTES} bytes");
        match self {
            Self::Denied(Denied::Unauthenticated) => (
                StatusCode::UNAUTHORIZED,
                "UNAUTHENTICATED",
                "the key is missing, wrong or revoked: send `Authorization: Bearer …`".to_owned(),
            ),
            Self::Denied(Denied::Unavailable) => {
                let message = "the database cannot be used now: nothing was done; try again";
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "UNAVAILABLE",
                    message.to_owned(),
                )
            }
            Self::Encoded => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UNSUPPORTED_MEDIA_TYPE",
                "the bytes are sent as they are, without a content encoding".to_owned(),
            ),
            Self::Unread(BytesRejection::FailedToBufferBody(
                FailedToBufferBody::LengthLimitError(_),
            )) => (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", too_large()),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "BODY_TIMEOUT",
                format!(
                    "the body did not come within {} seconds",
                    UPLOAD_TIMEOUT.as_secs()
                ),
            ),
            Self::Unread(_) => (
                StatusCode::BAD_REQUEST,
                "INCOMPLETE",
                "the body ended early".to_owned(),
            ),
            Self::Domain(error) => {
                error.log();
                let status = match error {
                    Error::NotFound(_) | Error::Unknown { .. } => StatusCode::NOT_FOUND,
                    Error::Forbidden(_) => StatusCode::FORBIDDEN,
                    Error::Invalid { .. } | Error::Several(_) | Error::PositionUnknown => {
                        StatusCode::BAD_REQUEST
                    }
                    Error::Conflict { .. } | Error::IdempotencyMismatch => StatusCode::CONFLICT,
                    Error::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
                    Error::Unavailable(_) | Error::OutcomeUnknown(_) => {
                        StatusCode::SERVICE_UNAVAILABLE
                    }
                    Error::Storage(_) | Error::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
                };
                (status, error.code(), error.to_string())
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        let body = json!({ "error": { "code": code, "message": message } });
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        response
    }
}
