//! Who may depend on whom, and how long a file may be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;
use tributary_tests::{OTHERS, STORIES};

/// What each package may build on, of ours and of the big frameworks. A new
/// arrow is a decision about the design, not an edit to this table.
const ARROWS: &[(&str, &[&str])] = &[
    ("tributary-domain", &["sea-orm"]),
    ("tributary-plugins", &["tributary-domain", "wasmtime"]),
    (
        "tributary-toolchain",
        &["tributary-domain", "tributary-plugins"],
    ),
    ("tributary-plugin-sdk", &[]),
    ("tiered-accelerator", &["tributary-plugin-sdk"]),
    ("tributary-migrations", &["sea-orm-migration"]),
    // Knows no noun: whatever the schema is about, it is served the same way.
    (
        "tributary-transport",
        &["async-graphql", "async-graphql-axum", "axum"],
    ),
    ("tributary-web", &["axum", "tributary-transport"]),
    ("tributary-rails", &["tributary-domain"]),
    (
        "tributary-graphql",
        &["async-graphql", "tributary-domain", "tributary-transport"],
    ),
    ("tributary-client", &[]),
    ("tributary-demo", &["tributary-client", "tributary-domain"]),
    // The program: alone knows the sandbox, the schema of the database, and all the crates
    // of the edge.
    (
        "tributary-api",
        &[
            "async-graphql",
            "axum",
            "tributary-client",
            "tributary-demo",
            "tributary-domain",
            "tributary-graphql",
            "tributary-migrations",
            "tributary-plugins",
            "tributary-rails",
            "tributary-toolchain",
            "tributary-transport",
            "tributary-web",
        ],
    ),
    // Its stories use everything; `cargo verify` itself must build in a second.
    ("tributary-tests", &[]),
];

/// The names, or beginnings of names, that [`ARROWS`] is about.
const WATCHED: &[&str] = &[
    "tributary",
    "async-graphql",
    "axum",
    "sea-orm",
    "seaography",
    "sqlx",
    "wasmtime",
];

/// Lines a source file may have.
const LONGEST: usize = 400;

/// Files that may be longer. The list may only get shorter.
const LONGER: &[&str] = &[];

#[test]
fn packages_build_only_on_what_they_may() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let present: BTreeSet<_> = packages
        .iter()
        .map(|package| text(&package["name"]))
        .collect();
    let planned: BTreeSet<_> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(present, planned, "every package has its row in ARROWS");

    for package in packages {
        let name = text(&package["name"]);
        let (_, allowed) = ARROWS.iter().find(|(known, _)| *known == name).unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let target = text(&dependency["name"]);
            let for_tests = dependency["kind"].as_str() == Some("dev");
            assert!(
                for_tests || !watched(target) || allowed.contains(&target),
                "{name} may not depend on {target}"
            );
        }
    }
}

#[test]
fn tests_build_on_nothing_but_for_stories() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let tests = packages
        .iter()
        .find(|package| package["name"] == "tributary-tests")
        .unwrap();
    for dependency in tests["dependencies"].as_array().unwrap() {
        assert_eq!(
            dependency["kind"], "dev",
            "{} slows `cargo verify` down",
            dependency["name"]
        );
    }
}

#[test]
fn every_test_is_run() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let targets = packages
        .iter()
        .flat_map(|package| package["targets"].as_array().unwrap());
    let tests = targets.filter(|target| target["kind"][0] == "test" && target["test"] == true);
    let tests: BTreeSet<&str> = tests.map(|target| text(&target["name"])).collect();
    let run: BTreeSet<&str> = OTHERS.iter().copied().chain([STORIES]).collect();
    assert_eq!(tests, run);
}

#[test]
fn no_file_is_too_long() {
    let root = root();
    let mut sources = BTreeSet::new();
    for package in metadata()["packages"].as_array().unwrap() {
        let manifest = Path::new(text(&package["manifest_path"]));
        collect_sources(manifest.parent().unwrap(), &mut sources);
    }
    assert!(
        sources.len() > ARROWS.len(),
        "no sources under {}",
        root.display()
    );

    let too_long: BTreeSet<String> = sources
        .iter()
        .filter(|file| fs::read_to_string(file).unwrap().lines().count() > LONGEST)
        .map(|file| file.strip_prefix(&root).unwrap().display().to_string())
        .collect();
    let excepted: BTreeSet<String> = LONGER.iter().map(|file| (*file).to_owned()).collect();
    assert_eq!(
        too_long, excepted,
        "files over {LONGEST} lines, and the files that may be"
    );
}

fn watched(name: &str) -> bool {
    WATCHED.iter().any(|watched| {
        name.strip_prefix(watched)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

fn metadata() -> Value {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// All `.rs` files under a directory but for what is built there.
fn collect_sources(directory: &Path, sources: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                collect_sources(&path, sources);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.insert(path);
        }
    }
}
