//! `cargo verify`: everything that must hold before a change is merged, in
//! one command and with nothing to set up first. It stops at the first step that
//! fails; the tests all run. Built on the standard library alone, so it is
//! there in a second.

mod browser;
mod clients;
mod disks;
mod toolchain;

use std::env;
use std::process::{Command, ExitCode};
use std::thread;

use tributary_tests::postgres::{self, BACKUP_URL_VARIABLE, Server, URL_VARIABLE};
use tributary_tests::steps::{attempt, heading, step};
use tributary_tests::{OTHERS, STORIES};

/// How many stories are told at once.
const STORIES_AT_ONCE: &str = "--test-threads=8";

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
    step("Formatting", || {
        attempt(Command::new("cargo").args(["fmt", "--all", "--check"]))
    })?;
    step("Build and lints", || {
        let all = ["test", "--workspace", "--locked", "--no-run"];
        // What runs by name alone is not among all targets.
        [["--all-targets"].as_slice(), &["--test", "soak"]]
            .iter()
            .try_for_each(|which| cargo(&[&all, *which].concat(), None))
    })?;
    step("Lints of what is in rules alone", lint_rules)?;
    let server = step("PostgreSQL", postgres::provide)?;
    let has_browser = step("Browser", || Ok(browser::ensure()))?;
    let has_clients = step("Tools of users", clients::ensure)?;
    step("Documentation examples", || {
        cargo(&["test", "--workspace", "--locked", "--doc"], Some(&server))
    })?;
    heading("Tests");
    let mut skipped = Vec::new();
    for (names, why) in server.untestable() {
        println!("    without {names}…: {why}");
        skipped.push(names);
    }
    if !has_browser {
        println!("    without {}…: there is no Chromium", browser::TESTS);
        skipped.extend([browser::TESTS, clients::IN_A_BROWSER]);
    }
    if !has_clients {
        println!("    without {}…: the tools are not there", clients::TESTS);
        skipped.push(clients::TESTS);
    }
    if !disks::can_mount() {
        println!(
            "    without …{}…: mounting a small disk takes root",
            disks::TESTS
        );
        skipped.push(disks::TESTS);
    }
    let skips = skipped.iter().flat_map(|names| ["--skip", names]);
    let skips: Vec<&str> = skips.collect();
    // Compilers and browsers of users take both processors for minutes: stories that wait
    // for a server's answer are not told beside them.
    let tools = ["--test", "cli", "--", clients::TESTS, "--test-threads=1"];
    let tools = [tools.as_slice(), &skips].concat();
    // Stories mostly wait, for databases and servers: many are told at once, and the
    // other tests run beside them.
    let stories = [
        ["--test", STORIES].as_slice(),
        &["--", STORIES_AT_ONCE],
        &skips,
    ]
    .concat();
    let others = OTHERS.iter().flat_map(|name| ["--test", name]);
    let others: Vec<&str> = ["--lib", "--bins"].into_iter().chain(others).collect();
    let others = [&others, ["--", "--skip", clients::TESTS].as_slice(), &skips].concat();
    let run = |tests: &[&str]| {
        let all = ["test", "--workspace", "--locked", "--no-fail-fast"];
        cargo(&[all.as_slice(), tests].concat(), Some(&server))
    };
    thread::scope(|scope| {
        let stories = scope.spawn(|| run(&stories));
        let others = run(&others);
        let stories = stories.join();
        others.and(stories.unwrap_or(Err("the stories cannot be told".to_owned())))
    })?;
    run(&tools)
}

/// The worked example's allocator and exports, the only unsafe code, are
/// compiled for that target and no other.
fn lint_rules() -> Result<(), String> {
    if !toolchain::has_rule_target() {
        println!("    not linted: the linter has no standard library for it");
        return Ok(());
    }
    let mut command = Command::new("cargo");
    command.args(["clippy", "--locked", "--package", "tiered-accelerator"]);
    command.args(["--target", toolchain::RULE_TARGET, "--", "-D", "warnings"]);
    attempt(&mut command)
}

/// Lets the linter compile what is ours, as `cargo clippy -- -D warnings` lets it check
/// that: everything else is compiled once instead of checked and then compiled.
const LINTING: [&str; 4] = [
    "--config",
    "build.rustc-workspace-wrapper='clippy-driver'",
    "--config",
    "env.CLIPPY_ARGS='-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__'",
];

/// What cargo tells a program of its own package begins with these.
const OWN_VARIABLES: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];

/// Runs cargo with the linter, telling the tests where PostgreSQL is.
fn cargo(arguments: &[&str], postgres: Option<&Server>) -> Result<(), String> {
    let mut command = Command::new("cargo");
    command.args(LINTING).args(arguments);
    // What cargo says of this program makes build scripts run anew that look at it, here
    // and in the next build by hand.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if OWN_VARIABLES.iter().any(|own| name.starts_with(own)) {
            command.env_remove(&*name);
        }
    }
    if let Some(server) = postgres {
        command.env(URL_VARIABLE, server.url());
        if let Some(url) = server.backup_url() {
            command.env(BACKUP_URL_VARIABLE, url);
        }
    }
    attempt(&mut command)
}
