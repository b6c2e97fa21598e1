//! A tenant to which everything has happened once, to the end.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::rule::rules;
use crate::support::acme::{Acme, text, usd};
use crate::support::client::Client;

/// One id of each noun, by its prefix.
pub type Ids = BTreeMap<String, String>;

const EVERYTHING: &str = "{
    viewer { tenant { id } }
    apiKeys { nodes { id person { id } } }
    programs { nodes { id currentTerms { id rules { id } } } }
    partners { nodes { id enrollments { id } agreements { nodes { id } }
        taxForms { nodes { id } } payoutMethods { nodes { id } } } }
    accounts { nodes { id } }
    registrations { nodes { id } }
    deals { nodes { id credit { id } involvements { nodes { id } } collections { nodes { id } } } }
    commissions { nodes { id evaluation { id } } }
    earnings { nodes { id } }
    payoutRuns { nodes { id payouts { nodes { id } } } }
    plugins { nodes { id versions { nodes { id } } activations { nodes { id } } } }
    ledger { entries { nodes { id } } }
}";

/// Plays a deal from its registration to its payout, leaves another open, and
/// stages an upload. Afterwards the server has nothing left to do.
pub async fn everything(acme: &Acme) -> Ids {
    let version = rules::publishes(&acme.owner, rules::misbehaving()).await;
    acme.activates(&version).await;
    let partner = acme.partner("Northwind").await;
    let input = acme.registration(&partner, "Globex", "globex.example");
    let registration = partner
        .client
        .does("registerDeal", "registration { id }", input)
        .await;
    let input = json!({
        "idempotencyKey": acme.key(), "id": registration["id"],
        "name": "Globex", "amount": usd("12000.00"), "stage": "Qualified",
    });
    let deal = acme
        .owner
        .does("convertRegistration", "deal { id }", input)
        .await;
    let deal = crate::support::acme::Deal {
        id: text(&deal["id"]),
    };
    acme.wins(&deal).await;
    acme.collects(&deal, "12000.00").await;
    acme.day("2026-03-05").await;
    pays(acme).await;

    acme.deal(&partner, "500.00").await;
    let input = acme.registration(&partner, "Initech", "initech.example");
    partner
        .client
        .does("registerDeal", "registration { id }", input)
        .await;
    let mut ids = ids(&acme.owner).await;
    let document = "mutation { stagePluginUpload { upload { id } } }";
    let staged = acme.owner.asks(document, json!({})).await;
    remember(&mut ids, &staged);
    ids
}

/// Pays what is due, with a second person's consent, and waits until it is paid.
async fn pays(acme: &Acme) {
    let run = acme.proposes_run(&acme.owner).await;
    let input = json!({ "id": run["id"] });
    let fay = acme.person("Fay", "FINANCE").await;
    fay.does("approvePayoutRun", "payoutRun { id }", input)
        .await;
    let document = "query($id: ID!) { node(id: $id) { ... on PayoutRun { state payouts { nodes { id state } } } } }";
    let payout = acme.payout_that_is(&run["id"], "SENT").await;
    let input = json!({
        "idempotencyKey": acme.key(), "id": payout["id"], "outcome": "PAID", "reference": "wire 1",
        "occurredAt": "2026-03-05T08:00:00Z", "evidence": "the statement of March",
    });
    fay.does("reportPayoutOutcome", "payout { id }", input)
        .await;
    for (state, day) in [("SENT", "2026-03-06"), ("PAID", "2026-03-07")] {
        waits(&fay, document, &run, state).await;
        acme.day(day).await;
    }
}

async fn waits(client: &Client, document: &str, run: &Value, state: &str) {
    for _ in 0..200 {
        let seen = client.asks(document, json!({ "id": run["id"] })).await;
        if seen["node"]["payouts"]["nodes"][0]["state"] == state {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the payout is not {state}");
}

/// One id of each noun that a client sees.
pub async fn ids(client: &Client) -> Ids {
    let mut ids = Ids::new();
    remember(&mut ids, &client.asks(EVERYTHING, json!({})).await);
    ids
}

fn remember(ids: &mut Ids, value: &Value) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| remember(ids, value)),
        Value::Object(fields) => {
            if let Some(Value::String(id)) = fields.get("id") {
                let prefix = id.split('_').next().unwrap();
                ids.entry(prefix.to_owned()).or_insert_with(|| id.clone());
            }
            fields.values().for_each(|value| remember(ids, value));
        }
        _ => {}
    }
}
