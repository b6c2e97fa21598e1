//! What an orchestrator asks.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::time::timeout;
use tributary_domain::scope::Engine;

use crate::telemetry;

/// How long the database gets to say which schema it has.
const SCHEMA_TIMEOUT: Duration = Duration::from_millis(500);

/// `/healthz`: this process answers. `/readyz`: it can do its work, because the
/// database has at least the schema that this program needs, and takes writes.
/// Both answer within two seconds, whatever the database does.
pub fn routes(engine: Engine) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(engine)
}

async fn ready(State(engine): State<Engine>) -> (StatusCode, &'static str) {
    let lacking = timeout(SCHEMA_TIMEOUT, tributary_migrations::pending(&engine.db)).await;
    let reason = match lacking {
        Ok(Ok(0)) => match engine.db.probe().await {
            Ok(()) => return (StatusCode::OK, "ready\n"),
            Err(error) => {
                telemetry::warn_of_database(&error);
                "the database takes no writes\n"
            }
        },
        Ok(Ok(_)) => "the database needs `tributary migrate`\n",
        Ok(Err(error)) => {
            telemetry::warn_of_database(&error);
            "the database does not answer\n"
        }
        Err(late) => {
            telemetry::warn_of_database(&late);
            "the database does not answer\n"
        }
    };
    (StatusCode::SERVICE_UNAVAILABLE, reason)
}
