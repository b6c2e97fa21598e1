//! From source to component.

use std::fs;
use std::path::Path;

use tributary_plugins::toolchain::{self, BuildError};

use crate::guests::{example, misbehaving, source, target_dir};

#[test]
fn a_built_rule_is_small_and_holds_no_trace_of_this_machine() {
    for code in [example(), misbehaving()] {
        assert!(code.bytes.len() < 150 << 10, "{} bytes", code.bytes.len());
        let text = String::from_utf8_lossy(&code.bytes);
        for trace in [env!("CARGO_MANIFEST_DIR"), "/.cargo/", "/home/", "/root/"] {
            assert!(!text.contains(trace), "{trace}");
        }
    }
}

#[test]
fn the_same_source_gives_the_same_bytes_anywhere() {
    let elsewhere = tempfile::tempdir().expect("a directory");
    copy(&source("."), &elsewhere.path().join("plugin-sdk"));
    for file in ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"] {
        fs::copy(source("..").join(file), elsewhere.path().join(file)).expect(file);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        match entry.file_type().expect("a type").is_dir() {
            true if entry.file_name() == "target" => {}
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).expect("a copy")),
        }
    }
}

#[test]
fn what_is_no_rule_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().expect("a directory");
    let build = || toolchain::build_in(dir.path(), &target_dir(), None);
    assert!(matches!(build(), Err(BuildError::Io(..))));

    let manifest = "[package]\nname = \"nothing\"\nversion = \"1.0.0\"\n[workspace]\n";
    fs::write(dir.path().join("Cargo.toml"), manifest).expect("a manifest");
    fs::create_dir(dir.path().join("src")).expect("a directory");
    fs::write(dir.path().join("src/lib.rs"), "").expect("a source");
    assert!(matches!(build(), Err(BuildError::NotARule(_))));

    let manifest = format!("{manifest}[lib]\ncrate-type = [\"cdylib\"]\n");
    fs::write(dir.path().join("Cargo.toml"), manifest).expect("a manifest");
    assert!(matches!(build(), Err(BuildError::NotExported(_))));

    fs::write(dir.path().join("src/lib.rs"), "not Rust").expect("a source");
    assert!(matches!(build(), Err(BuildError::Compilation)));
}
