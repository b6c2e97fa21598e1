//! `cargo verify`: everything that must hold before a change is merged, in
//! one command and with nothing to set up first. It stops at the first step that
//! fails; the tests all run. Built on the standard library alone, so it is
//! there in a second.

mod browser;
mod disks;
mod toolchain;

use std::process::{Command, ExitCode};

use tributary_tests::postgres::{self, BACKUP_URL_VARIABLE, Server, URL_VARIABLE};
use tributary_tests::steps::{attempt, heading, step};

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
    let has_browser = step("Browser", || Ok(browser::ensure()))?;
    step("Documentation examples", || {
        cargo(&["test", "--workspace", "--locked", "--doc"], Some(&server))
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
    for (names, why) in server.untestable() {
        println!("    without {names}…: {why}");
        skipped.push(names);
    }
    if !has_browser {
        println!("    without {}…: there is no Chromium", browser::TESTS);
        skipped.push(browser::TESTS);
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
    cargo(&tests, Some(&server))
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
fn cargo(arguments: &[&str], postgres: Option<&Server>) -> Result<(), String> {
    let mut command = Command::new("cargo");
    command.args(arguments);
    if let Some(server) = postgres {
        command.env(URL_VARIABLE, server.url());
        if let Some(url) = server.backup_url() {
            command.env(BACKUP_URL_VARIABLE, url);
        }
    }
    attempt(&mut command)
}
