//! Opening the database, as each of the two needs it, and whether it can be
//! written to.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::sqlx::pool::PoolConnectionMetadata;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection, SqliteConnection};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, Statement,
};
use tokio::time::timeout;

use crate::error::{Error, Result};

/// How long a request waits for a connection before it is told to try again.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long SQLite waits for the write lock of another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long [`Database::probe`] waits for each of its answers.
const PROBE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// The file that the address of an SQLite database names. `None` where the database
/// is in memory or on a server.
///
/// # Errors
///
/// [`Error::Unavailable`] where the address cannot be read.
pub fn file(url: &str) -> Result<Option<PathBuf>> {
    if !url.starts_with("sqlite:") || url.contains(":memory:") || url.contains("mode=memory") {
        return Ok(None);
    }
    let options: SqliteConnectOptions = url
        .parse()
        .map_err(|error| Error::from(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))))?;
    Ok(Some(options.get_filename().to_owned()))
}

/// A pool of connections, and what is known of their state.
#[derive(Clone)]
pub struct Database {
    connection: DatabaseConnection,
    /// The file of an SQLite database, as it was when it was opened.
    file: Option<Arc<DatabaseFile>>,
    suspect: Suspect,
}

impl std::ops::Deref for Database {
    type Target = DatabaseConnection;

    fn deref(&self) -> &DatabaseConnection {
        &self.connection
    }
}

impl Database {
    /// Opens a pool of at most `connections`. The file of an SQLite database is
    /// made if it is not there.
    ///
    /// SQLite gets a write-ahead log, so that readers do not wait for the writer,
    /// and full synchronisation, because an acknowledged command must survive a
    /// power cut.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] where the database cannot be reached or opened.
    pub async fn connect(url: &str, connections: u32) -> Result<Self> {
        let suspect = Suspect::default();
        let file = DatabaseFile::open(url)?.map(Arc::new);
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    // Made above: a pool that grows must not make another file.
                    .create_if_missing(false)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(BUSY_TIMEOUT)
            });
        suspect.watch(&mut options);
        let mut connection = sea_orm::Database::connect(options.clone()).await?;
        if !commits_are_durable(&connection).await? {
            tracing::warn!("synchronous_commit is off: it is turned on for this program");
            connection.close().await?;
            options.map_sqlx_postgres_opts(|pg| pg.options([("synchronous_commit", "on")]));
            connection = sea_orm::Database::connect(options).await?;
        }
        let database = Self {
            connection,
            file,
            suspect,
        };
        database.warn_of_role().await?;
        Ok(database)
    }

    /// Closes every connection, also of clones.
    ///
    /// # Errors
    ///
    /// Where one does not close.
    pub async fn close(&self) -> Result<()> {
        Ok(self.connection.clone().close().await?)
    }

    /// Discards every pooled connection once it is given back: one of them
    /// failed to commit, and may not be in the state that it seems to be in.
    pub(crate) fn discard_connections(&self) {
        self.suspect.mark();
    }

    /// Fails if the file of an SQLite database was removed or replaced since it
    /// was opened: what is written to it is lost at the next start.
    pub(crate) fn check_file(&self) -> Result<()> {
        match self.file.as_deref().map(DatabaseFile::is_in_place) {
            None | Some(true) => Ok(()),
            Some(false) => Err(unavailable("the database file was removed or replaced")),
        }
    }

    /// Whether a write can be committed now. Waits for at most a few seconds.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] where it cannot.
    pub async fn probe(&self) -> Result<()> {
        self.check_file()?;
        let backend = self.get_database_backend();
        // SQLite writes as much as a large command, which a nearly full disk
        // refuses before it refuses a small one.
        let filling = match backend {
            DbBackend::Sqlite => ", filling = randomblob(65536)",
            _ => "",
        };
        let sql = format!("UPDATE write_probe SET count = count + 1{filling} WHERE id = 1");
        let written = self.execute_raw(Statement::from_string(backend, sql));
        match timeout(PROBE_TIMEOUT, written).await {
            Ok(written) => match written?.rows_affected() {
                1 => Ok(()),
                _ => Err(Error::broken("the row that is written to is missing")),
            },
            Err(_) => Err(unavailable("the database does not answer in time")),
        }
    }

    /// Warns of a role of PostgreSQL for which the second fence is down.
    async fn warn_of_role(&self) -> Result<()> {
        let sql = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
        if is_true(self, sql).await? {
            tracing::warn!("this database role bypasses row-level security: use a plain one");
        }
        Ok(())
    }
}

