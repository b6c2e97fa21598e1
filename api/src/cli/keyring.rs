//! `tributary keyring`: the keys that seal secrets at rest.

use clap::Subcommand;
use tributary_domain::tenant::sealing;

use super::{Failure, engine};
use crate::config::DatabaseSettings;
use crate::keyring;

#[derive(Subcommand)]
pub enum KeyringCommand {
    /// Print the line of a new key, for a keyring file or TRIBUTARY_KEYRING
    New,
    /// Put a new key first in the keyring file, and seal everything with it
    ///
    /// Servers that run read the file anew. Older keys stay in it: backups need them.
    Rotate {
        #[command(flatten)]
        database: DatabaseSettings,
    },
    /// Seal everything with the key that is first, as after an older key was replaced
    Seal {
        #[command(flatten)]
        database: DatabaseSettings,
    },
}

impl KeyringCommand {
    pub async fn run(self) -> Result<(), Failure> {
        let database = match self {
            Self::New => {
                print!("{}", keyring::new_key()?);
                return Ok(());
            }
            Self::Rotate { database } => {
                // Also sees to it that there is a file.
                engine::open(&database).await?;
                let file = keyring::file(&database).ok_or(
                    "TRIBUTARY_KEYRING holds the keys: put a new one first, restart every \
                     server, and run `tributary keyring seal`",
                )?;
                keyring::add_key(&file)?;
                database
            }
            Self::Seal { database } => database,
        };
        let engine = engine::open(&database).await?;
        let sealed = sealing::seal_anew(&engine).await?;
        println!("{sealed} secrets sealed with {}", engine.keyring.current()?);
        Ok(())
    }
}
