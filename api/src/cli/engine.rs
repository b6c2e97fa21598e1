//! An engine over the database that a command names.

use std::sync::Arc;

use tributary_domain::clock::SystemClock;
use tributary_domain::database::Database;
use tributary_domain::keyring::Keyring;
use tributary_domain::partner::payout_methods;
use tributary_domain::scope::Engine;
use tributary_migrations::{Migrator, MigratorTrait, pending};
use tributary_plugins::Sandbox;

use super::Failure;
use crate::config::{DatabaseSettings, DatabaseUrl};
use crate::{files, keyring};
use tributary_rails as rails;

/// Connects, and starts the sandbox. The directory of an SQLite file is made.
///
/// An SQLite database is brought up to date on the way: it is one machine's.
/// One that several servers share is for `tributary migrate` alone.
pub async fn open(settings: &DatabaseSettings) -> Result<Engine, Failure> {
    let db = connect(settings).await?;
    if settings.database_url.is_local() {
        apply(&db).await?;
    }
    engine(db, settings).await
}

/// The same for trying things out: a database without a schema is given one.
pub async fn open_or_make(settings: &DatabaseSettings) -> Result<Engine, Failure> {
    let db = connect(settings).await?;
    let is_new = pending(&db).await? == Migrator::migrations().len();
    if settings.database_url.is_local() || is_new {
        apply(&db).await?;
    }
    engine(db, settings).await
}

/// Brings the schema up to date; says how many steps that took.
pub async fn migrate(settings: &DatabaseSettings) -> Result<usize, Failure> {
    apply(&connect(settings).await?).await
}

/// Also where there is nothing to do, the migrator would refuse a newer schema.
pub async fn apply(db: &Database) -> Result<usize, Failure> {
    let steps = pending(db).await?;
    if steps > 0 {
        Migrator::up(&**db, None).await?;
    }
    Ok(steps)
}

/// An engine over a database that is up to date.
async fn engine(db: Database, settings: &DatabaseSettings) -> Result<Engine, Failure> {
    refuse_if_behind(&db, settings).await?;
    let holds_secrets = settings.database_url.is_local() && payout_methods::holds_any(&db).await?;
    let keyring = keyring::open(settings, holds_secrets)?;
    let sandbox = Arc::new(Sandbox::new()?);
    let clock = Arc::new(SystemClock);
    Ok(Engine::new(db, sandbox, rails::all(), clock, keyring))
}

/// Fails where the schema lacks steps that this program needs.
pub async fn refuse_if_behind(db: &Database, settings: &DatabaseSettings) -> Result<(), Failure> {
    match pending(db).await? {
        0 => Ok(()),
        steps => {
            let url = &settings.database_url;
            let message = "steps behind this program: run `tributary migrate` first";
            Err(format!("{url} is {steps} {message}").into())
        }
    }
}

/// An engine for work that seals and opens no secrets: its key is forgotten.
pub fn without_secrets(db: Database) -> Result<Engine, Failure> {
    let keyring = Keyring::parse(&keyring::new_key()?)?;
    let sandbox = Arc::new(Sandbox::new()?);
    let clock = Arc::new(SystemClock);
    Ok(Engine::new(db, sandbox, Vec::new(), clock, keyring))
}

/// Connects, whatever the schema is. The directory of an SQLite file is made.
pub async fn connect(settings: &DatabaseSettings) -> Result<Database, Failure> {
    let url = &settings.database_url;
    if let Some(file) = url.file() {
        let directory = files::directory(&file);
        std::fs::create_dir_all(directory)
            .map_err(|error| format!("{} cannot be made: {error}", directory.display()))?;
    }
    let db = Database::connect(url.expose(), settings.database_connections)
        .await
        .map_err(|error| format!("{url} cannot be opened: {}", cause(&error, url)))?;
    tracing::info!(database = %url, "connected");
    Ok(db)
}

/// The driver's own words, without the address, should they repeat it.
fn cause(error: &tributary_domain::error::Error, url: &DatabaseUrl) -> String {
    let source = std::error::Error::source(error);
    let text = source.map_or_else(|| error.to_string(), ToString::to_string);
    text.replace(url.expose(), "the database")
}
