//! The command line: one module per command.

pub mod backup;
mod demo;
mod engine;
mod key;
mod keyring;
mod plugin;
mod publish;
pub mod restore;
mod serve;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use tributary_domain::tenant::positions;

use crate::config::{DatabaseSettings, LogSettings};
use crate::telemetry;

/// What a command ends with. Its text is for a person at a terminal.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The engine behind B2B partner programs.
///
/// Settings have an environment variable, which is shown beside them.
#[derive(Parser)]
#[command(name = "tributary", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    log: LogSettings,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API until interrupted
    Serve(serve::Serve),
    /// Bring the database's schema up to date
    Migrate {
        #[command(flatten)]
        database: DatabaseSettings,
    },
    Demo(demo::Demo),
    /// Print the GraphQL schema
    Schema,
    /// Create API keys
    #[command(subcommand)]
    Key(key::Key),
    /// Keep the keys that seal secrets at rest
    #[command(subcommand)]
    Keyring(keyring::KeyringCommand),
    /// Write a verified copy of an SQLite database, also while a server uses it
    Backup(backup::Backup),
    /// Put a backup of an SQLite database in its place
    Restore(restore::Restore),
    /// Tell clients that the database was restored by other means
    ///
    /// Positions in the log that were told since the backup are refused from then on.
    /// Run it after PostgreSQL was restored, before the servers start.
    Restored {
        #[command(flatten)]
        database: DatabaseSettings,
    },
    /// Build, check and try rules in WebAssembly
    #[command(subcommand)]
    Plugin(plugin::Plugin),
}

/// Runs the command that the arguments name.
pub async fn run(cli: Cli) -> ExitCode {
    let usual = match cli.command {
        Command::Demo(_) => "warn",
        _ => "info",
    };
    let done = match telemetry::start(&cli.log, usual) {
        Ok(()) => dispatch(cli.command).await,
        Err(failure) => Err(failure),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tributary: {}", chain(failure.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(serve) => serve.run().await,
        Command::Migrate { database } => {
            let steps = engine::migrate(&database).await?;
            println!("{}: {steps} steps applied", database.database_url);
            Ok(())
        }
        Command::Demo(demo) => demo.run().await,
        Command::Schema => {
            println!("{}", tributary_graphql::sdl(&tributary_graphql::schema()));
            Ok(())
        }
        Command::Key(key) => key.run().await,
        Command::Keyring(keyring) => keyring.run().await,
        Command::Backup(backup) => backup.run().await,
        Command::Restore(restore) => restore.run().await,
        Command::Restored { database } => {
            let db = engine::connect(&database).await?;
            engine::refuse_if_behind(&db, &database).await?;
            let tenants = positions::begin_epochs(&engine::without_secrets(db)?).await?;
            println!("{tenants} logs begin a new epoch");
            Ok(())
        }
        Command::Plugin(plugin) => plugin.run().await,
    }
}

/// A failure with what caused it, on one line.
fn chain(failure: &(dyn std::error::Error + 'static)) -> String {
    let mut text = failure.to_string();
    let mut source = failure.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// The bytes of a file.
fn read(path: &Path) -> Result<Arc<[u8]>, Failure> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes.into()),
        Err(error) => Err(format!("{}: {error}", path.display()).into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_and_option_explains_itself() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {argument}",
                    command.get_name()
                );
            }
            command.get_subcommands().for_each(check);
        }
        let command = Cli::command();
        command.clone().debug_assert();
        check(&command);
    }

    #[test]
    fn no_help_shows_the_environments_secrets() {
        let mut command = Cli::command();
        let serve = command.find_subcommand_mut("serve").unwrap();
        let secret = serve
            .get_arguments()
            .find(|argument| argument.get_id() == "database_url");
        assert!(secret.unwrap().is_hide_env_values_set());
    }
}
