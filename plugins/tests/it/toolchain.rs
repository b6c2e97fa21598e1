//! From source to component.

use std::path::Path;
use std::{env, fs};

use tributary_plugins::toolchain::{self, BuildError};

use crate::guests::{example, misbehaving, source, target_dir};

#[test]
fn a_built_rule_is_small_and_holds_no_trace_of_this_machine() {
    for code in [example(), misbehaving()] {
        assert!(code.bytes.len() < 150 << 10, "{} bytes", code.bytes.len());
        let text = String::from_utf8_lossy(&code.bytes);
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
    let here = example();
    let elsewhere = tempfile::tempdir().expect("a directory");
    copy(&source(".."), elsewhere.path());
    let rule = elsewhere
        .path()
        .join("plugin-sdk/examples/tiered-accelerator");
    let out = elsewhere.path().join("rule.wasm");
    let there = toolchain::build_in(&rule, &target_dir(), Some(&out)).expect("a rule");
    assert_eq!(there.digest, here.digest);
    assert_eq!(fs::read(out).expect("the component"), *here.bytes);
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
        match kind.is_dir() {
            true => copy(&entry.path(), &to.join(name)),
            false => drop(fs::copy(entry.path(), to.join(name)).expect("a copy")),
        }
    }
}

#[test]
fn what_is_no_rule_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().expect("a directory");
    let build = || toolchain::build_in(dir.path(), &target_dir(), None);
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
