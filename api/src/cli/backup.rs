//! `tributary backup`: a verified copy of an SQLite database.

use std::path::PathBuf;

use clap::Args;
use tributary_domain::tenant::backups;

use super::{Failure, engine};
use crate::config::DatabaseSettings;
use crate::files;

/// `tributary backup`.
#[derive(Args)]
pub struct Backup {
    /// The file to write; there must be none
    #[arg(long)]
    pub to: PathBuf,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseSettings,
}

impl Backup {
    /// Writes the backup, verifies it, and gives it its name.
    ///
    /// # Errors
    /// For a person at a terminal; then there is no file of that name.
    pub async fn run(self) -> Result<(), Failure> {
        let to = &self.to;
        let file = local(&self.database)?;
        if !file.exists() {
            return Err(format!("there is no {}", file.display()).into());
        }
        if to.exists() {
            return Err(format!("{} is there already", to.display()).into());
        }
        let db = engine::connect(&self.database).await?;
        let unfinished = files::unfinished(to)?;
        backups::copy(&db, unfinished.path()).await?;
        db.close().await?;
        let contents = backups::verify(unfinished.path()).await?;
        files::finish_new(unfinished, to)?;
        println!(
            "{}: verified, {} tenants and {} events; keep the keyring too, and elsewhere",
            to.display(),
            contents.tenants,
            contents.events
        );
        Ok(())
    }
}

/// The file of an SQLite database.
///
/// # Errors
/// Where it is another database.
pub fn local(settings: &DatabaseSettings) -> Result<PathBuf, Failure> {
    let message = "this is for SQLite: PostgreSQL is backed up and restored by its own tools, \
                   with a role that reads every row (see the README)";
    settings.database_url.file().ok_or_else(|| message.into())
}
