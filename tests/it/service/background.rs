//! What a server does of its own accord.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tributary_domain::entity::payout_method::RailName;
use tributary_domain::entity::tenant;
use tributary_domain::rail::{Instruction, Rail, Status};
use tributary_rails::Sandbox;

use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::server::Server;
use crate::support::world::World;

const RUN: &str = "query($id: ID!) { node(id: $id) { ... on PayoutRun {
    state total { amount } payouts { nodes {
        state reason reference amount { amount } partner { id }
        earnings { nodes { state amount { amount } } } } } } } }";

async fn run(client: &Client, id: &Value) -> Value {
    client.asks(RUN, json!({ "id": id })).await["node"].take()
}

/// Looks at a run until it is in this state.
async fn until(client: &Client, id: &Value, state: &str) -> Value {
    for _ in 0..200 {
        let run = run(client, id).await;
        if run["state"] == state {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the run is not {state}: {:#}", run(client, id).await);
}

/// A tenant with one earning that falls due for each destination, and a run
/// over them that was approved.
async fn approved_run(world: &World, destinations: &[&str]) -> (Acme, Value) {
    let acme = Acme::new(world).await;
    for destination in destinations {
        let partner = acme.partner_without_papers(destination).await;
        acme.files_tax_form(&partner).await;
        acme.adds_payout_method(&partner, destination).await;
        let deal = acme.deal(&partner, "10000.00").await;
        acme.wins(&deal).await;
        acme.collects(&deal, "10000.00").await;
    }
    acme.day("2026-02-10").await;
    let run = acme.proposes_run(&acme.owner).await;
    let second = acme.person("Fay", "FINANCE").await;
    let input = json!({ "id": run["id"] });
    second
        .does("approvePayoutRun", "payoutRun { id state }", input)
        .await;
    (acme, run["id"].clone())
}

story! {
    /// An approved run is brought to its end without anybody asking: what the
    /// rail settles is paid, what it refuses goes back.
    async fn an_approved_run_is_executed(world: World) {
        let (acme, id) = approved_run(&world, &["bank-0042@sandbox", "fail@sandbox"]).await;
        until(&acme.owner, &id, "EXECUTING").await;
        acme.day("2026-02-11").await;
        let run = until(&acme.owner, &id, "DONE").await;

        assert_eq!(run["total"]["amount"], "2000.00");
        let payouts = run["payouts"]["nodes"].as_array().unwrap();
        let state = |wanted: &str| {
            let found = payouts.iter().find(|payout| payout["state"] == wanted);
            found.unwrap_or_else(|| panic!("none is {wanted}: {run:#}"))
        };
        let (paid, failed) = (state("PAID"), state("FAILED"));
        assert_eq!(paid["earnings"]["nodes"], json!([
            { "state": "PAID", "amount": { "amount": "1000.00" } },
        ]));
        assert!(text(&paid["reference"]).starts_with("sandbox-pay_"));
        assert_eq!(failed["earnings"]["nodes"], json!([]));
        assert!(!text(&failed["reason"]).is_empty());

        let document = "{ commissions { nodes { earned { amount } paid { amount } } } }";
        let answer = acme.owner.asks(document, json!({})).await;
        assert_eq!(answer["commissions"]["nodes"], json!([
            { "earned": { "amount": "1000.00" }, "paid": { "amount": "1000.00" } },
            { "earned": { "amount": "1000.00" }, "paid": { "amount": "0.00" } },
        ]));
        let states: Vec<String> = acme.earnings().await.into_iter().map(|row| row.2).collect();
        assert_eq!(states, ["PAID", "PAYABLE"]);
        let document = "{ ledger { balanced balances { account balance { amount } } } }";
        let ledger = acme.owner.asks(document, json!({})).await["ledger"].take();
        assert_eq!(ledger["balanced"], true);
        let balances = ledger["balances"].as_array().unwrap().iter();
        let balances: Vec<(String, String)> = balances
            .map(|row| (text(&row["account"]), text(&row["balance"]["amount"])))
            .collect();
        let expected = [
            ("COMMISSION_EXPENSE", "2000.00"),
            ("ACCRUED", "0.00"),
            ("PAYABLE", "-1000.00"),
            ("IN_TRANSIT", "0.00"),
            ("CASH", "-1000.00"),
        ];
        assert_eq!(balances, expected.map(|(account, amount)| (account.to_owned(), amount.to_owned())));
    }
}

/// The sandbox, but for a destination from which no call comes back.
struct Hanging;

impl Rail for Hanging {
    fn name(&self) -> RailName {
        RailName::Sandbox
    }

    fn serves(&self, kind: tenant::Kind) -> bool {
        kind == tenant::Kind::Sandbox
    }

    fn send(&self, instruction: Instruction) -> BoxFuture<'_, Status> {
        match instruction.destination.expose() {
            "hangs@sandbox" => pending().boxed(),
            _ => Sandbox.send(instruction),
        }
    }

    fn ask(&self, instruction: Instruction) -> BoxFuture<'_, Status> {
        self.send(instruction)
    }
}

story! {
    /// A rail that never answers one tenant, or does not even hang up, keeps
    /// that tenant's run open, and nobody else's.
    async fn a_silent_rail_holds_nobody_else_up(mut world: World) {
        world.server = Server::paying_over(&world.database.url, vec![Arc::new(Hanging)]).await;
        let mut stuck = Vec::new();
        for (destination, payout) in [("hangs@sandbox", "SENDING"), ("silent@sandbox", "UNKNOWN")] {
            let (acme, id) = approved_run(&world, &[destination]).await;
            until(&acme.owner, &id, "EXECUTING").await;
            acme.day("2027-01-01").await;
            stuck.push((acme, id, payout));
        }
        let (acme, id) = approved_run(&world, &["bank-0042@sandbox"]).await;
        until(&acme.owner, &id, "EXECUTING").await;
        acme.day("2026-02-11").await;
        until(&acme.owner, &id, "DONE").await;

        for (acme, id, payout) in stuck {
            let run = run(&acme.owner, &id).await;
            assert_eq!(run["state"], "EXECUTING");
            assert_eq!(run["payouts"]["nodes"][0]["state"], payout);
            let states: Vec<String> = acme.earnings().await.into_iter().map(|row| row.2).collect();
            assert_eq!(states, ["IN_PAYOUT"]);
        }
    }
}
