//! A whole server in this process, on a port of its own.

use std::sync::{Arc, OnceLock};

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing_subscriber::EnvFilter;
use tributary_api::{AppState, serve};
use tributary_domain::clock::SystemClock;
use tributary_domain::database::Database;
use tributary_domain::keyring::Keyring;
use tributary_domain::rail::Rail;
use tributary_domain::scope::Engine;
use tributary_plugins::Sandbox;
use tributary_rails as rails;

use crate::support::db::POOL;

/// Compiled rules are kept with it, so all stories share one.
static SANDBOX: OnceLock<Arc<Sandbox>> = OnceLock::new();

/// A running server. Dropping it asks it to stop.
pub struct Server {
    /// Where it is reached, without a slash at the end.
    pub url: String,
    /// What it works with, for what only its operator may do.
    pub engine: Engine,
    _stop: oneshot::Sender<()>,
}

impl Server {
    /// Starts serving a migrated database. Two on one database are two nodes.
    pub async fn start(database: &str) -> Self {
        Self::paying_over(database, rails::all()).await
    }

    /// The same with so many connections to the database.
    pub async fn with_connections(database: &str, connections: u32) -> Self {
        Self::over(engine(database, connections, rails::all()).await).await
    }

    /// The same with other rails.
    pub async fn paying_over(database: &str, rails: Vec<Arc<dyn Rail>>) -> Self {
        Self::over(engine(database, POOL, rails).await).await
    }

    async fn over(engine: Engine) -> Self {
        // What servers log is told where RUST_LOG asks for it.
        if std::env::var_os("RUST_LOG").is_some() {
            let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env());
            let _ = log.with_test_writer().try_init();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = AppState::new(engine.clone(), url.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            serve(listener, state, stopped).await
        });
        Self {
            url,
            engine,
            _stop: stop,
        }
    }
}

async fn engine(url: &str, connections: u32, rails: Vec<Arc<dyn Rail>>) -> Engine {
    let db = Database::connect(url, connections).await.unwrap();
    let sandbox = SANDBOX.get_or_init(|| Arc::new(Sandbox::new().unwrap()));
    let clock = Arc::new(SystemClock);
    Engine::new(db, sandbox.clone(), rails, clock, keyring())
}

/// The keys of every server here: nodes of one database share them.
pub fn keyring() -> Keyring {
    Keyring::parse(&format!("test:{}", "42".repeat(32))).unwrap()
}
