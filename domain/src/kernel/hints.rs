//! Hints between the processes on one PostgreSQL: whose log has grown.
//!
//! Each process tells the others once per tick which tenants committed here, by NOTIFY on
//! connections of its own. Only hints: whoever misses one looks once a second anyway, as
//! where a pooler in front of PostgreSQL lets no LISTEN through. SQLite has one process that
//! writes, and needs none.

use std::time::Duration;

use sea_orm::DbBackend;
use sea_orm::sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use sea_orm::sqlx::{self, Error};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::ids::TenantId;
use crate::kernel::engine::Engine;

/// What the hints are called in the database.
const CHANNEL: &str = "tributary_log";

/// For how long commits are gathered into one hint.
const TICK: Duration = Duration::from_millis(10);

/// Tenants in one message: PostgreSQL takes 8,000 bytes.
const MOST_TENANTS: usize = 200;

/// How long a connection is trusted that says nothing, and how long its answer may take.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);
const LONGEST_ANSWER: Duration = Duration::from_secs(10);

/// How long to wait at first, and at most, for a database that does not answer.
const RETRY_DELAY: Duration = Duration::from_secs(1);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(60);

/// Gives hints and takes those of others, until it is dropped. Ends at once where the
/// database has no use for them.
pub async fn run(engine: Engine) {
    if engine.db.get_database_backend() != DbBackend::Postgres {
        return;
    }
    // One to listen on and one to notify with: commands and questions wait for neither.
    let options = engine.db.get_postgres_connection_pool().connect_options();
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .connect_lazy_with(options.as_ref().clone());
    let hints = Hints {
        engine,
        pool,
        own: Uuid::new_v4(),
    };
    tokio::join!(
        with_retries(|| listen(hints.clone())),
        with_retries(|| notify(hints.clone()))
    );
}

/// What one process works with.
#[derive(Clone)]
struct Hints {
    engine: Engine,
    pool: PgPool,
    /// What it calls itself, to pass over its own.
    own: Uuid,
}

/// Restarts after a failure, with a growing delay.
async fn with_retries<F: Future<Output = Result<(), Error>>>(work: impl Fn() -> F) {
    let mut delay = RETRY_DELAY;
    loop {
        let began = tokio::time::Instant::now();
        if let Err(error) = work().await {
            tracing::warn!(%error, "no hints between servers for now: they look once a second");
        }
        if began.elapsed() > MAX_RETRY_DELAY {
            delay = RETRY_DELAY;
        }
        sleep(delay).await;
        delay = (delay * 2).min(MAX_RETRY_DELAY);
    }
}

/// Wakes those who follow the tenants that other processes name.
async fn listen(hints: Hints) -> Result<(), Error> {
    let own = hints.own.to_string();
    let mut listener = PgListener::connect_with(&hints.pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let notification = match timeout(LONGEST_SILENCE, listener.try_recv()).await {
            Ok(notification) => notification?.ok_or(Error::PoolClosed)?,
            // Whether the connection still is one is seen by using it.
            Err(_) => {
                let asked = sqlx::query("SELECT 1").execute(&mut listener);
                timeout(LONGEST_ANSWER, asked)
                    .await
                    .map_err(|_| Error::PoolTimedOut)??;
                continue;
            }
        };
        let mut words = notification.payload().split(' ');
        if words.next() == Some(&own) {
            continue;
        }
        for tenant in words.filter_map(|word| word.parse().ok()) {
            hints.engine.wakes.hint(TenantId(tenant));
        }
    }
}

/// Tells the others which tenants committed here.
async fn notify(hints: Hints) -> Result<(), Error> {
    let (wakes, own) = (&hints.engine.wakes, hints.own);
    loop {
        wakes.committed().await;
        sleep(TICK).await;
        let tenants: Vec<TenantId> = wakes.take_committed().into_iter().collect();
        for some in tenants.chunks(MOST_TENANTS) {
            let named = some.iter().map(|tenant| format!(" {}", tenant.0));
            sqlx::query("SELECT pg_notify($1, $2)")
                .bind(CHANNEL)
                .bind(format!("{own}{}", named.collect::<String>()))
                .execute(&hints.pool)
                .await?;
        }
    }
}
