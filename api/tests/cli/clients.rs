//! The tools of our users, as they are published, against a server in a process of its own.

use std::path::Path;
use std::process::Command;

use crate::program::{Server, database, prints, token};

#[test]
fn the_tools_of_users_work() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = root.join("../tests/clients");
    let installed = tests.join("node_modules").is_dir() && tests.join(".venv").is_dir();
    assert!(installed, "{tests:?}: install what its README says");
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    let owner = ["key", "create", "--tenant", "Acme", "--person", "Ada"];
    let printed = prints(&[owner.as_slice(), &["--database-url", &database]].concat());
    let server = Server::start(&database);
    let output = Command::new("npm")
        .args(["test", "--silent"])
        .current_dir(&tests)
        .env("TRIBUTARY_URL", format!("{}/graphql", server.url))
        .env("TRIBUTARY_KEY", token(&printed))
        .env("TRIBUTARY_SCHEMA", root.join("schema.graphql"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = said.lines().filter(|line| line.contains("not ok"));
    let failed: Vec<&str> = failed.collect();
    assert!(output.status.success(), "{failed:#?}\n{said}");
}
