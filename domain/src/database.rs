//! Opening the database, as each of the two needs it.

use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement,
};

use crate::error::Result;

/// Opens a pool of at most `connections`.
///
/// SQLite gets a write-ahead log, so that readers do not wait for the writer,
/// full synchronisation, because an acknowledged event must survive a power
/// cut, and half a minute of patience for its one write lock.
pub async fn connect(url: &str, connections: u32) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(30))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(30))
        });
    let db = Database::connect(options).await?;
    warn_without_fence(&db).await?;
    Ok(db)
}

/// Row-level security binds neither superusers nor roles that bypass it. The
/// finders still keep tenants apart, but the second fence is down.
async fn warn_without_fence(db: &DatabaseConnection) -> Result<()> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let question = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    let row = db
        .query_one_raw(Statement::from_string(DbBackend::Postgres, question))
        .await?;
    if row.is_some_and(|row| row.try_get_by_index(0).unwrap_or(false)) {
        tracing::warn!("this database role bypasses row-level security: use a plain one");
    }
    Ok(())
}
