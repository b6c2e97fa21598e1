//! What stands between this server and its callers: pages of other origins,
//! and proxies.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The surroundings of a server.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// Origins whose pages may call from a browser, as `https://app.example`.
    /// A page authenticates with a key in a header and never with a cookie, so
    /// this lets nobody act in another's name; it only opens the door to pages.
    pub origins: Vec<HeaderValue>,
    /// Proxies of ours in front. Each adds one address to `x-forwarded-for`;
    /// what stands further left was written by the caller and proves nothing.
    pub proxies: usize,
}

/// Answers preflight requests, and tells browsers which pages may read answers.
pub async fn share(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN);
    let origin = origin
        .filter(|origin| edge.origins.contains(origin))
        .cloned();
    let preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD);

    let mut response = match preflight {
        true => StatusCode::NO_CONTENT.into_response(),
        false => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("origin"));
    let Some(origin) = origin else {
        return response;
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    if preflight {
        let allowed = "authorization, content-type, accept, x-request-id";
        headers.insert(
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(allowed),
        );
        headers.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT"),
        );
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    } else {
        headers.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("x-request-id"),
        );
    }
    response
}

/// Puts the caller's own address in place of the nearest proxy's.
pub async fn locate(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    if let Some(ip) = forwarded(request.headers(), edge.proxies) {
        let address = SocketAddr::new(ip, 0);
        request.extensions_mut().insert(ConnectInfo(address));
    }
    next.run(request).await
}

/// The address that the outermost of our proxies saw.
fn forwarded(headers: &HeaderMap, proxies: usize) -> Option<IpAddr> {
    let values = headers.get_all(FORWARDED_FOR).iter();
    let addresses: Vec<&str> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let place = addresses.len().checked_sub(proxies)?;
    addresses.get(place)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(values: &[&'static str], proxies: usize) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(value));
        }
        forwarded(&headers, proxies).map(|ip| ip.to_string())
    }

    #[test]
    fn only_what_our_own_proxies_added_is_believed() {
        let one = "203.0.113.7".to_owned();
        assert_eq!(seen(&["203.0.113.7"], 0), None);
        assert_eq!(seen(&["203.0.113.7"], 1), Some(one.clone()));
        assert_eq!(seen(&["1.1.1.1, 203.0.113.7"], 1), Some(one.clone()));
        assert_eq!(seen(&["1.1.1.1", "203.0.113.7, 10.0.0.2"], 2), Some(one));
        assert_eq!(seen(&["2001:db8::1"], 1).as_deref(), Some("2001:db8::1"));
        assert_eq!(seen(&["203.0.113.7"], 2), None);
        assert_eq!(seen(&["unknown"], 1), None);
        assert_eq!(seen(&[], 1), None);
    }
}
