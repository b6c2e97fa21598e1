//! The keys that seal secrets at rest, as whoever runs the server keeps them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use tributary_domain::keyring::Keyring;

/// A place for a database, and the program beside it.
struct Site {
    directory: TempDir,
}

impl Site {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { directory }
    }

    fn database(&self) -> String {
        format!("sqlite://{}", self.file("t.db").display())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs the program with these settings and none of the caller's.
    fn runs(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TRIBUTARY_") {
                command.env_remove(name);
            }
        }
        command
            .env("TRIBUTARY_DATABASE_URL", self.database())
            .envs(settings.iter().copied());
        command.args(arguments).stdin(Stdio::null());
        command.output().unwrap()
    }

    fn prints(&self, arguments: &[&str]) -> String {
        let output = self.runs(arguments, &[]);
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const CREATE: [&str; 7] = [
    "key",
    "create",
    "--tenant",
    "Acme",
    "--person",
    "Ada",
    "--sandbox",
];

#[test]
fn a_new_database_gets_a_keyring_of_its_own() {
    let site = Site::new();
    site.prints(&CREATE);
    let file = site.file("t.db.keyring");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else reads it");
    let before = fs::read_to_string(&file).unwrap();
    site.prints(&CREATE);
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
}

#[test]
fn a_keyring_rotates() {
    let site = Site::new();
    site.prints(&CREATE);
    let file = site.file("t.db.keyring");
    let before = fs::read_to_string(&file).unwrap();
    let printed = site.prints(&["keyring", "rotate"]);
    let after = fs::read_to_string(&file).unwrap();
    assert!(
        after.ends_with(&before) && after.lines().count() == 2,
        "older keys stay"
    );
    let current = Keyring::open_file(&file).unwrap().current().unwrap();
    assert_eq!(printed, format!("0 secrets sealed with {current}\n"));
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_named_keyring_that_is_not_there_is_not_made() {
    let site = Site::new();
    let missing = site.file("elsewhere");
    let settings = [("TRIBUTARY_KEYRING_FILE", missing.to_str().unwrap())];
    let output = site.runs(&CREATE, &settings);
    assert!(!output.status.success());
    assert!(said(&output).contains("is missing"), "{}", said(&output));
    assert!(!missing.exists());
}

#[test]
fn the_environment_may_hold_the_keys() {
    let site = Site::new();
    let key = site.prints(&["keyring", "new"]);
    let settings = [("TRIBUTARY_KEYRING", key.trim())];
    let output = site.runs(&CREATE, &settings);
    assert!(output.status.success(), "{}", said(&output));
    assert!(!site.file("t.db.keyring").exists());
    let output = site.runs(&["keyring", "rotate"], &settings);
    assert!(
        said(&output).contains("tributary keyring seal"),
        "{}",
        said(&output)
    );

    let output = site.runs(&CREATE, &[("TRIBUTARY_KEYRING", "hunter2")]);
    assert!(!output.status.success());
    assert!(!said(&output).contains("hunter2"), "{}", said(&output));
}
