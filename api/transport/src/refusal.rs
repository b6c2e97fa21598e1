//! Why a request is turned away before any resolver runs, and what that looks
//! like on the wire: one table.

use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, Pos, Response, ServerError};
use axum::http::StatusCode;

use super::media::Media;

/// A reason to turn a request away. None of these reaches a resolver, so the
/// answer has no `data` at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The body is no JSON object with a `query`, or its parts have the wrong shape.
    MalformedRequest,
    /// The body is an array: one request, one operation.
    BatchNotSupported,
    /// The body is larger than a request's may be.
    PayloadTooLarge,
    /// The body did not come in time.
    BodyTimeout,
    /// The body is not JSON. Forms and text are what another site's page can
    /// make a browser send without asking first.
    UnsupportedMediaType,
    /// The caller accepts no form of answer that exists here.
    NotAcceptable,
    /// Another method than POST, or than GET for a query.
    MethodNotAllowed,
    /// No key, or one that is unknown or revoked.
    Unauthenticated,
    /// The document is not GraphQL.
    ParseFailed,
    /// The document does not fit the schema.
    ValidationFailed,
    /// The document has several operations and names none, or names one that is not there.
    UnknownOperation,
    /// Deeper, wider or more expensive than one request may be.
    TooComplex,
    /// A subscription was posted without accepting a stream.
    StreamRequired,
    /// Sockets and streams carry queries and subscriptions. A mutation whose
    /// answer is lost with one cannot be told from one that never ran.
    MutationOverStream,
    /// More operations run on this connection than it may have.
    TooManyOperations,
    /// More sockets and streams are open with this key than it may have.
    TooManyConnections,
    /// The database cannot be used now: nothing was done.
    Unavailable,
    /// The server failed; the caller did nothing wrong.
    Internal,
}

impl Refusal {
    /// All of them, for tests and documentation.
    pub const ALL: [Self; 18] = [
        Self::MalformedRequest,
        Self::BatchNotSupported,
        Self::PayloadTooLarge,
        Self::BodyTimeout,
        Self::UnsupportedMediaType,
        Self::NotAcceptable,
        Self::MethodNotAllowed,
        Self::Unauthenticated,
        Self::ParseFailed,
        Self::ValidationFailed,
        Self::UnknownOperation,
        Self::TooComplex,
        Self::StreamRequired,
        Self::MutationOverStream,
        Self::TooManyOperations,
        Self::TooManyConnections,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The table: `extensions.code`, the HTTP status, and whether the request
    /// was well formed as HTTP. A well-formed request whose *document* fails
    /// is answered 200 to callers of `application/json`, who cannot tell our
    /// 400 from a proxy's.
    ///
    /// GraphQL over HTTP is a draft. Its text of August 2026 wants 422 for most
    /// of the 400s and 294 for partial data, its test suite still wants these.
    const fn row(self) -> (&'static str, StatusCode, bool) {
        use StatusCode as S;
        match self {
            Self::MalformedRequest => ("MALFORMED_REQUEST", S::BAD_REQUEST, false),
            Self::BatchNotSupported => ("BATCH_NOT_SUPPORTED", S::BAD_REQUEST, false),
            Self::PayloadTooLarge => ("PAYLOAD_TOO_LARGE", S::PAYLOAD_TOO_LARGE, false),
            Self::BodyTimeout => ("BODY_TIMEOUT", S::REQUEST_TIMEOUT, false),
            Self::UnsupportedMediaType => {
                ("UNSUPPORTED_MEDIA_TYPE", S::UNSUPPORTED_MEDIA_TYPE, false)
            }
            Self::NotAcceptable => ("NOT_ACCEPTABLE", S::NOT_ACCEPTABLE, false),
            Self::MethodNotAllowed => ("METHOD_NOT_ALLOWED", S::METHOD_NOT_ALLOWED, false),
            Self::Unauthenticated => ("UNAUTHENTICATED", S::UNAUTHORIZED, false),
            Self::ParseFailed => ("GRAPHQL_PARSE_FAILED", S::BAD_REQUEST, true),
            Self::ValidationFailed => ("GRAPHQL_VALIDATION_FAILED", S::BAD_REQUEST, true),
            Self::UnknownOperation => ("UNKNOWN_OPERATION", S::BAD_REQUEST, true),
            Self::TooComplex => ("QUERY_TOO_COMPLEX", S::BAD_REQUEST, true),
            Self::StreamRequired => ("STREAM_REQUIRED", S::BAD_REQUEST, true),
            Self::MutationOverStream => ("MUTATION_OVER_STREAM", S::BAD_REQUEST, true),
            Self::TooManyOperations => ("TOO_MANY_OPERATIONS", S::TOO_MANY_REQUESTS, true),
            Self::TooManyConnections => ("TOO_MANY_CONNECTIONS", S::TOO_MANY_REQUESTS, true),
            Self::Unavailable => ("UNAVAILABLE", S::SERVICE_UNAVAILABLE, false),
            Self::Internal => ("INTERNAL", S::INTERNAL_SERVER_ERROR, false),
        }
    }

    /// `extensions.code` of the error.
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// The HTTP status under a media type.
    pub fn status(self, media: Media) -> StatusCode {
        match self.row() {
            (_, _, true) if media == Media::Json => StatusCode::OK,
            (_, status, _) => status,
        }
    }

    /// An error that says so to the caller.
    pub fn error(self, message: impl Into<String>, at: Option<Pos>) -> ServerError {
        self.mark(ServerError::new(message, at))
    }

    /// The same error, with this reason's code. The reason travels as the
    /// error's source, which never leaves the process.
    pub fn mark(self, mut error: ServerError) -> ServerError {
        error
            .extensions
            .get_or_insert_with(ErrorExtensionValues::default)
            .set("code", self.code());
        error.source = Some(Arc::new(self));
        error
    }

    /// Why a response carries no data, if it was turned away rather than executed.
    pub fn of(response: &Response) -> Option<Self> {
        response.errors.iter().find_map(Self::of_error)
    }

    /// The reason an error was marked with.
    pub fn of_error(error: &ServerError) -> Option<Self> {
        error.source::<Self>().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_reason_has_a_code_of_its_own() {
        let codes: HashSet<_> = Refusal::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Refusal::ALL.len());
    }

    #[test]
    fn only_documents_that_fail_are_answered_200_and_only_as_plain_json() {
        for reason in Refusal::ALL {
            let plain = reason.status(Media::Json);
            let proper = reason.status(Media::GraphqlResponse);
            let at_fault = matches!(reason, Refusal::Internal | Refusal::Unavailable);
            assert_eq!(proper.is_server_error(), at_fault, "{reason:?}");
            assert!(plain == StatusCode::OK || plain == proper, "{reason:?}");
        }
        assert_eq!(Refusal::ParseFailed.status(Media::Json), StatusCode::OK);
        assert_eq!(
            Refusal::Unauthenticated.status(Media::Json),
            StatusCode::UNAUTHORIZED
        );
    }

    #[test]
    fn a_marked_error_is_recognised_and_others_are_not() {
        let marked = Refusal::TooComplex.error("no", None);
        let response = Response::from_errors(vec![marked]);
        assert_eq!(Refusal::of(&response), Some(Refusal::TooComplex));

        let plain = Response::from_errors(vec![ServerError::new("no", None)]);
        assert_eq!(Refusal::of(&plain), None);
    }
}
