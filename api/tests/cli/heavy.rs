//! The heaviest documents that the limits allow, several at a time, from every
//! role: the server stays reachable and small, and stops working for those who
//! leave.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Request;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tributary_domain::access::Role;
use tributary_domain::clock::SystemClock;
use tributary_domain::database::Database;
use tributary_domain::entity::tenant::Kind;
use tributary_domain::keyring::Keyring;
use tributary_domain::scope::Engine;
use tributary_domain::tenant::{keys, tenants};
use tributary_graphql::{documents, schema};
use tributary_plugins::Sandbox;
use tributary_transport::MAX_COMPLEXITY;

use crate::program::{Server, database, prints};

/// The most memory that the process may take, in KiB: about four times what it
/// was seen to take.
const MOST_MEMORY: u64 = 600_000;

/// The same part of the schema under so many names.
fn reading_the_schema(times: usize) -> String {
    let fields: Vec<_> = (0..times)
        .map(|n| format!("a{n}: __schema {{ ...S }}"))
        .collect();
    format!(
        "{{ {} }} fragment S on __Schema {{ types {{ kind name description fields {{ name \
         description args {{ name type {{ ...T }} }} type {{ ...T }} }} }} }} \
         fragment T on __Type {{ name kind ofType {{ name kind }} }}",
        fields.join(" ")
    )
}

/// The largest that is not refused.
pub fn heaviest() -> String {
    let documents = documents(&schema());
    let allowed = (1..30).rev().find_map(|times| {
        let document = reading_the_schema(times);
        let prepared = documents.prepare(&mut Request::new(&document)).ok()?;
        Some((document, prepared.price.cost))
    });
    let (document, cost) = allowed.unwrap();
    assert!(cost > MAX_COMPLEXITY / 2, "{cost}");
    document
}

