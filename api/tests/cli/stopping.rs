//! A stop that is asked for happens after its grace, whatever runs.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::runtime::Runtime;
use tributary_web::stop::{self, GRACE};

use crate::heavy;
use crate::program::{Server, database, prints, token};

/// Says that this process is the one that is to be stopped.
const VICTIM: &str = "TRIBUTARY_TEST_VICTIM";

/// When a process is gone for certain; loaded machines are slow.
const DEADLINE: Duration = GRACE.saturating_add(Duration::from_secs(10));

/// Every thread of its runtime is kept by something that never pauses, the one
/// that waits for the end included.
fn hang() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let _asked = stop::requested().unwrap();
        for _ in 0..256 {
            tokio::spawn(async { block() });
        }
        println!("hanging");
        block();
    });
}

fn block() {
    loop {
        thread::park();
    }
}

#[test]
fn a_process_whose_threads_all_hang_stops() {
    if std::env::var_os(VICTIM).is_some() {
        return hang();
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([
            "--exact",
            "--nocapture",
            "stopping::a_process_whose_threads_all_hang_stops",
        ])
        .env(VICTIM, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    assert!(lines.any(|line| line.ends_with("hanging")));
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status();
    assert!(sent.unwrap().success());
    let asked = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if asked.elapsed() > DEADLINE => {
                child.kill().unwrap();
                panic!("still there after {DEADLINE:?}");
            }
            None => thread::sleep(Duration::from_millis(50)),
        }
    };
    assert_eq!(status.code(), Some(1));
    assert!(asked.elapsed() >= GRACE, "what runs has its grace");
}

/// Requests of the heaviest kind, and one whose body never comes.
#[test]
fn a_server_at_work_stops_after_its_grace() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    let mut arguments = vec!["key", "create", "--tenant", "Acme", "--person", "Ada"];
    arguments.extend(["--sandbox", "--database-url", &database]);
    let printed = prints(&arguments);
    let token = token(&printed);
    let server = Server::start(&database);
    let address = server.url.trim_start_matches("http://").to_owned();
    let body = json!({ "query": heavy::heaviest() }).to_string();
    let length = body.len();
    let sent: Vec<_> = [length, length, length, length, length + 1]
        .into_iter()
        .map(|length| {
            let mut stream = TcpStream::connect(&address).unwrap();
            let head = format!(
                "POST /graphql HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {token}\r\n\
                 content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body.as_bytes()).unwrap();
            stream
        })
        .collect();
    thread::sleep(Duration::from_millis(500));
    let asked = Instant::now();
    let status: ExitStatus = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() >= GRACE, "the last one had its grace");
    drop(sent);
}
