//! The `tributary` program.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use mimalloc::MiMalloc;
use tokio::runtime::Runtime;
use tributary_api::cli::{Cli, run};

/// Answers are built of many small values, made and dropped on several threads at once.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What is still being written when a command is done, a rollback for one.
const LEFT_TO_FINISH: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("tributary: threads cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(cli));
    // Nothing that still runs keeps the process.
    runtime.shutdown_timeout(LEFT_TO_FINISH);
    code
}
