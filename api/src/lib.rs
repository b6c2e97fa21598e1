//! The Tributary server: its routes, and what it takes to serve them.

pub mod auth;
pub mod cli;
pub mod config;
pub mod graphiql;
pub mod graphql;
pub mod health;
pub mod telemetry;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tributary_domain::scope::Engine;

use crate::graphql::gateway::{Gateway, Timings};

/// What open requests get to finish when the server stops, and then again what
/// open sockets get to say goodbye.
const GRACE: Duration = Duration::from_secs(10);

/// What the routes work with.
#[derive(Clone)]
pub struct AppState {
    /// The domain: database, ports and clock.
    pub engine: Engine,
    /// The GraphQL schema.
    pub schema: graphql::Schema,
    /// How long connections may take over things.
    pub timings: Timings,
}

impl AppState {
    /// The usual state over an engine.
    pub fn new(engine: Engine) -> Self {
        let schema = graphql::schema();
        let timings = Timings::default();
        Self { engine, schema, timings }
    }
}

/// All routes. Open connections end when `stopping` turns true.
pub fn router(state: AppState, stopping: watch::Receiver<bool>) -> Router {
    let gateway = Gateway {
        schema: state.schema,
        admit: auth::door(state.engine.clone()),
        timings: state.timings,
        stopping,
    };
    Router::new()
        .merge(gateway.routes()) // POST /graphql, its sockets and streams
        .merge(graphiql::routes()) // GET /, /graphiql/*
        .merge(health::routes(state.engine)) // GET /healthz, /readyz
        .layer(from_fn(telemetry::observe))
}

/// Serves until `stop` is done, then lets what is open finish, for a while.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    state: AppState,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let (stopper, mut stopping) = watch::channel(false);
    let routes = router(state, stopping.clone());
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move {
        graphql::gateway::stopped(&mut stopping).await;
    });
    // Sockets outlive their request, and each holds a receiver until it is closed.
    let farewell = async {
        stop.await;
        tracing::info!("stopping");
        stopper.send_replace(true);
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = server.into_future() => result?,
        () = farewell => tracing::warn!("requests were cut off after {GRACE:?}"),
    }
    if tokio::time::timeout(GRACE, stopper.closed()).await.is_err() {
        tracing::warn!("sockets were cut off after {GRACE:?}");
    }
    Ok(())
}
