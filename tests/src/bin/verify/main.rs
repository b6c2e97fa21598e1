//! `cargo verify`: everything that must hold before a change is merged, in
//! one command and with nothing to set up first. It stops at the first step that
//! fails; the tests all run. Built on the standard library alone, so it is
//! there in a second.

mod disks;
mod postgres;
mod steps;
mod toolchain;

use std::process::{Command, ExitCode};

use postgres::URL_VARIABLE;
use steps::{attempt, heading, step};

fn main() -> ExitCode {
    match verify() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("\nverify stopped: {reason}");
            ExitCode::FAILURE
        }
    }
}

/// The steps, the quick ones first. The tests come last and are followed by
/// nothing, so that their own count closes the output.
fn verify() -> Result<(), String> {
    step("Toolchain", toolchain::ensure)?;
    step("Formatting", || cargo(&["fmt", "--all", "--check"], None))?;
    step("Lints", || {
        cargo(
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-D",
                "warnings",
            ],
            None,
        )
    })?;
    step("Lints of what is in rules alone", lint_rules)?;
    let server = step("PostgreSQL", postgres::provide)?;
    step("Documentation examples", || {
        cargo(
            &["test", "--workspace", "--locked", "--doc"],
            Some(server.url()),
        )
    })?;
    heading("Tests");
    let mut tests = vec![
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--tests",
    ];
    let mut skipped = Vec::new();
    if let Some(names) = server.untestable() {
        println!("    without {names}…: there is no PostgreSQL here to start");
        skipped.push(names);
    }
    if !disks::can_mount() {
        println!(
            "    without …{}…: mounting a small disk takes root",
            disks::TESTS
        );
        skipped.push(disks::TESTS);
    }
    tests.push("--");
    for names in skipped {
        tests.extend(["--skip", names]);
    }
    cargo(&tests, Some(server.url()))
}

/// The worked example's allocator and exports, the only unsafe code, are
/// compiled for that target and no other.
fn lint_rules() -> Result<(), String> {
    if !toolchain::has_rule_target() {
        println!("    not linted: the linter has no standard library for it");
        return Ok(());
    }
    cargo(
        &[
            "clippy",
            "--package",
            "tiered-accelerator",
            "--target",
            toolchain::RULE_TARGET,
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
        None,
    )
}

/// Runs cargo, telling the tests where PostgreSQL is.
fn cargo(arguments: &[&str], postgres_url: Option<&str>) -> Result<(), String> {
    let mut command = Command::new("cargo");
    command.args(arguments);
    if let Some(url) = postgres_url {
        command.env(URL_VARIABLE, url);
    }
    attempt(&mut command)
}
