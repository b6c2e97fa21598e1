//! `tributary restore`: a backup of an SQLite database takes its place.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use tributary_domain::backups;
use tributary_domain::clock::{Clock, SystemClock};
use tributary_domain::database::Database;
use tributary_domain::keyring::Keyring;
use tributary_domain::positions;
use tributary_domain::scope::Engine;
use tributary_plugins::Sandbox;

use super::{Failure, backup, engine};
use crate::config::DatabaseSettings;
use crate::{files, keyring};

/// `tributary restore`.
#[derive(Args)]
pub struct Restore {
    /// The file that `tributary backup` wrote
    #[arg(long)]
    pub from: PathBuf,
    /// Put it in the place of the database that is there, which is kept beside it
    #[arg(long)]
    pub replace: bool,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseSettings,
}

/// What SQLite keeps beside the file of a database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

impl Restore {
    /// Verifies the backup, makes it ready, and puts it in its place.
    ///
    /// # Errors
    /// For a person at a terminal; then what is there is as it was.
    pub async fn run(self) -> Result<(), Failure> {
        let from = &self.from;
        let to = Path::new(backup::local(&self.database)?);
        if files::beside(from, "-wal").exists() {
            let from = from.display();
            return Err(format!("{from} is a database in use, and no backup of one").into());
        }
        self.refuse_if_in_use(to).await?;
        backups::verify(from).await?;
        if let Some(directory) = to.parent() {
            fs::create_dir_all(directory)?;
        }
        // Made ready beside its place: what is there is replaced at the last moment.
        let ready = files::beside(to, ".restoring");
        for suffix in ["", "-wal", "-shm", "-journal"] {
            files::remove(&files::beside(&ready, suffix))?;
        }
        std::io::copy(&mut fs::File::open(from)?, &mut files::create(&ready)?)?;
        make_ready(&ready).await?;
        let contents = backups::verify(&ready).await?;
        files::sync(&ready)?;
        self.refuse_if_in_use(to).await?;
        if to.exists() {
            // One file can be moved at once; a damaged database may not fold.
            if let Err(error) = backups::fold(to).await {
                tracing::warn!(?error, "the database to replace is moved as it is");
            }
            let now = SystemClock.now().to_string().replace([':', '.'], "");
            let aside = files::beside(to, &format!(".replaced-{now}"));
            for suffix in ["", "-wal", "-shm"] {
                let file = files::beside(to, suffix);
                if file.exists() {
                    fs::rename(&file, files::beside(&aside, suffix))?;
                }
            }
            println!("{}: what was there before", aside.display());
        }
        for suffix in BESIDE {
            files::remove(&files::beside(to, suffix))?;
        }
        fs::rename(&ready, to)?;
        files::sync_directory(to)?;
        println!(
            "{}: restored, {} tenants and {} events",
            to.display(),
            contents.tenants,
            contents.events
        );
        println!(
            "Before a payout run is approved, compare with what the rails paid since the backup: \
             this database does not know of it."
        );
        Ok(())
    }

    async fn refuse_if_in_use(&self, to: &Path) -> Result<(), Failure> {
        let shown = to.display();
        if !to.exists() {
            return Ok(());
        }
        if !self.replace {
            return Err(format!("{shown} is there already: say --replace").into());
        }
        if backups::is_in_use(to).await? {
            return Err(format!("{shown} is in use: stop the server first").into());
        }
        Ok(())
    }
}

/// Brings a copy to this program's schema, and begins a new epoch of every log.
async fn make_ready(file: &Path) -> Result<(), Failure> {
    let db = Database::connect(&format!("sqlite://{}", file.display()), 2).await?;
    engine::apply(&db).await?;
    // Nothing is sealed or opened on the way.
    let keyring = Keyring::parse(&keyring::new_key()?)?;
    let sandbox = Arc::new(Sandbox::new()?);
    let clock = Arc::new(SystemClock);
    let engine = Engine::new(db.clone(), sandbox, Vec::new(), clock, keyring);
    positions::begin_epochs(&engine).await?;
    drop(engine);
    db.close().await?;
    backups::fold(file).await?;
    Ok(())
}
