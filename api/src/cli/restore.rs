//! `tributary restore`: a backup of an SQLite database takes its place.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use tributary_domain::clock::{Clock, SystemClock};
use tributary_domain::database::Database;
use tributary_domain::tenant::backups::{self, Alone};
use tributary_domain::tenant::positions;

use super::{Failure, backup, engine};
use crate::config::DatabaseSettings;
use crate::files;

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
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

impl Restore {
    /// Verifies the backup, makes it ready, and puts it in its place.
    ///
    /// # Errors
    /// For a person at a terminal; then what is there is as it was.
    pub async fn run(self) -> Result<(), Failure> {
        let from = &self.from;
        let to = &backup::local(&self.database)?;
        if files::beside(from, "-wal").exists() {
            let from = from.display();
            return Err(format!("{from} is a database in use, and no backup of one").into());
        }
        self.take(to).await?.let_go().await?;
        backups::verify(from).await?;
        fs::create_dir_all(files::directory(to))?;
        // Made ready beside its place: what is there is replaced at the last moment.
        let beside = tempfile::Builder::new()
            .prefix(".tributary-restore-")
            .tempdir_in(files::directory(to))?;
        let ready = beside.path().join("ready.db");
        fs::copy(from, &ready)?;
        fs::set_permissions(&ready, Permissions::from_mode(0o600))?;
        make_ready(&ready).await?;
        let contents = backups::verify(&ready).await?;
        files::sync(&ready)?;

        let mut place = self.take(to).await?;
        if to.exists() {
            place.fold().await;
            let aside = set_aside(to)?;
            println!("{}: what was there before", aside.display());
            fs::rename(&ready, to)?;
        } else {
            // A server that starts now makes a database of its own, and keeps it.
            fs::hard_link(&ready, to)?;
        }
        files::sync_directory(to)?;
        place.let_go().await?;
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

    /// Makes sure that the place is free, or may be taken, and that nobody else uses
    /// what is there.
    async fn take(&self, to: &Path) -> Result<Place, Failure> {
        let shown = to.display();
        if !to.exists() {
            return match BESIDE.iter().find(|end| files::beside(to, end).exists()) {
                Some(end) => {
                    Err(format!("{shown}{end} is left of a database: move it away").into())
                }
                None => Ok(Place(None)),
            };
        }
        if !self.replace {
            return Err(format!("{shown} is there already: say --replace").into());
        }
        match Alone::take(to).await {
            Ok(Some(alone)) => Ok(Place(Some(alone))),
            Ok(None) => Err(format!("{shown} is in use: stop the server first").into()),
            Err(error) => {
                tracing::warn!(
                    ?error,
                    "what is there cannot be opened, and is moved as it is"
                );
                Ok(Place(None))
            }
        }
    }
}

/// The place of a database, with what is there, if that can be opened.
struct Place(Option<Alone>);

impl Place {
    /// One file can be moved at once; but what is damaged may not fold.
    async fn fold(&mut self) {
        if let Some(alone) = &mut self.0
            && let Err(error) = alone.fold().await
        {
            tracing::warn!(?error, "what is there is moved as it is");
        }
    }

    async fn let_go(self) -> Result<(), Failure> {
        if let Some(alone) = self.0 {
            alone.let_go().await?;
        }
        Ok(())
    }
}

/// Gives a database a second name, under which it stays when it is replaced.
fn set_aside(file: &Path) -> Result<PathBuf, Failure> {
    let now = SystemClock.now().to_string().replace([':', '.'], "");
    let aside = files::beside(file, &format!(".replaced-{now}"));
    fs::hard_link(file, &aside)?;
    for end in BESIDE {
        let part = files::beside(file, end);
        if part.exists() {
            fs::rename(&part, files::beside(&aside, end))?;
        }
    }
    Ok(aside)
}

/// Brings a copy to this program's schema, and begins a new epoch of every log.
async fn make_ready(file: &Path) -> Result<(), Failure> {
    let file_name = file.to_str().ok_or("the path is not UTF-8")?;
    let db = Database::connect(&address(file_name), 2).await?;
    engine::apply(&db).await?;
    positions::begin_epochs(&engine::without_secrets(db.clone())?).await?;
    db.close().await?;
    let mut alone = Alone::take(file).await?.ok_or("the copy is in use")?;
    alone.fold().await?;
    Ok(alone.let_go().await?)
}

/// The address of a file, whose name may have any characters.
fn address(file: &str) -> String {
    let escaped = file
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23");
    format!("sqlite://{escaped}")
}
