//! What an orchestrator asks.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tributary_domain::scope::Engine;
use tributary_migrations::{Migrator, MigratorTrait};

/// `/healthz`: this process answers. `/readyz`: it can do its work, because the
/// database answers and has the schema that this program was built for.
pub fn routes(engine: Engine) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(engine)
}

async fn ready(State(engine): State<Engine>) -> (StatusCode, &'static str) {
    match Migrator::get_pending_migrations(&engine.db).await {
        Ok(pending) if pending.is_empty() => (StatusCode::OK, "ready\n"),
        Ok(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database needs `tributary migrate`\n",
        ),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer\n",
            )
        }
    }
}
