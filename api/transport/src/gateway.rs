//! What the three transports share: the schema, how callers are let in, and
//! how long things may take.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Data, Executor, ServerError};
use axum::extract::{ConnectInfo, Extension};
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use futures_util::future::BoxFuture;
use tokio::sync::watch;

use metrics::gauge;

use super::connections::{ConnectionLimit, ConnectionPermit};
use super::document::Documents;
use super::refusal::Refusal;
use super::unread::Unread;
use super::workers::Workers;

/// Where axum leaves the peer's address; absent where it was not asked to.
pub type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

/// Who asks, before the key is known to be good. Has no `Debug`, so that no
/// token reaches a log.
#[derive(Clone)]
pub struct Caller {
    /// The bearer token, if one came.
    pub token: Option<String>,
    /// The peer's address.
    pub ip: Option<String>,
    /// The program it says it is.
    pub user_agent: Option<String>,
}

impl Caller {
    /// Reads a request's headers.
    pub fn new(headers: &HeaderMap, peer: Peer) -> Self {
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        Self {
            token: headers
                .get(AUTHORIZATION)
                .and_then(|value| bearer(value.to_str().ok()?)),
            ip: peer.map(|Extension(ConnectInfo(address))| address.ip().to_string()),
            user_agent: headers.get(USER_AGENT).and_then(text),
        }
    }
}

/// The token of an `Authorization` value, whose scheme is `Bearer` in any case.
pub fn bearer(value: &str) -> Option<String> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

/// Why a caller is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No key, or one that is unknown or revoked.
    Unauthenticated,
    /// Keys cannot be looked up now.
    Unavailable,
}

impl Denied {
    /// The error for a caller who is not let in.
    pub fn error(self) -> ServerError {
        match self {
            Self::Unauthenticated => Refusal::Unauthenticated.error(
                "the key is missing, wrong or revoked: send `Authorization: Bearer …`",
                None,
            ),
            Self::Unavailable => Refusal::Unavailable.error(
                "the database cannot be used now: nothing was done; try again",
                None,
            ),
        }
    }
}

/// Lets a caller in: from its token to what resolvers find beside one request.
/// Called anew for each operation, so that a revoked key starts nothing.
pub type Authenticate =
    Arc<dyn Fn(Caller) -> BoxFuture<'static, Result<Data, Denied>> + Send + Sync>;

/// How long a connection may take over things.
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// From opening a socket to its `connection_init`.
    pub init: Duration,
    /// Between two pings to an open socket, and two comments on a stream.
    pub ping: Duration,
    /// Without a frame from a socket, or with a frame it does not take.
    pub silence: Duration,
    /// Between two looks at the key of an open connection.
    pub recheck: Duration,
    /// For the head of a request, the quiet before it included: longer than
    /// proxies keep a connection open, so that none sends into a closing one.
    pub head: Duration,
    /// For the body of a request.
    pub body: Duration,
    /// For what a posted operation does.
    pub execution: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            init: Duration::from_secs(3),
            ping: Duration::from_secs(15),
            silence: Duration::from_secs(45),
            recheck: Duration::from_secs(30),
            head: Duration::from_secs(75),
            body: Duration::from_secs(30),
            execution: Duration::from_secs(60),
        }
    }
}

/// The most sockets and streams of one key at a time.
pub const MAX_CONNECTIONS: usize = 100;

/// The schema, and who may use it.
#[derive(Clone)]
pub struct Gateway<S> {
    /// What executes.
    pub schema: S,
    /// What documents are held to: the same schema.
    pub documents: Arc<Documents>,
    /// Where operations run.
    pub workers: Workers,
    /// Who may come in.
    pub authenticate: Authenticate,
    /// How long they may take.
    pub timings: Timings,
    /// Room for answers that wait for their clients.
    pub unread: Unread,
    /// The sockets and streams that are open, by their key: [`MAX_CONNECTIONS`].
    pub connections: ConnectionLimit<String>,
    /// Turns true when the server is about to stop.
    pub stopping: watch::Receiver<bool>,
    /// The page that a browser gets.
    pub editor: fn() -> Response,
}

impl<S: Executor> Gateway<S> {
    /// Lets a caller in for one operation.
    pub async fn authenticate(&self, caller: &Caller) -> Result<Data, Denied> {
        (self.authenticate)(caller.clone()).await
    }

    /// Lets the caller open a socket or stream; `None` if it has too many.
    pub fn open(&self, caller: &Caller) -> Option<OpenConnection> {
        let permit = self.connections.take(caller.token.clone()?)?;
        gauge!(CONNECTIONS).increment(1.0);
        Some(OpenConnection { _permit: permit })
    }

    /// Whether the caller's key was revoked. One that cannot be looked up now
    /// keeps what it has: a database that pauses should not end every stream.
    pub async fn is_revoked(&self, caller: &Caller) -> bool {
        matches!(
            self.authenticate(caller).await,
            Err(Denied::Unauthenticated)
        )
    }
}

/// How many sockets and streams are open.
const CONNECTIONS: &str = "tributary_connections";

/// A socket or stream that is counted while it is open.
#[derive(Debug)]
pub struct OpenConnection {
    _permit: ConnectionPermit<String>,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        gauge!(CONNECTIONS).decrement(1.0);
    }
}

/// Waits until the server is about to stop.
pub async fn stopped(stopping: &mut watch::Receiver<bool>) {
    if stopping.wait_for(|stop| *stop).await.is_err() {
        // Nobody is left to stop it.
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_read_from_its_header() {
        assert_eq!(bearer("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(bearer("bearer  abc ").as_deref(), Some("abc"));
        for other in ["", "Bearer", "Bearer ", "Basic abc", "abc"] {
            assert_eq!(bearer(other), None, "{other}");
        }
    }
}
