//! Backups by the program itself: beside a server, and where it is killed.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Server, database, prints, program, runs, said, token};

/// How long a restore may run before it is killed: longer at each try, until it is
/// done before that.
const STEP: Duration = Duration::from_millis(5);

/// A new tenant with a key.
fn tenant(database: &str, name: &str) -> String {
    let arguments = [
        "key",
        "create",
        "--tenant",
        name,
        "--person",
        "Ada",
        "--sandbox",
    ];
    let printed = prints(&[&arguments[..], &["--database-url", database]].concat());
    token(&printed).to_owned()
}

/// How a server answers to a key.
async fn answers(server: &Server, key: &str) -> StatusCode {
    let request = reqwest::Client::new()
        .post(format!("{}/graphql", server.url))
        .bearer_auth(key)
        .json(&json!({ "query": "{ viewer { tenant { name } } }" }));
    request.send().await.unwrap().status()
}

/// How many tenants a database has, by a backup of it.
fn tenants(directory: &Path, database: &str) -> u32 {
    let file = directory.join("counted.db");
    let to = file.to_str().unwrap();
    let printed = prints(&["backup", "--to", to, "--database-url", database]);
    fs::remove_file(file).unwrap();
    let words = printed.split_once("verified, ").unwrap().1;
    words.split_once(' ').unwrap().0.parse().unwrap()
}

#[tokio::test]
async fn a_server_is_backed_up_at_work_and_restored_when_it_stopped() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    let file = directory.path().join("monday's backup 100%.db");
    let file = file.to_str().unwrap();
    let kept = tenant(&database, "Acme");
    let server = Server::start(&database);
    prints(&["backup", "--to", file, "--database-url", &database]);
    let lost = tenant(&database, "Globex");
    assert_eq!(answers(&server, &lost).await, StatusCode::OK);

    let restore = [
        "restore",
        "--from",
        file,
        "--replace",
        "--database-url",
        &database,
    ];
    let refused = runs(&restore);
    assert!(!refused.status.success());
    assert!(said(&refused).contains("in use"), "{}", said(&refused));
    assert_eq!(answers(&server, &lost).await, StatusCode::OK);

    assert_eq!(server.stop().code(), Some(0));
    prints(&restore);
    let server = Server::start(&database);
    assert_eq!(answers(&server, &kept).await, StatusCode::OK);
    assert_eq!(answers(&server, &lost).await, StatusCode::UNAUTHORIZED);
}

/// At each moment there is the database of before or the restored one, whole.
#[test]
fn a_killed_restore_leaves_one_or_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    let file = directory.path().join("backup.db");
    let file = file.to_str().unwrap();
    tenant(&database, "Acme");
    prints(&["backup", "--to", file, "--database-url", &database]);
    tenant(&database, "Globex");
    let mut killed = 0;
    for tries in 1.. {
        let mut command = program(&["restore", "--from", file, "--replace"]);
        command.args(["--database-url", &database]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        thread::sleep(STEP * tries);
        process.kill().unwrap();
        let is_done = process.wait().unwrap().success();
        let left = tenants(directory.path(), &database);
        assert!(left == 2 || left == 1, "{left}");
        if is_done {
            assert_eq!(left, 1);
            break;
        }
        killed += 1;
    }
    assert!(killed > 3, "it was killed at work");
}

/// A database whose pages are damaged is what restoring is for.
#[test]
fn a_damaged_database_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    let file = directory.path().join("backup.db");
    let file = file.to_str().unwrap();
    tenant(&database, "Acme");
    prints(&["backup", "--to", file, "--database-url", &database]);
    fs::write(
        directory.path().join("data/t.db"),
        "no database".repeat(1_000),
    )
    .unwrap();
    let restore = [
        "restore",
        "--from",
        file,
        "--replace",
        "--database-url",
        &database,
    ];
    prints(&restore);
    assert_eq!(tenants(directory.path(), &database), 1);
    assert_eq!(kept_aside(&directory), 1);
}

fn kept_aside(directory: &TempDir) -> usize {
    let files = fs::read_dir(directory.path().join("data"))
        .unwrap()
        .flatten();
    let aside = files.filter(|file| file.file_name().to_string_lossy().contains(".replaced-"));
    aside.count()
}

/// Of two that start on no database at the same time, both have the one keyring.
#[test]
fn two_that_start_at_once_share_a_keyring() {
    for _ in 0..5 {
        let directory = tempfile::tempdir().unwrap();
        let database = database(&directory);
        prints(&["migrate", "--database-url", &database]);
        let keyrings: Vec<_> = (0..4)
            .map(|number| {
                let database = database.clone();
                let ring = directory.path().join("data/t.db.keyring");
                thread::spawn(move || {
                    tenant(&database, &format!("Acme {number}"));
                    fs::read(ring).unwrap()
                })
            })
            .collect();
        let mut keyrings: Vec<_> = keyrings
            .into_iter()
            .map(|one| one.join().unwrap())
            .collect();
        keyrings.dedup();
        assert_eq!(keyrings.len(), 1);
    }
}

/// As after PostgreSQL's own tools put a database back.
#[tokio::test]
async fn a_position_of_before_is_unknown_once_the_database_is_restored() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    let key = tenant(&database, "Acme");
    let position = async |server: &Server, query: &str| {
        let request = reqwest::Client::new()
            .post(format!("{}/graphql", server.url))
            .bearer_auth(&key)
            .json(&json!({ "query": query }));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer
    };
    let last = "{ viewer { tenant { lastPosition } } }";
    let server = Server::start(&database);
    let before = position(&server, last).await;
    let before = before["data"]["viewer"]["tenant"]["lastPosition"].clone();
    assert!(before.as_str().unwrap().starts_with("0-"), "{before}");
    assert_eq!(server.stop().code(), Some(0));

    assert_eq!(
        prints(&["restored", "--database-url", &database]),
        "1 logs begin a new epoch\n"
    );
    let server = Server::start(&database);
    let after = position(&server, last).await;
    let after = after["data"]["viewer"]["tenant"]["lastPosition"].clone();
    assert!(!after.as_str().unwrap().starts_with("0-"), "{after}");
    let (_, number) = before.as_str().unwrap().split_once('-').unwrap();
    let lost = format!("0-{}", number.parse::<i64>().unwrap() + 1);
    let lost = position(
        &server,
        &format!("{{ events(after: \"{lost}\") {{ id }} }}"),
    )
    .await;
    assert_eq!(
        lost["errors"][0]["extensions"]["code"], "POSITION_UNKNOWN",
        "{lost}"
    );
}
