//! *Never: an acknowledged command is lost*, whatever the disk does.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::acme::{Acme, usd};
use crate::support::client::Client;
use crate::support::db;
use crate::support::server::Server;
use crate::support::small_disk::SmallDisk;

/// Room for a database with a few thousand deals.
const MEBIBYTES: u32 = 12;

/// Failures in a row after which the disk counts as full.
const ENOUGH_FAILURES: usize = 4;

/// What became of one command.
enum Outcome {
    /// It is acknowledged, with the deal's id.
    Done(String),
    /// It failed with this code.
    Failed(String),
}

/// Opens a deal, or hears why not.
async fn opens(acme: &Acme, number: usize) -> Outcome {
    let input = json!({
        "idempotencyKey": format!("disk-{number}"),
        "programId": acme.program,
        "account": { "name": format!("Customer {number}"), "domain": format!("c{number}.example") },
        "name": "A deal", "amount": usd("10.00"), "stage": "Qualified",
    });
    let document = "mutation($input: OpenDealInput!) {
        openDeal(input: $input) { deal { id } userErrors { code } } }";
    let answer = acme.owner.post(document, json!({ "input": input })).await;
    match answer["data"]["openDeal"]["deal"]["id"].as_str() {
        Some(id) => Outcome::Done(id.to_owned()),
        None => {
            let code = answer["errors"][0]["extensions"]["code"].as_str();
            Outcome::Failed(code.unwrap_or_else(|| panic!("{answer}")).to_owned())
        }
    }
}

async fn readiness(url: &str) -> u16 {
    // What was seen holds for a quarter of a second.
    tokio::time::sleep(Duration::from_millis(300)).await;
    reqwest::get(format!("{url}/readyz"))
        .await
        .unwrap()
        .status()
        .as_u16()
}

/// All deals that a server shows.
async fn deals(client: &Client) -> Vec<String> {
    let document = "query($after: String) { deals(first: 100, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor } } }";
    let (mut ids, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = client.asks(document, json!({ "after": after })).await;
        let rows = answer["deals"]["nodes"].as_array().unwrap();
        ids.extend(
            rows.iter()
                .map(|row| row["id"].as_str().unwrap().to_owned()),
        );
        let page = &answer["deals"]["pageInfo"];
        if page["hasNextPage"] != true {
            return ids;
        }
        after = page["endCursor"].clone();
    }
}

/// The disk is filled to a margin, commands run until they fail, there is room
/// again, and the server starts anew.
async fn fills_up(connections: u32, margin: u64) {
    let told = format!("{connections} connections, {margin} kB left");
    let disk = SmallDisk::new(MEBIBYTES);
    let url = db::sqlite_at(&disk.path("tributary.db")).await;
    let server = Server::with_connections(&url, connections).await;
    let acme = Acme::on(&server).await.open_program(json!([])).await;

    disk.fill(margin);
    let (mut acknowledged, mut failures, began) = (Vec::new(), 0, Instant::now());
    let mut number = 0;
    while failures < ENOUGH_FAILURES && began.elapsed() < Duration::from_secs(20) {
        number += 1;
        match opens(&acme, number).await {
            Outcome::Done(id) => (acknowledged.push(id), failures = 0).1,
            Outcome::Failed(code) => {
                failures += 1;
                let honest = ["UNAVAILABLE", "OUTCOME_UNKNOWN"].contains(&&*code);
                assert!(honest, "{code}, {told}");
            }
        }
    }
    assert_eq!(failures, ENOUGH_FAILURES, "the disk is never full, {told}");
    // A checkpoint may have made a little room in the log meanwhile: then a command
    // uses it up.
    while margin == 0 && readiness(&server.url).await != 503 {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "never red, {told}"
        );
        number += 1;
        if let Outcome::Done(id) = opens(&acme, number).await {
            acknowledged.push(id);
        }
    }

    disk.free();
    for again in 0..6 {
        match opens(&acme, number + 1 + again).await {
            Outcome::Done(id) => acknowledged.push(id),
            Outcome::Failed(code) => panic!("{code} with room on the disk, {told}"),
        }
    }
    assert_eq!(readiness(&server.url).await, 200, "{told}");
    // Whoever looks past the server's own connections sees the same.
    let other = Server::with_connections(&url, 1).await;
    let seen = deals(&Client::new(&other.url, &acme.owner.token)).await;
    for id in &acknowledged {
        assert!(seen.contains(id), "{id} is lost, {told}");
    }
    drop((server, other));
    let later = Server::with_connections(&url, 1).await;
    let kept = deals(&Client::new(&later.url, &acme.owner.token)).await;
    assert_eq!(kept, seen, "{told}");
}

#[tokio::test]
async fn what_is_acknowledged_outlives_a_full_disk_on_one_connection() {
    for margin in [0, 4, 8, 16, 24, 40] {
        fills_up(1, margin).await;
    }
}

#[tokio::test]
async fn what_is_acknowledged_outlives_a_full_disk() {
    for margin in [0, 4, 8, 16, 24, 40] {
        fills_up(10, margin).await;
    }
}
