//! What an orchestrator asks.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tributary_domain::scope::Engine;

/// `/healthz`: this process answers. `/readyz`: it can do its work, because the
/// database answers and has at least the schema that this program needs.
pub fn routes(engine: Engine) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(engine)
}

async fn ready(State(engine): State<Engine>) -> (StatusCode, &'static str) {
    match tributary_migrations::pending(&engine.db).await {
        Ok(0) => (StatusCode::OK, "ready\n"),
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
