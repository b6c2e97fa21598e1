//! Terms come into force on their date: not earlier, and nothing begins under the ones
//! before them from then on.

use serde_json::{Value, json};

use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::world::World;

/// The versions of the program's terms with their states, oldest first.
async fn versions(client: &Client, program: &str) -> Vec<(i64, String)> {
    let document = "query($id: ID!) { node(id: $id) { ... on Program {
        state terms(first: 10) { nodes { version state } } } } }";
    let answer = client.asks(document, json!({ "id": program })).await;
    let rows = answer["node"]["terms"]["nodes"].as_array().unwrap().iter();
    rows.map(|row| (row["version"].as_i64().unwrap(), text(&row["state"])))
        .collect()
}

fn stand(states: &[&str]) -> Vec<(i64, String)> {
    (1..)
        .zip(states.iter().map(|&state| state.to_owned()))
        .collect()
}

/// What is sent to publish terms from a day on.
fn from(acme: &Acme, day: &str, days: i32) -> Value {
    json!({
        "idempotencyKey": acme.key(), "programId": acme.program,
        "effectiveAt": format!("{day}T09:00:00Z"), "agreementText": "Be fairer.",
        "protectionDays": days, "autoApprove": true, "holdDays": 30,
        "payoutMinimum": { "amount": "100.00", "currency": "USD" }, "rules": [],
    })
}

const TERMS: &str = "terms { id version state publishedAt effectiveAt documentDigest }";

story! {
    /// Partners accept what is to come; on the day, the first command goes by it, before
    /// the server has done anything.
    async fn the_next_terms_have_a_date(world: World) {
        let mut acme = Acme::new(&world).await;
        let program = acme.program.clone();
        let partner = acme.partner_without_papers("Northwind").await;
        let next = acme.owner.does("publishTerms", TERMS, from(&acme, "2026-02-01", 30)).await;
        assert_eq!((&next["state"], &next["version"]), (&json!("SCHEDULED"), &json!(2)));
        assert_eq!(next["publishedAt"], "2026-01-05T09:00:00.000Z");
        assert_eq!(next["effectiveAt"], "2026-02-01T09:00:00.000Z");
        assert_eq!(versions(&acme.owner, &program).await, stand(&["IN_FORCE", "SCHEDULED"]));

        let registration = "registration { terms { version } protectedUntil }";
        let input = acme.registration(&partner, "Globex", "globex.example");
        let now = partner.client.does("registerDeal", registration, input).await;
        assert_eq!(now["terms"]["version"], 1);

        acme.terms = next;
        acme.accepts(&partner).await;
        acme.day("2026-02-01").await;
        let input = acme.registration(&partner, "Initech", "initech.example");
        let then = partner.client.does("registerDeal", registration, input).await;
        assert_eq!(then["terms"]["version"], 2);
        assert_eq!(then["protectedUntil"], "2026-03-03T09:00:00.000Z");
        assert_eq!(versions(&partner.client, &program).await, stand(&["SUPERSEDED", "IN_FORCE"]));
    }
}

story! {
    /// Where nobody asks, the server does it; a program without terms opens by it.
    async fn the_server_begins_terms_on_their_date(world: World) {
        let acme = Acme::without_program(&world).await;
        let input = json!({
            "idempotencyKey": acme.key(), "name": "Later", "model": "REFERRAL", "currency": "USD",
        });
        let program = acme.owner.does("createProgram", "program { id }", input).await;
        let mut input = from(&acme, "2026-02-01", 30);
        input["programId"] = program["id"].clone();
        acme.owner.does("publishTerms", TERMS, input).await;
        let program = text(&program["id"]);
        let invitation = json!({
            "idempotencyKey": acme.key(), "name": "Northwind", "programId": program,
        });
        let invited = acme.owner.tries("invitePartner", "partner { id }", invitation).await;
        invited.fails_with("PROGRAM_NOT_OPEN");

        acme.day("2026-02-01").await;
        let waits = async {
            while versions(&acme.owner, &program).await != stand(&["IN_FORCE"]) {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), waits).await.unwrap();
        let kinds = "{ events(first: 100) { kind } }";
        let told = acme.owner.asks(kinds, json!({})).await;
        let told = told["events"].to_string();
        assert!(told.contains("TERMS_TOOK_EFFECT"), "{told}");
    }
}

story! {
    /// One version waits at a time. It is withdrawn before its date, and not after it.
    async fn terms_are_withdrawn_before_their_date(world: World) {
        let acme = Acme::new(&world).await;
        let next = acme.owner.does("publishTerms", TERMS, from(&acme, "2026-02-01", 30)).await;
        let second = acme.owner.tries("publishTerms", TERMS, from(&acme, "2026-03-01", 20)).await;
        let refused = second.fails_with("TERMS_SCHEDULED");
        assert_eq!(refused["ids"], json!([next["id"]]));

        let withdraw = json!({ "id": next["id"], "reason": "the board said no" });
        for _ in 0..2 {
            let gone = acme.owner.does("withdrawTerms", TERMS, withdraw.clone()).await;
            assert_eq!(gone["state"], "WITHDRAWN");
        }
        let third = acme.owner.does("publishTerms", TERMS, from(&acme, "2026-03-01", 20)).await;
        assert_eq!(third["version"], 3);
        acme.day("2026-03-01").await;
        let late = json!({ "id": third["id"], "reason": "too late" });
        acme.owner.tries("withdrawTerms", TERMS, late).await.fails_with("WRONG_STATE");
        let stands = stand(&["SUPERSEDED", "WITHDRAWN", "IN_FORCE"]);
        let waits = async {
            while versions(&acme.owner, &acme.program).await != stands {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), waits).await.unwrap();

        let past = acme.owner.tries("publishTerms", TERMS, from(&acme, "2026-02-01", 20)).await;
        assert_eq!(past.fails_with("INVALID_INPUT")["field"][1], "effectiveAt");
    }
}
