//! `/metrics`: what Prometheus reads of this server. It tells of no tenant.

use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of the buckets for the time of an operation, in seconds.
const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
];

/// How long the longest waiting piece of background work has been due.
const WORK_LAG: &str = "tributary_work_lag_seconds";

/// `/metrics`, in the text format of Prometheus.
pub fn routes() -> Router {
    // Counting begins now, and not with the first question.
    recorder();
    Router::new().route("/metrics", get(show))
}

/// Notes for how long the longest waiting piece of background work has been due; none
/// where that cannot be known.
pub fn work_lag(lag: Option<Duration>) {
    gauge!(WORK_LAG).set(lag.map_or(f64::NAN, |lag| lag.as_secs_f64()));
}

/// The one recorder of this process. None where another was installed first: then it is
/// that one which counts.
fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(install).as_ref()
}

fn install() -> Option<PrometheusHandle> {
    let name = Matcher::Suffix("_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(name, SECONDS);
    let installed = builder
        .map_err(|error| error.to_string())
        .and_then(|builder| {
            builder
                .install_recorder()
                .map_err(|error| error.to_string())
        });
    match installed {
        Ok(handle) => {
            describe();
            Some(handle)
        }
        Err(error) => {
            tracing::error!(error, "nothing is counted");
            None
        }
    }
}

fn describe() {
    describe_counter!(
        "tributary_operations_total",
        "Operations, by name, by kind and by how they ended: ok, errors, or left by their client"
    );
    describe_histogram!(
        "tributary_operation_seconds",
        Unit::Seconds,
        "How long queries and mutations took"
    );
    describe_counter!(
        "tributary_statements_total",
        "Statements that operations sent to the database"
    );
    describe_gauge!("tributary_connections", "Sockets and streams that are open");
    describe_counter!(
        "tributary_evaluations_total",
        "Runs of tenants' rules: answered, aborted, or the code of the fault"
    );
    describe_gauge!(
        "tributary_sandbox_jobs",
        "Jobs of the sandbox that wait for a thread or run, by pool: rules and compilations"
    );
    describe_histogram!(
        "tributary_log_lag_seconds",
        Unit::Seconds,
        "From the recording of an event until a follower that waited for it has read it"
    );
    describe_gauge!(
        WORK_LAG,
        Unit::Seconds,
        "How long the longest waiting piece of background work has been due"
    );
}

async fn show() -> Response {
    let Some(recorder) = recorder() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "nothing is counted\n").into_response();
    };
    recorder.run_upkeep();
    let text = [(CONTENT_TYPE, "text/plain; version=0.0.4")];
    (text, recorder.render()).into_response()
}
