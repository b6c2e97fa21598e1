//! Who may do what, and who is let in at all.

use std::fmt::Write;

use reqwest::StatusCode;
use sea_orm::Iterable;
use serde_json::{Value, json};
use tributary_domain::access::{Permission, Role};

use crate::api::verbs;
use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::contract::assert_committed;
use crate::support::tables;
use crate::support::whole;
use crate::support::world::World;

/// The matrix is a file that people read and that changes under review alone.
#[test]
fn the_committed_matrix_is_the_one_in_force() {
    let mut matrix = String::from("Who may do what: `cargo test` keeps this file true.\n\n");
    let mut line = |first: &str, cells: Vec<String>| {
        let mut row = format!("{first:<20}");
        for cell in cells {
            write!(row, "{cell:<12}").unwrap();
        }
        writeln!(matrix, "{}", row.trim_end()).unwrap();
    };
    line("", Role::iter().map(|role| format!("{role:?}")).collect());
    for permission in Permission::iter() {
        let mark = |role: Role| if role.may(permission) { "yes" } else { "-" }.to_owned();
        line(&format!("{permission:?}"), Role::iter().map(mark).collect());
    }
    assert_committed("tests/it/api/access.txt", &matrix);
}

story! {
    /// The schema has every permission by name. A key can ask for its own, and what
    /// it may not do names the one that it lacks.
    async fn permissions_have_public_names(world: World) {
        let acme = Acme::new(&world).await;
        let document = "{ __type(name: \"Permission\") { enumValues { name } }
            viewer { role permissions } }";
        for (role, client) in [
            (Role::Owner, acme.owner.clone()),
            (Role::Finance, acme.person("Fay", "FINANCE").await),
            (Role::Partner, acme.partner("Northwind").await.client),
        ] {
            let seen = client.asks(document, json!({})).await;
            let values = seen["__type"]["enumValues"].as_array().unwrap();
            let names: Vec<_> = values.iter().map(|value| text(&value["name"])).collect();
            let all: Vec<_> = Permission::iter().map(|each| each.to_string()).collect();
            assert_eq!(names, all);
            let own: Vec<_> = role.permissions().map(|each| each.to_string()).collect();
            assert_eq!(seen["viewer"]["permissions"], json!(own), "{role:?}");
        }
        let vera = acme.person("Vera", "VIEWER").await;
        let document = "mutation { 	advanceTestClock(input: { to: \"2027-01-01T00:00:00Z\" }) { tenant { id } } }";
        let answer = vera.post(document, json!({})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["permission"], "CLOCK_ADVANCE", "{answer}");
        assert_eq!(error["message"], "this key may not do that: it takes the permission CLOCK_ADVANCE");
    }
}

story! {
    /// Whoever only looks changes nothing, whatever they try.
    async fn a_viewer_changes_nothing(world: World) {
        let acme = Acme::new(&world).await;
        let ids = whole::everything(&acme).await;
        let vera = acme.person("Vera", "VIEWER").await;
        let before = tables::rows(&world.database, acme.tenant).await;
        // Running a receipt again writes nothing: the comparison below covers it.
        let all = verbs::commands(&ids, &ids).into_iter();
        for (command, input) in all.filter(|(command, _)| command != "rerunEvaluation") {
            assert!(verbs::is_forbidden(&vera, &command, &input).await, "{command}");
        }
        assert_eq!(tables::rows(&world.database, acme.tenant).await, before);
        let seen = vera.asks("{ deals { nodes { id } } ledger { balanced } }", json!({})).await;
        assert_eq!(seen["deals"]["nodes"][0]["id"], ids["del"]);
    }
}

story! {
    /// Finance pays by the rules, and does not make them.
    async fn finance_does_not_make_the_rules(world: World) {
        let acme = Acme::new(&world).await;
        let fay = acme.person("Fay", "FINANCE").await;
        let input = json!({ "idempotencyKey": "p", "name": "Fay's", "model": "REFERRAL", "currency": "USD" });
        assert_eq!(fay.is_refused("createProgram", "program { id }", input).await, "FORBIDDEN");
        let input = json!({ "idempotencyKey": "i", "name": "Fay & Co", "programId": acme.program });
        assert_eq!(fay.is_refused("invitePartner", "partner { id }", input).await, "FORBIDDEN");

        let input = json!({ "idempotencyKey": "f", "programId": acme.program });
        let outcome = fay.tries("proposePayoutRun", "payoutRun { id }", input).await;
        outcome.fails_with("NOTHING_TO_PAY");
    }
}

