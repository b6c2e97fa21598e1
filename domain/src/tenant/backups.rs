//! Copies of an SQLite database: written while it is in use, and verified.

use std::path::Path;
use std::sync::Arc;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteLockingMode};
use sea_orm::sqlx::{self, ConnectOptions, Connection, Row, SqliteConnection};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, RuntimeErr, Statement};

use crate::database::Database;
use crate::error::{Error, Result, is_contention};

/// What a whole database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Tenants.
    pub tenants: i64,
    /// Events of all tenants.
    pub events: i64,
}

/// Writes the database as it is at one moment to a file that is empty or not there.
/// Others go on reading and writing meanwhile.
///
/// # Errors
/// Where the file cannot be written; what is there of it is then no database.
pub async fn copy(db: &Database, to: &Path) -> Result<()> {
    let to = to
        .to_str()
        .ok_or_else(|| Error::invalid("to", "the path is not UTF-8"))?;
    let sql = "VACUUM INTO ?";
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [to.into()]);
    db.execute_raw(statement).await?;
    Ok(())
}

/// Statements that find something in a database which is not whole, and what.
const FAULTS: &[(&str, &str)] = &[
    (
        "SELECT 1 FROM pragma_foreign_key_check LIMIT 1",
        "a row refers to one that is missing",
    ),
    (
        "SELECT 1 FROM tenant t WHERE t.last_position <> (
            SELECT COUNT(*) FROM event e WHERE e.tenant_id = t.id
        ) OR t.last_position <> (
            SELECT COALESCE(MAX(e.position), 0) FROM event e WHERE e.tenant_id = t.id
        ) LIMIT 1",
        "a tenant's log has gaps",
    ),
    (
        "SELECT 1 FROM entry GROUP BY tenant_id, position, currency
         HAVING SUM(amount_minor) <> 0 LIMIT 1",
        "a ledger transaction does not balance",
    ),
];

/// Looks through a database that nobody uses: its pages and indexes, what its rows
/// refer to, that no tenant's log has a gap, and that every ledger transaction
/// balances.
///
/// # Errors
/// [`Error::Invalid`] with what is wrong, where it is not whole or none of ours.
pub async fn verify(file: &Path) -> Result<Contents> {
    // Immutable: nothing is written beside it, not even for reading.
    let options = SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .immutable(true);
    let mut connection = options.connect().await.map_err(unreadable)?;
    let found = look(&mut connection).await;
    connection.close().await.map_err(unreadable)?;
    found
}

async fn look(connection: &mut SqliteConnection) -> Result<Contents> {
    let pages: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut *connection)
        .await
        .map_err(unreadable)?;
    if pages != "ok" {
        return Err(Error::invalid("from", format!("it is damaged: {pages}")));
    }
    let tables = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'
                  AND name IN ('tenant', 'event', 'entry', 'seaql_migrations')";
    let tables: i64 = sqlx::query_scalar(tables)
        .fetch_one(&mut *connection)
        .await
        .map_err(unreadable)?;
    if tables != 4 {
        return Err(Error::invalid("from", "it is no database of this program"));
    }
    for (sql, what) in FAULTS {
        let found = sqlx::query(*sql).fetch_optional(&mut *connection).await;
        if found.map_err(unreadable)?.is_some() {
            return Err(Error::invalid("from", *what));
        }
    }
    let counts = sqlx::query("SELECT (SELECT COUNT(*) FROM tenant), (SELECT COUNT(*) FROM event)")
        .fetch_one(&mut *connection)
        .await
        .map_err(unreadable)?;
    Ok(Contents {
        tenants: counts.try_get(0).map_err(unreadable)?,
        events: counts.try_get(1).map_err(unreadable)?,
    })
}

/// A database that nobody else has open, kept so until it is let go.
pub struct Alone(SqliteConnection);

impl Alone {
    /// Takes the database of a file. `None` where somebody has it open.
    ///
    /// # Errors
    /// Where it cannot be opened, as one that is damaged.
    pub async fn take(file: &Path) -> Result<Option<Self>> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .locking_mode(SqliteLockingMode::Exclusive)
            .busy_timeout(std::time::Duration::ZERO);
        let alone = async {
            let mut connection = options.connect().await?;
            // A connection in this mode keeps the lock when the transaction ends.
            sqlx::query("BEGIN EXCLUSIVE")
                .execute(&mut connection)
                .await?;
            sqlx::query("ROLLBACK").execute(&mut connection).await?;
            Ok(connection)
        };
        match alone.await.map_err(failure) {
            Ok(connection) => Ok(Some(Self(connection))),
            Err(error) if is_contention(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Folds what is beside the file into it, so that it is one file.
    ///
    /// # Errors
    /// Those of the disk.
    pub async fn fold(&mut self) -> Result<()> {
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode = DELETE")
            .fetch_one(&mut self.0)
            .await
            .map_err(failure)?;
        if mode == "delete" {
            Ok(())
        } else {
            Err(Error::broken(format!("the journal is still {mode}")))
        }
    }

    /// Lets others open it.
    ///
    /// # Errors
    /// Those of the disk.
    pub async fn let_go(self) -> Result<()> {
        Ok(self.0.close().await.map_err(failure)?)
    }
}

fn failure(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

fn unreadable(error: sqlx::Error) -> Error {
    Error::invalid("from", format!("it cannot be read: {error}"))
}
