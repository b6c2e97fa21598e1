//! Connections: accepted, limited, and ended gently.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_io_timeout::TimeoutStream;

use tributary_transport::connections::{ConnectionLimit, ConnectionPermit};
use tributary_transport::gateway::{Timings, stopped};

/// The most connections of one address that have not sent the head of a request
/// yet. One more is closed at once.
pub const MAX_HALF_OPEN: usize = 100;

/// What is waited for after a connection could not be accepted: there may be
/// no file handle to be had for one.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Accepts connections until `stopping` turns true, and lets those that are
/// open finish the request they are at. The head of a request comes within
/// `timings.head`, or its connection is closed; so is one that is quiet for as long,
/// and one that takes nothing of what is sent to it for `timings.silence`. Of
/// one address, at most [`MAX_HALF_OPEN`] connections wait for their first head.
pub async fn run(
    listener: TcpListener,
    routes: Router,
    timings: Timings,
    mut stopping: watch::Receiver<bool>,
) {
    let mut open = JoinSet::new();
    let half_open = ConnectionLimit::new(MAX_HALF_OPEN);
    loop {
        let accepted = tokio::select! {
            () = stopped(&mut stopping) => break,
            Some(_) = open.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(permit) = half_open.take(network(peer.ip())) else {
                    tracing::debug!(%peer, "too many connections without a request");
                    continue;
                };
                let connection = Connection {
                    stream,
                    peer,
                    permit,
                };
                open.spawn(serve(connection, routes.clone(), timings, stopping.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
    drop(listener);
    while open.join_next().await.is_some() {}
}

/// What counts as one address: of IPv6, the network that one subscriber gets.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let bits = address.to_bits() >> 64 << 64;
            Ipv6Addr::from_bits(bits).into()
        }
        address => address,
    }
}

/// A connection that was accepted.
struct Connection {
    stream: TcpStream,
    peer: SocketAddr,
    /// Held until the first head has come.
    permit: ConnectionPermit<IpAddr>,
}

/// Serves one connection. Connection errors are ignored.
async fn serve(
    connection: Connection,
    routes: Router,
    timings: Timings,
    mut stopping: watch::Receiver<bool>,
) {
    let Connection {
        stream,
        peer,
        permit,
    } = connection;
    let permit = Mutex::new(Some(permit));
    let routes = TowerToHyperService::new(routes);
    let service = service_fn(move |mut request: Request<Incoming>| {
        drop(permit.lock().unwrap_or_else(PoisonError::into_inner).take());
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.call(request)
    });
    // Events and answers are short: they must not wait for one another.
    stream.set_nodelay(true).ok();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(timings.head);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(timings.silence));
    let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service);
    let mut connection = pin!(connection.with_upgrades());
    tokio::select! {
        _ = connection.as_mut() => return,
        () = stopped(&mut stopping) => connection.as_mut().graceful_shutdown(),
    }
    connection.await.ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_address() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("203.0.113.7"), "203.0.113.7");
        assert_eq!(network("::ffff:203.0.113.7"), "203.0.113.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    }
}
