//! What must not be told: tax numbers, payout destinations and keys.

use serde_json::{Value, json};

use crate::support::acme::{Acme, Partner};
use crate::support::log::Log;
use crate::support::tables;
use crate::support::whole;
use crate::support::world::World;

const TAX_ID: &str = "98-7654321";
const DESTINATION: &str = "iban-de02-1203-0000-0000-2020-51@sandbox";

story! {
    /// A whole story is told, with mistakes in it, and its secrets appear in
    /// no log line, no error and no event.
    async fn secrets_stay_where_they_are(world: World) {
        // The server of a story runs on its thread, so this log is its alone.
        let log = Log::default();
        let _listening = log.listen("debug");

        let acme = Acme::new(&world).await;
        whole::everything(&acme).await;
        let partner = acme.partner_without_papers("Southridge").await;
        let mut answers = vec![files(&partner, "W9", TAX_ID).await];
        answers.push(is_paid_to(&partner, "SANDBOX", DESTINATION).await);
        answers.extend(mistakes(&acme, &partner).await);
        answers.extend(mistakes(&acme, &acme.partner("Other").await).await);
        for answer in answers {
            assert_untold("an answer", &answer.to_string(), &acme, &partner);
        }
        assert_untold("the log", &events(&acme).await, &acme, &partner);
        assert_untold("what is kept", &kept(&world, &acme).await, &acme, &partner);

        let logged = log.text();
        assert!(logged.contains("kind=\"mutation\"") && logged.contains("actor=per_"), "{logged}");
        assert_untold("the log lines", &logged, &acme, &partner);
    }
}

/// Every row of the tenant.
async fn kept(world: &World, acme: &Acme) -> String {
    let rows = tables::rows(&world.database, acme.tenant).await;
    assert!(!rows["payout_method"].is_empty());
    format!("{rows:?}")
}

fn assert_untold(place: &str, text: &str, acme: &Acme, partner: &Partner) {
    let bare = TAX_ID.replace('-', "");
    let keys = [&acme.owner.token, &partner.client.token];
    let keys = keys.map(|token| token.rsplit_once('.').unwrap().1);
    for secret in [TAX_ID, &bare, DESTINATION, keys[0], keys[1]] {
        let found = text.find(secret);
        let around = found.map(|at| &text[at.saturating_sub(200)..at + secret.len()]);
        assert_eq!(around, None, "{place} tells a secret");
    }
}

async fn files(partner: &Partner, kind: &str, tax_id: &str) -> Value {
    let input = json!({
        "idempotencyKey": format!("{kind} {}", tax_id.len()),
        "partnerId": partner.id, "kind": kind, "taxId": tax_id, "signerName": "Sam Signer",
    });
    sends(partner, "submitTaxForm", input).await
}

async fn is_paid_to(partner: &Partner, rail: &str, destination: &str) -> Value {
    let input = json!({
        "idempotencyKey": format!("{rail} {}", destination.len()),
        "partnerId": partner.id, "rail": rail, "destination": destination,
    });
    sends(partner, "addPayoutMethod", input).await
}

/// Sends a command with whatever comes of it.
async fn sends(partner: &Partner, command: &str, input: Value) -> Value {
    let kind = command[..1].to_uppercase() + &command[1..];
    let document = format!(
        "mutation($input: {kind}Input!) {{ {command}(input: $input) {{ userErrors {{ code field message }} }} }}"
    );
    partner
        .client
        .post(&document, json!({ "input": input }))
        .await
}

/// What goes wrong with a secret in hand: a wrong kind, a wrong type, a wrong
/// rail, a wrong place, and a secret written into the document itself.
async fn mistakes(acme: &Acme, partner: &Partner) -> Vec<Value> {
    let doubled = format!("{TAX_ID} {TAX_ID} {}", "9".repeat(300));
    let inline = format!(
        "mutation {{ submitTaxForm(input: {{ idempotencyKey: \"t\", partnerId: \"{}\", kind: W9, taxId: \"{TAX_ID}\", \
         signer: \"Sam\" }}) {{ taxForm {{ id }} }} }}",
        partner.id
    );
    let stranger = Partner {
        id: acme.program.clone(),
        client: partner.client.clone(),
    };
    vec![
        files(partner, "PASSPORT", TAX_ID).await,
        files(partner, "GSTIN", TAX_ID).await,
        files(partner, "W9", &doubled).await,
        files(&stranger, "W9", TAX_ID).await,
        is_paid_to(partner, "carrier-pigeon", DESTINATION).await,
        is_paid_to(partner, "PAYPAL", DESTINATION).await,
        is_paid_to(&stranger, "SANDBOX", DESTINATION).await,
        is_paid_to(partner, "SANDBOX", &DESTINATION.repeat(20)).await,
        sends(
            partner,
            "submitTaxForm",
            json!({ "idempotencyKey": "t", "taxId": [TAX_ID] }),
        )
        .await,
        sends(
            partner,
            "addPayoutMethod",
            json!({ "idempotencyKey": "t", "destination": { "iban": DESTINATION } }),
        )
        .await,
        partner.client.post(&inline, json!({})).await,
    ]
}

/// The tenant's log, in full.
async fn events(acme: &Acme) -> String {
    let document = "query($after: Position) { events(first: 100, after: $after) {
        position kind subject data actor { name } occurredAt } }";
    let (mut text, mut after) = (String::new(), Value::Null);
    loop {
        let page = acme.owner.asks(document, json!({ "after": after })).await;
        let Some(last) = page["events"].as_array().unwrap().last() else {
            return text;
        };
        text += &page.to_string();
        after = last["position"].clone();
    }
}
