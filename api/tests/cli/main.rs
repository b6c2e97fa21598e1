//! The program itself, as its users start it: arguments in, text and an exit
//! code out.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod backup;
mod clients;
mod editor;
mod heavy;
mod program;
mod stopping;

use std::path::Path;
use std::sync::Arc;

use clap::CommandFactory;
use serde_json::{Value, json};
use tributary_api::cli::Cli;
use tributary_demo as demo;
use tributary_domain::clock::SystemClock;
use tributary_domain::database::Database;
use tributary_domain::entity::api_key;
use tributary_domain::kernel::lists::{self, Wanted};
use tributary_domain::keyring::Keyring;
use tributary_domain::scope::Engine;
use tributary_domain::tenant::tenants;
use tributary_plugins::Sandbox;

use program::{Server, database, prints, program, runs, said, token};

#[test]
fn every_command_has_help() {
    fn check(command: &clap::Command, path: &[&str]) {
        let help = prints(&[path, &["--help"]].concat());
        assert!(help.contains("Usage: tributary"), "{path:?}: {help}");
        for child in command.get_subcommands() {
            check(child, &[path, &[child.get_name()]].concat());
        }
    }
    check(&Cli::command(), &[]);
    let output = runs::<&str>(&[]);
    assert!(!output.status.success() && said(&output).contains("Usage: tributary"));
}

#[test]
fn the_schema_is_the_committed_one() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let committed = std::fs::read_to_string(file).unwrap();
    assert_eq!(prints(&["schema"]).trim_end(), committed.trim_end());
}

#[test]
fn migrating_twice_is_harmless() {
    let directory = tempfile::tempdir().unwrap();
    let arguments = ["migrate", "--database-url", &database(&directory)];
    assert!(!prints(&arguments).contains(": 0 steps applied"));
    assert!(prints(&arguments).ends_with(": 0 steps applied\n"));
}

#[test]
fn a_key_is_printed_once_for_the_tenant_of_that_name() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    let mut arguments = vec!["key", "create", "--tenant", "Acme", "--person", "Ada"];
    arguments.extend(["--sandbox", "--database-url", &database]);
    let output = runs(&arguments);
    assert!(output.status.success(), "{}", said(&output));
    let first = String::from_utf8(output.stdout.clone()).unwrap();
    let secret = token(&first).rsplit_once('.').unwrap().1;
    assert_eq!(first.matches(secret).count(), 1);
    assert!(!said(&output).contains(secret), "not in the log");

    let second = prints(&arguments);
    assert_eq!(second.lines().next(), first.lines().next(), "one tenant");
    assert_ne!(token(&second), token(&first), "another key");
}

#[test]
fn what_cannot_be_opened_is_said() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "no database, and no directory").unwrap();
    let under = format!("sqlite://{}/t.db", file.display());
    let garbage = format!("sqlite://{}", file.display());
    for (url, clue) in [
        (
            "mysql://ada:hunter2@db/books",
            "starts with sqlite: or postgres://",
        ),
        (&under, "cannot be made"),
        (&garbage, "tributary: "),
    ] {
        for command in ["migrate", "serve"] {
            let output = runs(&[command, "--database-url", url]);
            assert!(!output.status.success(), "{command} {url}");
            let said = said(&output);
            assert!(said.contains(clue), "{command} {url}: {said}");
            assert!(!said.contains("panicked"), "{said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }
}

#[test]
fn settings_that_would_not_work_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    for (command, clue) in [
        (["serve", "--listen", "0.0.0.0:0"], "--public-url"),
        (["serve", "--allowed-origins", "*"], "https://app.example"),
        (
            ["serve", "--allowed-origins", "https://app.example/"],
            "browsers send it as https://app.example",
        ),
    ] {
        let output = runs(&[&command[..], &["--database-url", &database]].concat());
        assert!(!output.status.success(), "{command:?}");
        assert!(said(&output).contains(clue), "{}", said(&output));
    }
    let publish = ["plugin", "publish", "x.wasm", "--key", "x", "--url"];
    let output = runs(&[&publish[..], &["https://here.example"]].concat());
    assert!(said(&output).contains("no TLS"), "{}", said(&output));
}

#[tokio::test]
async fn it_serves_until_it_is_asked_to_stop() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    let mut arguments = vec!["key", "create", "--tenant", "Acme", "--person", "Ada"];
    arguments.extend(["--sandbox", "--database-url", &database]);
    let printed = prints(&arguments);
    let server = Server::start(&database);
    for path in ["/healthz", "/readyz"] {
        let answer = reqwest::get(format!("{}{path}", server.url)).await;
        assert_eq!(answer.unwrap().status(), 200, "{path}");
    }
    let request = reqwest::Client::new()
        .post(format!("{}/graphql", server.url))
        .bearer_auth(token(&printed))
        .json(&json!({ "query": "{ viewer { tenant { name } } }" }));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        answer["data"]["viewer"]["tenant"]["name"], "Acme",
        "{answer}"
    );
    assert_eq!(server.stop().code(), Some(0));
}

/// Whose keys of the one tenant are not revoked.
#[tokio::main(flavor = "current_thread")]
async fn working_keys(url: &str) -> Vec<String> {
    let db = Database::connect(url, 1).await.unwrap();
    let sandbox = Arc::new(Sandbox::new().unwrap());
    let engine = Engine::new(
        db,
        sandbox,
        Vec::new(),
        Arc::new(SystemClock),
        Keyring::parse(Keyring::new_key().unwrap().expose()).unwrap(),
    );
    let tenants = tenants::named(&engine, demo::TENANT).await.unwrap();
    let [tenant] = tenants.as_slice() else {
        panic!("one story, and not {tenants:?}");
    };
    let scope = engine.system(tenant.id).await.unwrap();
    let page = lists::page::<api_key::Entity>(&scope, &Wanted::first(100))
        .await
        .unwrap();
    let working = page.rows.into_iter().filter(|key| key.revoked_at.is_none());
    let mut people: Vec<_> = working.map(|key| key.name).collect();
    people.sort();
    people
}

/// Builds the example rule, the first time for a minute or so.
#[test]
fn the_demo_prints_one_object_each_time() {
    let directory = tempfile::tempdir().unwrap();
    let rules = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rules");
    let tells = || -> Value {
        let mut command = program(&["demo", "--exit", "--json", "--listen", "127.0.0.1:0"]);
        command
            .args(["--database-url", &database(&directory)])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("TRIBUTARY_PLUGIN_TARGET_DIR", &rules);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains("Acme Cloud"), "told beside it");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let (first, again) = (tells(), tells());
    let keys = working_keys(&database(&directory));
    assert_eq!(keys, ["Ada", "Elif", "Finn", "Nora", "Sam"], "one each");
    assert_eq!(first["commissions"].as_array().unwrap().len(), 3);
    assert_eq!(first["ledger"]["balanced"], true);
    assert_eq!(again["commissions"], first["commissions"]);
    assert_eq!(again["ledger"], first["ledger"]);
}
