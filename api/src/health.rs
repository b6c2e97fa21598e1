//! What an orchestrator asks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tributary_domain::outage;
use tributary_domain::scope::Engine;

/// How long the database gets to say which schema it has.
const SCHEMA_TIMEOUT: Duration = Duration::from_millis(500);

/// For how long an answer holds: anybody may ask, and each look writes to the database.
const ANSWER_VALID_FOR: Duration = Duration::from_millis(250);

/// `/healthz`: this process answers. `/readyz`: it can do its work, because the
/// database has at least the schema that this program needs, and takes writes.
/// Both answer within two seconds, whatever the database does.
pub fn routes(engine: Engine) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(Readiness {
            engine,
            seen: Arc::default(),
        })
}

/// What was last seen of the database. One looks at a time, and the others wait for
/// what it sees.
#[derive(Clone)]
struct Readiness {
    engine: Engine,
    seen: Arc<Mutex<Option<(Instant, Answer)>>>,
}

type Answer = (StatusCode, &'static str);

async fn ready(State(readiness): State<Readiness>) -> Answer {
    let mut seen = readiness.seen.lock().await;
    match *seen {
        Some((at, answer)) if at.elapsed() < ANSWER_VALID_FOR => answer,
        _ => {
            let answer = look(&readiness.engine).await;
            *seen = Some((Instant::now(), answer));
            answer
        }
    }
}

async fn look(engine: &Engine) -> Answer {
    let lacking = timeout(SCHEMA_TIMEOUT, tributary_migrations::pending(&engine.db)).await;
    let reason = match lacking {
        Ok(Ok(0)) => match engine.db.probe().await {
            Ok(()) => return (StatusCode::OK, "ready\n"),
            Err(error) => {
                outage::warn_of(&error);
                "the database takes no writes\n"
            }
        },
        Ok(Ok(_)) => "the database needs `tributary migrate`\n",
        Ok(Err(error)) => {
            outage::warn_of(&error);
            "the database does not answer\n"
        }
        Err(late) => {
            outage::warn_of(&late);
            "the database does not answer\n"
        }
    };
    (StatusCode::SERVICE_UNAVAILABLE, reason)
}
