//! Between tenants: a stranger finds nothing, and changes nothing.

use std::collections::BTreeSet;

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use tributary_domain::tenant::positions;

use crate::support::acme::{Acme, usd};
use crate::support::contract::{self, list, name, named};
use crate::support::db::Backend;
use crate::support::tables;
use crate::support::whole::{self, Ids};
use crate::support::world::World;

/// Tables whose rows are only ever added.
const APPENDED: &[&str] = &[
    "agreement",
    "collection",
    "command",
    "credit",
    "credit_share",
    "entry",
    "evaluation",
    "event",
    "external_id",
    "ledger_transaction",
    "assessment",
    "payout_hold",
    "registration_conflict",
    "rule",
    "search_term",
];

/// Every command that takes an id, with `theirs` for each id once and the
/// stranger's `own` beside it.
pub fn commands(theirs: &Ids, own: &Ids) -> Vec<(&'static str, Value)> {
    let mut all = commands_on_deals(theirs, own);
    all.extend(commands_on_partners(theirs, own));
    let by_id = |prefix: &str| json!({ "id": theirs[prefix] });
    all.extend([
        ("revokeApiKey", by_id("key")),
        ("rerunEvaluation", by_id("evl")),
        ("retryCommission", by_id("com")),
        ("approvePayoutRun", by_id("run")),
        ("cancelPayoutRun", by_id("run")),
        (
            "exportPayoutRun",
            json!({ "id": theirs["run"], "after": theirs["pay"] }),
        ),
        (
            "reportPayoutOutcome",
            json!({
                "idempotencyKey": "s", "id": theirs["pay"], "outcome": "PAID", "reference": "S",
                "occurredAt": "2026-01-05T08:00:00Z", "evidence": "none",
            }),
        ),
        (
            "confirmPayoutOutcome",
            json!({ "id": theirs["pay"], "outcome": "PAID", "reference": "S" }),
        ),
        (
            "proposePayoutRun",
            json!({ "idempotencyKey": "s", "programId": theirs["prg"] }),
        ),
        ("publishPlugin", json!({ "uploadId": theirs["upl"] })),
        (
            "proposeActivation",
            json!({ "idempotencyKey": "s", "pluginVersionId": theirs["plv"], "reason": "mine" }),
        ),
        ("approveActivation", by_id("act")),
        ("cancelActivation", by_id("act")),
        ("publishTerms", terms(&theirs["prg"], json!([]))),
        (
            "withdrawTerms",
            json!({ "id": theirs["trm"], "reason": "mine" }),
        ),
        (
            "publishTerms",
            terms(
                &own["prg"],
                json!([{ "role": "SOURCED", "formula": {
            "plugin": { "pluginVersionId": theirs["plv"], "config": {} },
        } }]),
            ),
        ),
    ]);
    all
}

fn terms(program: &str, rules: Value) -> Value {
    json!({
        "idempotencyKey": "s", "programId": program, "agreementText": "Mine.", "protectionDays": 1, "holdDays": 0,
        "payoutMinimum": usd("0.00"), "rules": rules,
    })
}

fn commands_on_partners(theirs: &Ids, own: &Ids) -> Vec<(&'static str, Value)> {
    let by_id = |prefix: &str| json!({ "id": theirs[prefix], "reason": "mine" });
    let only_id = |prefix: &str| json!({ "id": theirs[prefix] });
    let keyed = |prefix: &str| json!({ "idempotencyKey": "s", "id": theirs[prefix] });
    let agreement = |partner: &str, terms: &str| {
        json!({
            "partnerId": partner, "termsId": terms, "documentDigest": "0".repeat(64),
            "signerName": "S", "signerAuthority": "S", "act": "clicked",
        })
    };
    let registration = |program: &str, partner: &str| {
        json!({
            "idempotencyKey": "s", "programId": program, "partnerId": partner,
            "account": { "name": "S", "domain": "s.example" }, "opportunity": "S",
        })
    };
    vec![
        (
            "createApiKey",
            json!({ "name": "S", "role": "PARTNER", "partnerId": theirs["prt"] }),
        ),
        (
            "invitePartner",
            json!({ "idempotencyKey": "s", "name": "S", "programId": theirs["prg"] }),
        ),
        ("suspendPartner", keyed("prt")),
        (
            "assignPartner",
            json!({ "id": theirs["prt"], "personId": theirs["per"] }),
        ),
        ("resumePartner", keyed("prt")),
        ("acceptAgreement", agreement(&theirs["prt"], &own["trm"])),
        ("acceptAgreement", agreement(&own["prt"], &theirs["trm"])),
        (
            "submitTaxForm",
            json!({
                "idempotencyKey": "s", "partnerId": theirs["prt"], "kind": "W9",
                "taxId": "12-3456789", "signerName": "S",
            }),
        ),
        ("approveTaxForm", only_id("tax")),
        ("rejectTaxForm", by_id("tax")),
        (
            "addPayoutMethod",
            json!({
                "idempotencyKey": "s", "partnerId": theirs["prt"], "rail": "SANDBOX",
                "destination": "s@sandbox",
            }),
        ),
        ("verifyPayoutMethod", only_id("pmt")),
        ("disablePayoutMethod", by_id("pmt")),
        ("registerDeal", registration(&theirs["prg"], &own["prt"])),
        ("registerDeal", registration(&own["prg"], &theirs["prt"])),
        ("approveRegistration", by_id("reg")),
        ("rejectRegistration", by_id("reg")),
        ("withdrawRegistration", by_id("reg")),
    ]
}

