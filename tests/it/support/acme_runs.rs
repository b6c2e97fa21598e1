//! Acme's payout runs, as its people see them through a server.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::acme::Acme;
use crate::support::client::Client;

impl Acme {
    /// Somebody proposes a payout run, and the server prepares it.
    pub async fn proposes_run(&self, proposer: &Client) -> Value {
        let input = json!({ "idempotencyKey": self.key(), "programId": self.program });
        let run = proposer
            .does("proposePayoutRun", "payoutRun { id }", input)
            .await;
        self.prepared(&run["id"]).await
    }

    /// A run, once the server has prepared it.
    pub async fn prepared(&self, run: &Value) -> Value {
        let document = "query($id: ID!) { node(id: $id) { ... on PayoutRun { id state } } }";
        for _ in 0..400 {
            let run = self.owner.asks(document, json!({ "id": run })).await["node"].take();
            if run["state"] != "PREPARING" {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the run is never prepared");
    }

    /// The one payout of a run, once it is in this state.
    pub async fn payout_that_is(&self, run: &Value, state: &str) -> Value {
        let document = "query($id: ID!) { node(id: $id) { ... on PayoutRun {
            payouts { nodes { id state reference reason } } } } }";
        for _ in 0..400 {
            let answer = self.owner.asks(document, json!({ "id": run })).await;
            let payout = &answer["node"]["payouts"]["nodes"][0];
            if payout["state"] == state {
                return payout.clone();
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no payout is ever {state}");
    }

    /// Waits until a run is in this state.
    pub async fn run_that_is(&self, run: &Value, state: &str) {
        let document = "query($id: ID!) { node(id: $id) { ... on PayoutRun { state } } }";
        for _ in 0..400 {
            let answer = self.owner.asks(document, json!({ "id": run })).await;
            if answer["node"]["state"] == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the run is never {state}");
    }
}