/// Whether PostgreSQL answers a commit when it is durable, as SQLite is told to: a crash
/// must not lose what was acknowledged.
async fn commits_are_durable(connection: &DatabaseConnection) -> Result<bool> {
    let is_off = "SELECT current_setting('synchronous_commit') = 'off'";
    Ok(!is_true(connection, is_off).await?)
}

/// Asks PostgreSQL something; on SQLite nothing is asked, and the answer is no.
async fn is_true(connection: &DatabaseConnection, sql: &str) -> Result<bool> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(false);
    }
    let asked = Statement::from_string(DbBackend::Postgres, sql);
    let Some(row) = connection.query_one_raw(asked).await? else {
        return Ok(false);
    };
    Ok(row.try_get_by_index::<Option<bool>>(0)?.unwrap_or_default())
}

fn unavailable(what: &str) -> Error {
    Error::Unavailable(DbErr::Conn(RuntimeErr::Internal(what.to_owned())))
}

/// The file of an SQLite database.
struct DatabaseFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl DatabaseFile {
    /// The file that an address names, made if it is missing. `None` where the
    /// database is in memory or on a server.
    fn open(url: &str) -> Result<Option<Self>> {
        let Some(path) = file(url)? else {
            return Ok(None);
        };
        let failed = |error: std::io::Error| {
            Error::from(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(
                sqlx::Error::Io(error),
            ))))
        };
        if !path.exists() {
            std::fs::File::create(&path).map_err(failed)?;
        }
        let identity = identity(&path).map_err(failed)?;
        Ok(Some(Self { path, identity }))
    }

    fn is_in_place(&self) -> bool {
        identity(&self.path).is_ok_and(|identity| identity == self.identity)
    }
}

/// What tells a file from another one at the same path.
fn identity(path: &std::path::Path) -> std::io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}

/// Since when connections are not to be trusted.
#[derive(Clone, Default)]
struct Suspect(Arc<Mutex<Option<Instant>>>);

impl Suspect {
    /// Every connection opened up to now is discarded.
    fn mark(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age may be used.
    fn trusts(&self, age: Duration) -> bool {
        let marked = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marked.is_none_or(|marked| marked.elapsed() > age)
    }

    /// Keeps connections that are suspect, or in a transaction that never ended,
    /// out of the pool, and from whoever asks for one.
    ///
    /// A driver that counts nested transactions takes the next one on such a
    /// connection for an inner one, whose commit makes nothing durable.
    fn watch(&self, options: &mut ConnectOptions) {
        let (released, acquired) = (self.clone(), self.clone());
        options.map_sqlx_sqlite_pool_opts(move |pool| {
            let suspect = released.clone();
            pool.after_release(move |connection, meta| suspect.settled(connection, meta))
        });
        options.map_sqlx_sqlite_before_acquire(move |connection, meta| {
            acquired.is_clean(connection, meta)
        });
        let (released, acquired) = (self.clone(), self.clone());
        options.map_sqlx_postgres_pool_opts(move |pool| {
            let suspect = released.clone();
            pool.after_release(move |connection, meta| suspect.is_clean(connection, meta))
        });
        options.map_sqlx_postgres_before_acquire(move |connection, meta| {
            acquired.is_clean(connection, meta)
        });
    }

    fn is_clean<'c, C: Connection>(
        &self,
        connection: &'c mut C,
        meta: PoolConnectionMetadata,
    ) -> BoxFuture<'c, Result<bool, sqlx::Error>> {
        let clean = self.trusts(meta.age) && !connection.is_in_transaction();
        std::future::ready(Ok(clean)).boxed()
    }

    /// The same of a connection to SQLite, whose own thread may still have a
    /// rollback to do: it answers once that is done.
    fn settled<'c>(
        &self,
        connection: &'c mut SqliteConnection,
        meta: PoolConnectionMetadata,
    ) -> BoxFuture<'c, Result<bool, sqlx::Error>> {
        let trusted = self.trusts(meta.age);
        async move {
            connection.ping().await?;
            Ok(trusted && !connection.is_in_transaction())
        }
        .boxed()
    }
}
