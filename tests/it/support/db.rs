//! A migrated database for each story, cloned from a template that is migrated
//! once per run of this binary.

use std::any::Any;
use std::path::Path;

use sea_orm::{ConnectOptions, Database, DatabaseConnection};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tributary_migrations::Migrator;

use crate::support::keeper;

/// Connections in the pool of one story.
pub const POOL: u32 = 5;

/// Stories that may have a database at the same time. With [`POOL`], this
/// keeps a machine of many cores under the connection limit of PostgreSQL.
static SLOTS: Semaphore = Semaphore::const_new(12);

/// The migrated, empty SQLite database, byte for byte.
static SQLITE_TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();

/// The databases we support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// One file in a directory of its own.
    Sqlite,
    /// One database on the server named by [`keeper::URL_VARIABLE`].
    Postgres,
}

/// One story's database. Dropping it deletes it, whoever is still connected.
pub struct TestDatabase {
    /// Which of the two it is.
    pub backend: Backend,
    /// Where to connect, as the server's configuration takes it.
    pub url: String,
    /// Deletes the database when dropped.
    _home: Box<dyn Any + Send + Sync>,
    _slot: SemaphorePermit<'static>,
}

/// A fresh database, migrated and empty, once there is a free slot for it.
///
/// # Panics
/// If the database cannot be made; for PostgreSQL also, in one clear sentence,
/// if there is no server to make it on.
pub async fn fresh(backend: Backend) -> TestDatabase {
    let slot = SLOTS.acquire().await.expect("the slots are never closed");
    let (url, home): (String, Box<dyn Any + Send + Sync>) = match backend {
        Backend::Sqlite => {
            let template = SQLITE_TEMPLATE.get_or_init(sqlite_template).await;
            let directory = directory();
            let file = directory.path().join("tributary.db");
            std::fs::write(&file, template).expect("the temporary directory is writable");
            (sqlite_url(&file), Box::new(directory))
        }
        Backend::Postgres => {
            let made = tokio::task::spawn_blocking(keeper::create).await;
            let database = made.expect("the keeper does not panic");
            let database = database.unwrap_or_else(|reason| panic!("{reason}"));
            (database.url.clone(), Box::new(database))
        }
    };
    TestDatabase {
        backend,
        url,
        _home: home,
        _slot: slot,
    }
}

impl TestDatabase {
    /// A pool of our own, to look behind the server's back.
    pub async fn connect(&self) -> DatabaseConnection {
        connect(&self.url)
            .await
            .expect("a fresh database accepts connections")
    }
}

/// Brings the database at `url` to the newest schema, and lets go of it.
pub async fn migrate(url: &str) -> Result<(), sea_orm::DbErr> {
    let connection = connect(url).await?;
    Migrator::up(&connection, None).await?;
    connection.close().await
}

/// A migrated SQLite database at a path of its own.
pub async fn sqlite_at(file: &Path) -> String {
    let template = SQLITE_TEMPLATE.get_or_init(sqlite_template).await;
    std::fs::write(file, template).expect("the path is writable");
    sqlite_url(file)
}

/// A pool of our own to any database.
pub async fn connect(url: &str) -> Result<DatabaseConnection, sea_orm::DbErr> {
    Database::connect(ConnectOptions::new(url).max_connections(POOL).to_owned()).await
}

async fn sqlite_template() -> Vec<u8> {
    let directory = directory();
    let file = directory.path().join("template.db");
    migrate(&sqlite_url(&file))
        .await
        .expect("migrations run on SQLite");
    std::fs::read(&file).expect("the migrated database is one file")
}

fn directory() -> TempDir {
    TempDir::with_prefix("tributary-story-").expect("the temporary directory is writable")
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}
