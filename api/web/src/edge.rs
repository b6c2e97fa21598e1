//! What stands between this server and its callers: pages of other origins,
//! and proxies.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::requests::REQUEST_ID;

/// For how long a browser may keep the answer to a preflight request.
const PREFLIGHT_AGE: Duration = Duration::from_secs(2 * 60 * 60);

/// Smaller answers do not get shorter.
const MIN_COMPRESSED_BYTES: u16 = 1_024;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The surroundings of a server.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    /// Origins whose pages may call from a browser, as `https://app.example`.
    /// A page authenticates with a key in a header and never with a cookie, so
    /// this lets nobody act in another's name.
    pub origins: Vec<HeaderValue>,
    /// Proxies of ours in front. Each adds one address to `x-forwarded-for`;
    /// what stands further left was written by the caller and proves nothing.
    pub proxies: usize,
}

/// Answers preflight requests, and tells browsers which pages may read answers.
pub fn cors(edge: &Edge) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(edge.origins.clone()))
        .allow_methods([Method::GET, Method::POST, Method::PUT])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, ACCEPT, REQUEST_ID])
        .expose_headers([REQUEST_ID, RETRY_AFTER])
        .max_age(PREFLIGHT_AGE)
}

/// Compresses answers for those who ask for it; never events, which must not wait for
/// one another in a buffer.
pub fn compression() -> CompressionLayer<impl Predicate> {
    let predicate =
        SizeAbove::new(MIN_COMPRESSED_BYTES).and(NotForContentType::const_new("text/event-stream"));
    CompressionLayer::new().compress_when(predicate)
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