fn commands_on_deals(theirs: &Ids, own: &Ids) -> Vec<(&'static str, Value)> {
    let deal = &theirs["del"];
    let part = |deal: &str, partner: &str| {
        json!({
            "idempotencyKey": "s", "dealId": deal, "partnerId": partner, "role": "SOURCED",
            "kind": "INTRODUCED", "evidence": "none",
        })
    };
    let money = json!({ "idempotencyKey": "s", "dealId": deal, "amount": usd("1.00") });
    let link = |registration: &str, deal: &str| json!({ "idempotencyKey": "s", "id": registration, "dealId": deal });
    vec![
        (
            "convertRegistration",
            json!({
                "idempotencyKey": "s", "id": theirs["reg"], "name": "S", "amount": usd("1.00"),
                "stage": "S",
            }),
        ),
        ("linkRegistration", link(&theirs["reg"], deal)),
        (
            "openDeal",
            json!({
                "idempotencyKey": "s", "programId": theirs["prg"], "name": "S",
                "account": { "name": "S", "domain": "s.example" }, "amount": usd("1.00"), "stage": "S",
            }),
        ),
        (
            "moveDeal",
            json!({ "idempotencyKey": "s", "id": deal, "stage": "S" }),
        ),
        (
            "reviseDealAmount",
            json!({ "idempotencyKey": "s", "id": deal, "amount": usd("1.00") }),
        ),
        ("recordInvolvement", part(deal, &own["prt"])),
        ("recordInvolvement", part(&own["del"], &theirs["prt"])),
        (
            "confirmInvolvement",
            json!({ "idempotencyKey": "s", "id": theirs["inv"] }),
        ),
        (
            "declineInvolvement",
            json!({ "idempotencyKey": "s", "id": theirs["inv"], "reason": "mine" }),
        ),
        (
            "writeOffDeal",
            json!({ "idempotencyKey": "s", "id": deal, "reason": "mine" }),
        ),
        ("closeDealWon", json!({ "idempotencyKey": "s", "id": deal })),
        ("closeDealLost", json!({ "id": deal, "reason": "mine" })),
        ("recordCollection", money.clone()),
        ("recordRefund", money),
    ]
}

/// Every place of an id in the input of every command of the schema, as
/// `approvePayoutRun.id`.
async fn ids_in_commands() -> BTreeSet<String> {
    let schema = contract::introspect().await;
    let mut found = BTreeSet::new();
    for command in list(&schema["mutationType"]["fields"]) {
        for argument in list(&command["args"]) {
            let path = name(command).to_owned();
            collect(&schema, named(&argument["type"]).0, &path, &mut found);
        }
    }
    found
}

fn collect(schema: &Value, input: &str, path: &str, found: &mut BTreeSet<String>) {
    let of = contract::own_types(schema)
        .find(|of| name(of) == input)
        .unwrap();
    for field in list(&of["inputFields"]) {
        let path = format!("{path}.{}", name(field));
        match named(&field["type"]).0 {
            "ID" => drop(found.insert(path)),
            other => collect(schema, other, &path, found),
        }
    }
}

/// Where in a command one of these ids stands.
fn places(path: &str, value: &Value, ids: &BTreeSet<&String>, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if ids.contains(text) => drop(found.insert(path.to_owned())),
        Value::Array(values) => values
            .iter()
            .for_each(|value| places(path, value, ids, found)),
        Value::Object(fields) => {
            for (field, value) in fields {
                places(&format!("{path}.{field}"), value, ids, found);
            }
        }
        _ => {}
    }
}