const OWN_ROWS: &str = "{
    partners { nodes { id } }
    registrations { nodes { partner { id } } }
    deals { nodes { id involvements { nodes { partner { id } } } credit { shares { partner { id } } } } }
    commissions { nodes { partner { id } evaluation { id } } }
    earnings { nodes { partner { id } } }
    payoutRuns { nodes { payouts { nodes { partner { id } } } holds { partner { id } } } }
    plugins { nodes { id } }
}";

story! {
    /// A partner's key shows the partner's own rows, and of others not even
    /// that they are there.
    async fn a_partner_sees_its_own_rows_alone(world: World) {
        let acme = Acme::new(&world).await;
        let (north, south) = (acme.partner("Northwind").await, acme.partner("Southridge").await);
        for (partner, domain) in [(&north, "globex.example"), (&south, "initech.example")] {
            let input = acme.registration(partner, "Customer", domain);
            partner.client.does("registerDeal", "registration { id }", input).await;
        }
        let theirs = acme.deal(&south, "5000.00").await;
        let shared = acme.deal(&north, "9000.00").await;
        acme.involves(&shared, &south, "INFLUENCED", "VALIDATED").await;
        for deal in [&theirs, &shared] {
            acme.wins(deal).await;
            acme.collects(deal, "2000.00").await;
        }
        acme.day("2026-03-05").await;
        acme.proposes_run(&acme.owner).await;

        let seen = north.client.asks(OWN_ROWS, json!({})).await;
        let words = seen.to_string();
        assert!(words.contains(&north.id) && words.contains(&shared.id), "{seen:#}");
        assert!(!words.contains(&south.id) && !words.contains(&theirs.id), "{seen:#}");
        assert_eq!(seen["commissions"]["nodes"].as_array().unwrap().len(), 1);
        assert_eq!(seen["commissions"]["nodes"][0]["evaluation"], Value::Null, "{seen:#}");

        for books in ["{ ledger { balanced } }", "{ events { id } }", "{ apiKeys { nodes { id } } }"] {
            let answer = north.client.post(books, json!({})).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{books} {answer}");
        }
        for id in [&south.id, &theirs.id] {
            let input = json!({ "id": id });
            let node = north.client.asks("query($id: ID!) { node(id: $id) { id } }", input).await;
            assert_eq!(node["node"], Value::Null);
        }
    }
}

story! {
    /// Without a key, with somebody's invention, and with a revoked one, the
    /// door stays shut.
    async fn only_good_keys_open_the_door(world: World) {
        let acme = Acme::new(&world).await;
        let mia = acme.person("Mia", "MANAGER").await;
        assert_eq!(knock(&mia).await, (StatusCode::OK, Value::Null));

        let [tenant, id, secret] = parts(&mia.token);
        let forged = format!("{tenant}.{id}.{}", "0".repeat(secret.len()));
        let nobodys = format!("{tenant}.key_00000000000000000000000000.{secret}");
        let elsewhere = format!("ten_00000000000000000000000000.{id}.{secret}");
        for token in ["", "nonsense", id, &forged, &nobodys, &elsewhere, &format!("{id}.{secret}")] {
            assert_stays_shut(&Client::new(&acme.owner.url, token)).await;
        }

        acme.owner.does("revokeApiKey", "apiKey { revokedAt }", json!({ "id": id })).await;
        assert_stays_shut(&mia).await;
    }
}

/// The tenant, the id and the secret in a token.
fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().unwrap()
}

async fn assert_stays_shut(client: &Client) {
    let shut = (StatusCode::UNAUTHORIZED, json!("UNAUTHENTICATED"));
    assert_eq!(knock(client).await, shut, "{:?}", client.token);
}

/// The status, and the code of the first error.
async fn knock(client: &Client) -> (StatusCode, Value) {
    let request = reqwest::Client::new().post(format!("{}/graphql", client.url));
    let request = request.json(&json!({ "query": "{ viewer { role } }" }));
    let answer = request.bearer_auth(&client.token).send().await.unwrap();
    let status = answer.status();
    let answer: Value = answer.json().await.unwrap();
    (status, answer["errors"][0]["extensions"]["code"].clone())
}

story! {
    /// A key's secret is told once. The database does not know it.
    async fn a_key_is_shown_once(world: World) {
        let acme = Acme::new(&world).await;
        let mia = acme.person("Mia", "MANAGER").await;
        let [_, id, secret] = parts(&mia.token);

        let keys = acme.owner.asks("{ apiKeys { nodes { id name } } }", json!({})).await;
        let known = keys["apiKeys"]["nodes"].as_array().unwrap();
        assert!(known.iter().any(|key| text(&key["id"]) == id), "{keys}");
        assert!(!keys.to_string().contains(secret));

        let stolen = tables::dump(&world.database, acme.tenant).await;
        assert!(stolen.contains("Mia"), "the dump shows what is there");
        assert!(!stolen.contains(secret));
    }
}
