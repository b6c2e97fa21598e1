//! The operation that a request carries, in its body or its address.

use std::time::Duration;

use async_graphql::{ParseRequestError, Request, ServerError};
use async_graphql_axum::GraphQLRequest;
use axum::body::Body;
use axum::extract::{FromRequest, Query};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, Uri};
use axum::response::IntoResponse;
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::time::timeout;

use super::answer::refuse;
use super::media::Media;
use super::refusal::Refusal;

/// The most bytes in a body.
pub const LARGEST_BODY_BYTES: usize = 256 * 1024;

/// Refuses a body in a form that is not read.
///
/// # Errors
///
/// The refusal.
pub fn is_readable(headers: &HeaderMap) -> Result<(), ServerError> {
    if !is_json(headers) {
        let message = "the body is JSON: send it as application/json";
        return Err(Refusal::UnsupportedMediaType.error(message, None));
    }
    if is_encoded(headers) {
        let message = "the body is sent as it is, without a content encoding";
        return Err(Refusal::UnsupportedMediaType.error(message, None));
    }
    Ok(())
}

/// Whether a body has to be decoded before it is what its media type says.
pub fn is_encoded(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    values
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
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

/// The operation in a body that comes within `limit`.
///
/// # Errors
///
/// Why there is none.
pub async fn body(
    headers: &HeaderMap,
    body: Body,
    limit: Duration,
) -> Result<Request, ServerError> {
    decode(whole(headers, body, limit).await?).await
}

async fn whole(headers: &HeaderMap, body: Body, limit: Duration) -> Result<Vec<u8>, ServerError> {
    let too_large = || {
        let message = format!("the body is larger than {LARGEST_BODY_BYTES} bytes");
        Refusal::PayloadTooLarge.error(message, None)
    };
    let declared = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LARGEST_BODY_BYTES) {
        return Err(too_large());
    }
    let reading = async {
        let mut read = Vec::new();
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|_| {
                let message = "the body ended early, or its chunks are malformed";
                Refusal::MalformedRequest.error(message, None)
            })?;
            if read.len() + chunk.len() > LARGEST_BODY_BYTES {
                return Err(too_large());
            }
            read.extend_from_slice(&chunk);
        }
        Ok(read)
    };
    timeout(limit, reading).await.unwrap_or_else(|_| {
        let message = format!("the body did not come within {} seconds", limit.as_secs());
        Err(Refusal::BodyTimeout.error(message, None))
    })
}

/// Why the library cannot read a body, in our words.
struct Unreadable(ServerError);

impl From<ParseRequestError> for Unreadable {
    fn from(error: ParseRequestError) -> Self {
        Self(match error {
            ParseRequestError::UnsupportedBatch => {
                let message =
                    "one request is one operation: send the operations of a batch one by one";
                Refusal::BatchNotSupported.error(message, None)
            }
            ParseRequestError::InvalidRequest(error) => malformed(&error.to_string()),
            error => malformed(&error.to_string()),
        })
    }
}

impl IntoResponse for Unreadable {
    fn into_response(self) -> axum::response::Response {
        refuse(Media::Json, self.0)
    }
}

fn malformed(what: &str) -> ServerError {
    let message = format!("the body is a JSON object with a `query` string: {what}");
    Refusal::MalformedRequest.error(message, None)
}

/// The operation in a whole body of JSON, as the library extracts it.
async fn decode(body: Vec<u8>) -> Result<Request, ServerError> {
    let sent = axum::extract::Request::post("/graphql")
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(body));
    let sent = sent.map_err(|error| malformed(&error.to_string()))?;
    let extracted = GraphQLRequest::<Unreadable>::from_request(sent, &()).await;
    let request = extracted.map_err(|Unreadable(error)| error)?.into_inner();
    if request.query.trim().is_empty() {
        return Err(malformed("`query` is missing or empty"));
    }
    Ok(request)
}

/// The parameters of a request with GET.
#[derive(Deserialize)]
struct Parameters {
    query: Option<String>,
    variables: Option<String>,
    #[serde(rename = "operationName")]
    operation_name: Option<String>,
    extensions: Option<String>,
}

/// The operation in an address. Not by the library, which looks for `operation_name`,
/// while clients send `operationName`.
///
/// # Errors
///
/// Why there is none.
pub async fn address(uri: &Uri) -> Result<Request, ServerError> {
    let malformed = |what: &str| Refusal::MalformedRequest.error(what, None);
    let Query(given) = Query::<Parameters>::try_from_uri(uri)
        .map_err(|_| malformed("each parameter is given once, in UTF-8"))?;
    let query = given.query.filter(|query| !query.trim().is_empty());
    let query = query.ok_or_else(|| malformed("the parameter `query` is missing or empty"))?;
    let object = |text: Option<String>, name: &str| match text.filter(|text| !text.is_empty()) {
        None => Ok(serde_json::Value::Null),
        Some(text) => match serde_json::from_str(&text) {
            Ok(value @ (serde_json::Value::Object(_) | serde_json::Value::Null)) => Ok(value),
            _ => {
                let message = format!("the parameter `{name}` is a JSON object");
                Err(Refusal::MalformedRequest.error(message, None))
            }
        },
    };
    let body = serde_json::json!({
        "query": query,
        "variables": object(given.variables, "variables")?,
        "operationName": given.operation_name.filter(|name| !name.is_empty()),
        "extensions": object(given.extensions, "extensions")?,
    });
    decode(body.to_string().into_bytes()).await
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn typed(value: &'static str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
        is_json(&headers)
    }

    /// Why an address is read by us: the library looks for another parameter than the
    /// specification names.
    #[tokio::test]
    async fn the_library_does_not_read_the_name_of_an_operation_in_an_address() {
        let address = "/graphql?query=query%20A%7Ba%7D&operationName=A";
        let sent = axum::extract::Request::get(address)
            .body(Body::empty())
            .unwrap();
        let extracted = GraphQLRequest::<Unreadable>::from_request(sent, &()).await;
        let request = extracted
            .map_err(|Unreadable(error)| error)
            .unwrap()
            .into_inner();
        assert_eq!(request.operation_name, None);
        let ours = super::address(&address.parse().unwrap()).await.unwrap();
        assert_eq!(ours.operation_name.as_deref(), Some("A"));
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

    #[tokio::test]
    async fn bodies_that_are_no_request_are_told_apart() {
        let reason = async |body: &str| {
            let error = decode(body.as_bytes().to_vec()).await.err();
            error.and_then(|error| Refusal::of_error(&error))
        };
        assert_eq!(reason(r#"{"query":"{ a }"}"#).await, None);
        assert_eq!(reason(r#"{"query":"{ a }","variables":null}"#).await, None);
        assert_eq!(
            reason(" [{\"query\":\"{ a }\"}]").await,
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
                reason(malformed).await,
                Some(Refusal::MalformedRequest),
                "{malformed}"
            );
        }
    }
}
