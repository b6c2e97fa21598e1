//! Where the keys come from that seal secrets at rest.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tributary_domain::keyring::Keyring;

use crate::config::DatabaseSettings;
use crate::files;

/// Holds the keys themselves, by commas; a command line would show them to others.
const KEYS_VARIABLE: &str = "TRIBUTARY_KEYRING";

/// What is said where keys are needed and none were given.
const HOW: &str = "run `tributary keyring new > keyring`, keep that file as you keep the \
     database's password, and name it with --keyring-file";

/// The file of keys that a command works with: the one that was named, or the one
/// beside an SQLite database. `None` where the environment holds the keys, and
/// where the database is kept in memory.
pub fn file(settings: &DatabaseSettings) -> Option<PathBuf> {
    if env::var_os(KEYS_VARIABLE).is_some() {
        return None;
    }
    settings.keyring_file.clone().or_else(|| {
        let database = settings.database_url.file()?;
        Some(files::beside(&database, ".keyring"))
    })
}

/// Opens the keyring of a database. Beside a new SQLite database a file with a new
/// key is made; `holds_secrets` tells whether the database was sealed with keys
/// that must be somewhere.
///
/// # Errors
/// Says what to do where there are no keys, or none that can be read.
pub fn open(settings: &DatabaseSettings, holds_secrets: bool) -> Result<Keyring, String> {
    if let Ok(keys) = env::var(KEYS_VARIABLE) {
        return Keyring::parse(&keys).map_err(|reason| format!("{KEYS_VARIABLE}: {reason}"));
    }
    let Some(file) = file(settings) else {
        if settings.database_url.is_local() {
            // Kept in memory: the keys end with what they seal.
            return new_key().and_then(|key| Keyring::parse(&key));
        }
        return Err(format!("there are no keys to seal secrets with: {HOW}"));
    };
    if !file.exists() {
        if settings.keyring_file.is_some() || holds_secrets {
            let file = file.display();
            return Err(format!(
                "{file} is missing, without which partners cannot be paid: put it back; \
                 for a new database, {HOW}"
            ));
        }
        match files::write_new(&file, &new_key()?) {
            Ok(()) => tracing::info!(
                file = %file.display(),
                "made a keyring; back it up apart from the database"
            ),
            // Another process that starts now made it.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(format!("{} cannot be written: {error}", file.display())),
        }
    }
    Keyring::open_file(&file).map_err(|reason| format!("{}: {reason}", file.display()))
}

/// Puts a new key first in a file of keys, so that it seals from now on.
///
/// # Errors
/// Where the file cannot be read or written; then it is as it was.
pub fn add_key(file: &Path) -> Result<(), String> {
    let old = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Keyring::parse(&old).map_err(|reason| format!("{}: {reason}", file.display()))?;
    files::replace(file, &format!("{}{old}", new_key()?))
        .map_err(|error| format!("{} cannot be written: {error}", file.display()))
}

/// The line of a new key.
///
/// # Errors
/// Where the operating system has no randomness.
pub fn new_key() -> Result<String, String> {
    let key = Keyring::new_key().map_err(|error| format!("{error:?}"))?;
    Ok(format!("{}\n", key.expose()))
}
