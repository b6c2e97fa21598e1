//! The program in a process of its own.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long a server may take to stop when asked.
const STOPPING: Duration = Duration::from_secs(20);

/// The program, with none of the settings of whoever runs the tests.
pub fn program<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TRIBUTARY_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

pub fn runs<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
    program(arguments).output().unwrap()
}

/// What a command that succeeds prints.
#[track_caller]
pub fn prints<S: AsRef<OsStr>>(arguments: &[S]) -> String {
    let output = runs(arguments);
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command says to a person.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An SQLite database that is not there yet, in a directory that is not either.
pub fn database(directory: &TempDir) -> String {
    let file = directory.path().join("data/t.db");
    format!("sqlite://{}", file.display())
}

/// The token that `key create` printed.
pub fn token(printed: &str) -> &str {
    let mut lines = printed.lines().filter_map(|line| line.strip_prefix("key "));
    lines.next().unwrap().trim()
}

/// A server in a process of its own. Dropping it kills it.
pub struct Server {
    process: Child,
    /// Where it is reached.
    pub url: String,
}

impl Server {
    /// Starts it on a free port, and reads from its log where that is.
    pub fn start(database: &str) -> Self {
        Self::start_with(database, &[])
    }

    /// The same with other settings.
    pub fn start_with(database: &str, settings: &[&str]) -> Self {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
        let mut command = program(&arguments);
        command.args(["--database-url", database]).args(settings);
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let url = log.by_ref().find_map(|line| {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            (line["message"] == "serving").then(|| line["url"].as_str().unwrap().to_owned())
        });
        // The log is read on, lest the server wait for its reader.
        thread::spawn(|| log.for_each(drop));
        let url = url.expect("the server ended before it served");
        Self { process, url }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends SIGTERM, and waits for the end.
    pub fn stop(mut self) -> ExitStatus {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.unwrap().success());
        let asked = Instant::now();
        while asked.elapsed() < STOPPING {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("still there {STOPPING:?} after SIGTERM");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
