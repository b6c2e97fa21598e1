//! The parts of the Rust toolchain that a bare installation may lack.

use std::path::Path;
use std::process::Command;

use tributary_tests::steps::{attempt, output_of};

/// What rules are compiled to.
pub const RULE_TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure of the formatter, the linter and the target of the rules.
///
/// # Errors
/// When a component is missing and rustup cannot add it.
pub fn ensure() -> Result<(), String> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if output_of("cargo", &[subcommand, "--version"]).is_none() {
            println!("    adding {component}");
            attempt(Command::new("rustup").args(["component", "add", component]))
                .map_err(|reason| format!("`cargo {subcommand}` is missing. {reason}"))?;
        }
    }
    if !has_rule_target() {
        println!("    adding {RULE_TARGET}");
        // Not the end: what builds the rules may know a way round.
        if let Err(reason) = attempt(Command::new("rustup").args(["target", "add", RULE_TARGET])) {
            println!("    {reason}");
            println!("    Rules will be built with a standard library compiled from source, which");
            println!("    needs Debian's packages rustc-web, cargo-web, rust-web-src and lld.");
        }
    }
    Ok(())
}

/// Whether the toolchain itself compiles to it.
pub fn has_rule_target() -> bool {
    output_of(
        "rustc",
        &["--print", "target-libdir", "--target", RULE_TARGET],
    )
    .is_some_and(|directory| Path::new(&directory).is_dir())
}
