//! The `tributary` program.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    tributary_api::cli::run(tributary_api::cli::Cli::parse()).await
}
