#![doc = include_str!("../README.md")]

pub mod auth;
pub mod cli;
pub mod config;
pub mod files;
pub mod graphiql;
pub mod health;
pub mod keyring;
pub mod metrics;
pub mod telemetry;
pub mod uploads;
pub mod worker;

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread::available_parallelism;

use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tributary_domain::kernel::hints;
use tributary_domain::scope::Engine;
use tributary_graphql as graphql;
use tributary_transport::connections::ConnectionLimit;
use tributary_transport::gateway::{Gateway, MAX_CONNECTIONS, Timings};
use tributary_transport::unread::Unread;
use tributary_transport::workers::{self, Workers};
use tributary_web::edge::{self, Edge};
use tributary_web::stop::GRACE;
use tributary_web::{accept, requests};

/// What the routes work with.
#[derive(Clone)]
pub struct AppState {
    /// The domain: database, ports and clock.
    pub engine: Engine,
    /// The GraphQL schema.
    pub schema: graphql::ServedSchema,
    /// How long connections may take over things.
    pub timings: Timings,
    /// Where clients reach this server, without a slash at the end.
    pub public_url: String,
    /// What stands between this server and its callers.
    pub edge: Edge,
}

impl AppState {
    /// The usual state over an engine, for a server that is reached at `public_url`.
    pub fn new(engine: Engine, public_url: String) -> Self {
        Self {
            engine,
            schema: graphql::served(),
            timings: Timings::default(),
            public_url,
            edge: Edge::default(),
        }
    }
}

/// All routes. Operations run by `workers`; open connections end when `stopping`
/// turns true.
pub fn router(state: AppState, workers: Workers, stopping: watch::Receiver<bool>) -> Router {
    let gateway = Gateway {
        documents: Arc::new(graphql::documents(state.schema.0.schema())),
        schema: state.schema,
        workers,
        authenticate: auth::authenticator(state.engine.clone(), state.public_url),
        timings: state.timings,
        unread: Unread::default(),
        connections: ConnectionLimit::new(MAX_CONNECTIONS),
        stopping,
        editor: graphiql::page,
    };
    let routes = Router::new()
        .merge(tributary_transport::http::routes(gateway)) // /graphql, its sockets and streams
        .merge(graphiql::routes()) // GET /, /graphiql/*
        .merge(uploads::routes(state.engine.clone())) // PUT /uploads/{id}
        .layer(from_fn_with_state(state.edge.clone(), edge::locate))
        .layer(edge::compression())
        .layer(edge::cors(&state.edge));
    requests::ids(routes)
        .merge(health::routes(state.engine)) // GET /healthz, /readyz: too often to log
        .merge(metrics::routes()) // GET /metrics
}

/// The runtime of operations, which nothing waits for at its end.
struct Operations(Option<Runtime>);

impl Operations {
    fn start() -> io::Result<(Self, Workers)> {
        let threads = available_parallelism().map_or(1, usize::from);
        let runtime = workers::runtime(threads)?;
        let workers = Workers::new(runtime.handle().clone());
        Ok((Self(Some(runtime)), workers))
    }
}

impl Drop for Operations {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Serves until `stop` is done, then lets what is open finish, for at most
/// [`GRACE`]. Meanwhile the server does its own work, too.
///
/// # Errors
///
/// When it cannot serve.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stopper, stopping) = watch::channel(false);
    let worker = worker::run(state.engine.clone(), stopping.clone());
    // Ends with this.
    let mut hints = JoinSet::new();
    hints.spawn(hints::run(state.engine.clone()));
    let timings = state.timings;
    let (_operations, workers) = Operations::start()?;
    let routes = router(state, workers, stopping.clone());
    let server = accept::run(listener, routes, timings, stopping);
    let finished = async {
        tokio::join!(server, worker);
        // A socket outlives its request, and holds a receiver until it is closed.
        stopper.closed().await;
    };
    let cut_off = async {
        stop.await;
        tracing::info!("stopping");
        stopper.send_replace(true);
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = finished => {}
        () = cut_off => {
            tracing::warn!("what was still open after {GRACE:?} was cut off");
        }
    }
    Ok(())
}