/// What the kernel says of the process, in KiB or in ticks.
fn measured(server: &Server, file: &str, find: impl Fn(&str) -> Option<u64>) -> u64 {
    let path = format!("/proc/{}/{file}", server.id());
    find(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The most memory that it ever had.
fn memory(server: &Server) -> u64 {
    measured(server, "status", |text| {
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    })
}

/// The time of processors that it took.
fn effort(server: &Server) -> u64 {
    measured(server, "stat", |text| {
        let (_, rest) = text.rsplit_once(") ")?;
        let mut times = rest.split(' ').skip(11).take(2).map(str::parse::<u64>);
        Some(times.next()?.ok()? + times.next()?.ok()?)
    })
}

async fn ask(server: &str, token: &str, query: &str) -> reqwest::Result<Value> {
    let body = json!({ "query": query });
    let request = Client::new().post(format!("{server}/graphql")).json(&body);
    request.bearer_auth(token).send().await?.json().await
}

/// A key for each role.
async fn keys_of_all_roles(database: &str) -> Vec<String> {
    let db = Database::connect(database, 1).await.unwrap();
    let sandbox = Arc::new(Sandbox::new().unwrap());
    let keyring = Keyring::parse(Keyring::new_key().unwrap().expose()).unwrap();
    let engine = Engine::new(db, sandbox, Vec::new(), Arc::new(SystemClock), keyring);
    let tenant = tenants::create(&engine, "Acme", Kind::Sandbox, None);
    let tenant = tenant.await.unwrap().id;
    let mut tokens = Vec::new();
    for role in [
        Role::Owner,
        Role::Manager,
        Role::Finance,
        Role::Integrator,
        Role::Viewer,
    ] {
        let name = format!("{role:?}");
        let key = keys::create_for(&engine, tenant, &name, role, None);
        tokens.push(key.await.unwrap().token);
    }
    tokens
}

/// The owner's token, with that of a partner added to the others.
async fn with_partner(server: &Server, mut tokens: Vec<String>) -> Vec<String> {
    let steps = [
        (
            "createProgram",
            json!({
                "idempotencyKey": "1", "name": "Referral", "model": "REFERRAL", "currency": "USD",
            }),
            "program { id }",
        ),
        (
            "publishTerms",
            json!({
                "idempotencyKey": "2", "agreementText": "Be fair.", "protectionDays": 90,
                "autoApprove": true, "holdDays": 30, "rules": [],
                "payoutMinimum": { "amount": "100.00", "currency": "USD" },
            }),
            "terms { id }",
        ),
        (
            "invitePartner",
            json!({ "idempotencyKey": "3", "name": "Northwind" }),
            "partner { id }",
        ),
    ];
    let client = tributary_client::Client::new(&server.url, &tokens[0]);
    let (mut program, mut partner) = (Value::Null, Value::Null);
    for (verb, mut input, selection) in steps {
        if program != Value::Null {
            input["programId"] = program.clone();
        }
        let payload = client.mutate(verb, input, selection).await.unwrap();
        if let Some(id) = payload.pointer("/program/id") {
            program = id.clone();
        }
        partner = payload["partner"]["id"].clone();
    }
    let input = json!({ "name": "Pat", "role": "PARTNER", "partnerId": partner });
    let key = client.mutate("createApiKey", input, "token").await.unwrap();
    tokens.push(key["token"].as_str().unwrap().to_owned());
    tokens
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_heaviest_documents_of_every_role_take_nobodys_server() {
    let directory = tempfile::tempdir().unwrap();
    let database = database(&directory);
    prints(&["migrate", "--database-url", &database]);
    let tokens = keys_of_all_roles(&database).await;
    let server = Server::start(&database);
    let tokens = with_partner(&server, tokens).await;
    let heaviest = heaviest();

    let mut asked = JoinSet::new();
    for token in tokens.iter().chain(&tokens) {
        let (url, token, query) = (server.url.clone(), token.clone(), heaviest.clone());
        asked.spawn(async move { ask(&url, &token, &query).await.unwrap() });
    }
    let (mut answered_meanwhile, mut late) = (0, 0);
    while !asked.is_empty() {
        let health = reqwest::get(format!("{}/healthz", server.url));
        let health = timeout(Duration::from_secs(5), health).await.unwrap();
        assert_eq!(health.unwrap().status(), 200);
        answered_meanwhile += 1;
        sleep(Duration::from_millis(100)).await;
        while let Some(answer) = asked.try_join_next() {
            let answer = answer.unwrap();
            let code = &answer["errors"][0]["extensions"]["code"];
            if code == "TIMED_OUT" {
                // It waited for a place behind others: it is answered when they are done.
                late += 1;
                continue;
            }
            assert!(
                answer["data"]["a0"].is_object() || code == "RESPONSE_TOO_LARGE",
                "{}",
                answer.to_string().chars().take(300).collect::<String>()
            );
        }
    }
    println!(
        "{answered_meanwhile} looks at its health, {} KiB at most",
        memory(&server)
    );
    for _ in 0..late {
        let answer = ask(&server.url, &tokens[0], &heaviest).await.unwrap();
        let code = &answer["errors"][0]["extensions"]["code"];
        assert!(answer["data"]["a0"].is_object() || code == "RESPONSE_TOO_LARGE");
    }
    assert!(answered_meanwhile > 3, "they were not heavy");
    assert!(memory(&server) < MOST_MEMORY, "{} KiB", memory(&server));

    // All of them leave amid their work, which ends with them.
    for token in tokens.iter().chain(&tokens) {
        let (url, token, query) = (server.url.clone(), token.clone(), heaviest.clone());
        asked.spawn(async move { ask(&url, &token, &query).await.unwrap() });
    }
    let before = effort(&server);
    while effort(&server) < before + 20 {
        sleep(Duration::from_millis(20)).await;
    }
    asked.shutdown().await;
    let mut rest = None;
    for _ in 0..40 {
        let before = effort(&server);
        sleep(Duration::from_millis(500)).await;
        rest = Some(effort(&server) - before);
        if rest < Some(10) {
            break;
        }
    }
    assert!(
        rest < Some(10),
        "it still works: {rest:?} ticks in half a second"
    );
}