story! {
    /// Every command that takes an id is tried with another tenant's, as an
    /// owner elsewhere. A new command fails this story until it is tried too.
    async fn a_stranger_changes_nothing(world: World) {
        let acme = Acme::new(&world).await;
        let theirs = whole::everything(&acme).await;
        let rival = Acme::new(&world).await;
        let partner = rival.partner("Rival's partner").await;
        rival.deal(&partner, "1.00").await;
        let own = whole::ids(&rival.owner).await;

        let foreign: BTreeSet<&String> = theirs.values().collect();
        let mut tried = BTreeSet::new();
        let rows = async |tenant| tables::rows(&world.database, tenant).await;
        let before = (rows(acme.tenant).await, rows(rival.tenant).await);
        for (command, input) in commands(&theirs, &own) {
            places(command, &input, &foreign, &mut tried);
            let kind = command[..1].to_uppercase() + &command[1..];
            let document = format!(
                "mutation($input: {kind}Input!) {{ {command}(input: $input) {{ userErrors {{ code }} }} }}"
            );
            let answer = rival.owner.asks(&document, json!({ "input": input })).await;
            // Where more is wrong, that is told as well.
            let error = &answer[command]["userErrors"][0];
            assert_eq!(*error, json!({ "code": "NOT_FOUND" }), "{command} {input}");
        }
        assert_eq!(tried, ids_in_commands().await);
        let after = (rows(acme.tenant).await, rows(rival.tenant).await);
        assert_eq!(after, before, "neither there nor at the stranger's own");
    }
}

const NODES: &str = "query($ids: [ID!]!, $id: ID!) {
    nodes(ids: $ids) { __typename id }
    node(id: $id) { id }
}";

story! {
    /// Each kind of node is there for its owner, and for nobody else.
    async fn a_stranger_finds_nothing(world: World) {
        let acme = Acme::new(&world).await;
        let ids = whole::everything(&acme).await;
        let rival = Acme::new(&world).await;
        let kinds = node_types().await;

        let all: Vec<&String> = ids.values().collect();
        let mut seen = BTreeSet::new();
        for id in ids.values() {
            let variables = json!({ "ids": all, "id": id });
            let own = acme.owner.asks(NODES, variables.clone()).await;
            let nodes = own["nodes"].as_array().unwrap().iter();
            seen.extend(nodes.filter_map(|node| node["__typename"].as_str().map(str::to_owned)));
            let answer = rival.owner.asks(NODES, variables).await;
            assert_eq!(answer["node"], Value::Null, "{id}");
            let nodes = answer["nodes"].as_array().unwrap();
            assert!(nodes.iter().all(Value::is_null), "{answer}");
        }
        assert_eq!(seen, kinds);
    }
}

/// The nouns that are found by their id.
pub async fn node_types() -> BTreeSet<String> {
    let schema = contract::introspect().await;
    let node = contract::own_types(&schema)
        .find(|of| name(of) == "Node")
        .unwrap();
    list(&node["possibleTypes"])
        .iter()
        .map(|of| name(of).to_owned())
        .collect()
}

/// The second fence: on PostgreSQL the tables themselves show a transaction
/// one tenant's rows, and none without a tenant; and what is only ever added
/// cannot be changed even by the tables' owner.
#[tokio::test]
async fn the_database_itself_keeps_tenants_apart() {
    let world = World::new(Backend::Postgres).await;
    let acme = Acme::new(&world).await;
    whole::everything(&acme).await;
    let rival = Acme::new(&world).await;
    positions::begin_epochs(&world.server.engine).await.unwrap();
    let connection = world.database.connect().await;
    let outside = ["api_key", "tenant", "work"];
    let fenced: Vec<String> = tables::entity_columns().into_keys().collect();
    let fenced = fenced
        .iter()
        .filter(|table| !outside.contains(&table.as_str()));

    for table in fenced.clone() {
        let db = tables::pinned(&connection, None).await;
        assert_eq!(
            tables::count(&db, table).await,
            0,
            "{table} without a tenant"
        );
        db.rollback().await.unwrap();
        let db = tables::pinned(&connection, Some(acme.tenant)).await;
        let own = tables::count(&db, table).await;
        assert!(
            own > 0 || table == "payout_hold" || table == "registration_conflict",
            "{table}"
        );
        db.rollback().await.unwrap();
        let db = tables::pinned(&connection, Some(rival.tenant)).await;
        let sql = format!(
            "UPDATE \"{table}\" SET tenant_id = tenant_id WHERE tenant_id = '{}'",
            acme.tenant.0
        );
        let changed = db.execute_unprepared(&sql).await.unwrap().rows_affected();
        assert_eq!(changed, 0, "{table} as another tenant");
        db.rollback().await.unwrap();
    }
    for table in APPENDED {
        for sql in [
            format!("UPDATE \"{table}\" SET tenant_id = tenant_id"),
            format!("DELETE FROM \"{table}\""),
        ] {
            let db = tables::pinned(&connection, Some(acme.tenant)).await;
            let changed = db.execute_unprepared(&sql).await.unwrap().rows_affected();
            assert_eq!(changed, 0, "{sql}");
            db.rollback().await.unwrap();
        }
    }
}
