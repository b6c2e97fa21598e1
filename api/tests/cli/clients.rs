//! The tools of our users, as they are published, against a server in a process of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{Server, database, prints, token};

/// The origin of the example's pages, which the server has to allow.
const ORIGIN: &str = "http://127.0.0.1:4173";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs the tests of a folder against a new server with one tenant, as its owner.
fn pass(folder: &str, installed: &[&str], rule: Option<&Path>) {
    let tests = root().join("tests").join(folder);
    let is_there = installed.iter().all(|part| tests.join(part).is_dir());
    assert!(is_there, "{tests:?}: install what its README says");
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    let owner = ["key", "create", "--tenant", "Acme", "--person", "Ada"];
    let printed = prints(&[owner.as_slice(), &["--database-url", &database]].concat());
    let server = Server::start_with(&database, &["--allowed-origins", ORIGIN]);
    let mut npm = Command::new("npm");
    npm.args(["test", "--silent"])
        .current_dir(&tests)
        .env("TRIBUTARY_URL", format!("{}/graphql", server.url))
        .env("TRIBUTARY_KEY", token(&printed))
        .env("TRIBUTARY_SCHEMA", root().join("api/schema.graphql"));
    npm.envs(rule.map(|rule| ("TRIBUTARY_RULE", rule)));
    let output = npm.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("not ok"))
        .collect();
    assert!(output.status.success(), "{failed:#?}\n{said}");
}

#[test]
fn the_tools_of_users_work() {
    pass("clients", &["node_modules", ".venv"], None);
}

#[test]
fn the_example_works_in_a_browser() {
    let directory = tempfile::tempdir().unwrap();
    let rule = directory.path().join("rule.wasm");
    let source = root().join("plugin-sdk/examples/tiered-accelerator");
    let (source, out) = (source.to_str().unwrap(), rule.to_str().unwrap());
    prints(&["plugin", "build", source, "--output", out]);
    pass("examples", &["node_modules"], Some(&rule));
}
