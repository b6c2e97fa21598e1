//! From source to component.

use std::path::{Path, PathBuf};
use std::{env, fs};

use tributary_toolchain::{BuildError, Built, build_in};

/// The root of the project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A directory for the compiler's files, kept from run to run.
fn target_dir() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("rules")
}

/// The worked example.
const EXAMPLE: &str = "examples/tiered-accelerator";

/// A rule of this repository, built from source.
fn built(rule: &str) -> Built {
    let source = root().join("plugin-sdk").join(rule);
    build_in(&source, &target_dir(), None).expect(rule)
}

#[test]
fn a_built_rule_is_small_and_holds_no_trace_of_this_machine() {
    for rule in [EXAMPLE, "fixtures/misbehaving"] {
        let bytes = fs::read(built(rule).path).expect("the component");
        assert!(bytes.len() < 150 << 10, "{} bytes", bytes.len());
        let text = String::from_utf8_lossy(&bytes);
        let home = env::var("HOME").expect("a home");
        for trace in [env!("CARGO_MANIFEST_DIR"), "/.cargo/", &home] {
            assert!(!text.contains(trace), "{trace}");
        }
    }
}

/// The example and the SDK lie in one workspace. A package outside the rule's
/// workspace would have its path in the names of its symbols.
#[test]
fn the_same_source_gives_the_same_bytes_anywhere() {
    let here = built(EXAMPLE);
    let bytes = fs::read(&here.path).expect("the component");
    let elsewhere = tempfile::tempdir().expect("a directory");
    copy(&root(), elsewhere.path());
    let rule = elsewhere.path().join("plugin-sdk").join(EXAMPLE);
    let out = elsewhere.path().join("rule.wasm");
    let there = build_in(&rule, &target_dir(), Some(&out)).expect("a rule");
    assert_eq!(there.digest, here.digest);
    assert_eq!(fs::read(out).expect("the component"), bytes);
}

/// Copies a directory without hidden files and what compilers and tests leave behind.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let name = entry.file_name();
        let kind = entry.file_type().expect("a type");
        let left_behind = ["target", "data"].iter().any(|dir| name == *dir);
        if name.as_encoded_bytes().starts_with(b".") || left_behind {
            continue;
        }
        if kind.is_dir() {
            copy(&entry.path(), &to.join(name))
        } else {
            fs::copy(entry.path(), to.join(name)).expect("a copy");
        }
    }
}

#[test]
fn what_is_no_rule_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().expect("a directory");
    let build = || build_in(dir.path(), &target_dir(), None);
    assert!(matches!(build(), Err(BuildError::Io(..))));

    let manifest = "[workspace]\n[package]\nname = \"nothing\"\nedition = \"2024\"\n";
    fs::write(dir.path().join("Cargo.toml"), manifest).expect("a manifest");
    fs::create_dir(dir.path().join("src")).expect("a directory");
    fs::write(dir.path().join("src/lib.rs"), "").expect("a source");
    assert!(matches!(build(), Err(BuildError::NotARule(_))));

    let manifest = format!("{manifest}[lib]\ncrate-type = [\"cdylib\"]\n");
    fs::write(dir.path().join("Cargo.toml"), manifest).expect("a manifest");
    let built = build();
    assert!(
        matches!(&built, Err(BuildError::Refused(refusal)) if refusal.code == "WRONG_WORLD"),
        "{built:?}"
    );

    fs::write(dir.path().join("src/lib.rs"), "not Rust").expect("a source");
    assert!(matches!(build(), Err(BuildError::Compilation)));
}
