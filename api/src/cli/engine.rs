//! An engine over the database that a command names.

use std::path::Path;
use std::sync::Arc;

use tributary_domain::clock::SystemClock;
use tributary_domain::database::Database;
use tributary_domain::scope::Engine;
use tributary_migrations::{Migrator, MigratorTrait, pending};
use tributary_plugins::Sandbox;

use super::Failure;
use crate::config::{DatabaseSettings, DatabaseUrl};
use crate::rails;

/// Connects, and starts the sandbox. The directory of an SQLite file is made.
///
/// An SQLite database is brought up to date on the way: it is one machine's.
/// One that several servers share is for `tributary migrate` alone.
pub async fn open(settings: &DatabaseSettings) -> Result<Engine, Failure> {
    if settings.database_url.is_local() {
        return Ok(migrated(settings).await?.0);
    }
    up_to_date(connect(settings).await?, settings).await
}

/// The same for trying things out: a database without a schema is given one.
pub async fn open_or_make(settings: &DatabaseSettings) -> Result<Engine, Failure> {
    let engine = connect(settings).await?;
    let steps = pending(&engine.db).await?;
    if settings.database_url.is_local() || steps == Migrator::migrations().len() {
        apply(&engine, steps).await?;
    }
    up_to_date(engine, settings).await
}

async fn up_to_date(engine: Engine, settings: &DatabaseSettings) -> Result<Engine, Failure> {
    match pending(&engine.db).await? {
        0 => Ok(engine),
        steps => Err(format!(
            "{} is {steps} steps behind this program: run `tributary migrate` first",
            settings.database_url
        )
        .into()),
    }
}

/// Connects and brings the schema up to date; says how many steps that took.
pub async fn migrated(settings: &DatabaseSettings) -> Result<(Engine, usize), Failure> {
    let engine = connect(settings).await?;
    let steps = pending(&engine.db).await?;
    apply(&engine, steps).await?;
    Ok((engine, steps))
}

/// Also where there is nothing to do, the migrator would refuse a newer schema.
async fn apply(engine: &Engine, steps: usize) -> Result<(), Failure> {
    match steps {
        0 => Ok(()),
        _ => Ok(Migrator::up(&*engine.db, None).await?),
    }
}

async fn connect(settings: &DatabaseSettings) -> Result<Engine, Failure> {
    let url = &settings.database_url;
    let directory = url.file().and_then(|file| Path::new(file).parent());
    if let Some(directory) = directory.filter(|directory| !directory.as_os_str().is_empty()) {
        std::fs::create_dir_all(directory)
            .map_err(|error| format!("{} cannot be made: {error}", directory.display()))?;
    }
    let db = Database::connect(url.expose(), settings.database_connections)
        .await
        .map_err(|error| format!("{url} cannot be opened: {}", cause(&error, url)))?;
    tracing::info!(database = %url, "connected");
    let sandbox = Arc::new(Sandbox::new()?);
    Ok(Engine::new(
        db,
        sandbox,
        rails::all(),
        Arc::new(SystemClock),
    ))
}

/// The driver's own words, without the address, should they repeat it.
fn cause(error: &tributary_domain::error::Error, url: &DatabaseUrl) -> String {
    let source = std::error::Error::source(error);
    let text = source.map_or_else(|| error.to_string(), ToString::to_string);
    text.replace(url.expose(), "the database")
}
