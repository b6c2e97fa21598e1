//! Commands that may go without an idempotency key: with one, a late repetition changes
//! nothing, and answers as the first did.

use serde_json::{Value, json};

use crate::api::bad_input::opening;
use crate::api::repeats::{Repeats, nobodys};
use crate::rule::rules;
use crate::support::acme::{Acme, Partner, text, usd, usual_rules};
use crate::support::client::Client;
use crate::support::world::World;

story! {
    /// With the same key and arguments each is done once, and with others refused.
    async fn what_may_go_without_a_key_is_done_once_with_one(world: World) {
        let acme = Acme::new(&world).await;
        let second = acme.person("Vic", "OWNER").await;
        let mut repeats = Repeats::new(&world, &acme, false).await;
        the_tenant(&mut repeats).await;
        let partner = the_papers(&mut repeats, &second).await;
        the_deals(&mut repeats, &partner).await;
        the_code(&mut repeats, &second).await;
        the_money(&mut repeats, &second, &partner).await;
        repeats.were_all_tried();
    }
}

story! {
    /// What another person did since stays as it is.
    async fn a_late_repetition_undoes_nothing(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let registration = acme.registration(&partner, "Globex", "globex.example");
        let selection = "registration { id state }";
        let registered = acme.owner.does("registerDeal", selection, registration).await;
        let approval = json!({ "id": registered["id"], "idempotencyKey": acme.key() });
        acme.owner.does("approveRegistration", selection, approval.clone()).await;
        let rejection = json!({ "id": registered["id"], "reason": "not theirs" });
        acme.owner.does("rejectRegistration", selection, rejection).await;
        let late = acme.owner.does("approveRegistration", selection, approval).await;
        assert_eq!(late["state"], "REJECTED");
    }
}

story! {
    /// A key's token is told once; whoever did not hear it revokes the key.
    async fn a_token_is_told_once(world: World) {
        let acme = Acme::new(&world).await;
        let input = json!({ "name": "CRM", "role": "FINANCE", "idempotencyKey": acme.key() });
        let document = "mutation($input: CreateApiKeyInput!) {
            createApiKey(input: $input) { apiKey { id } token userErrors { code } }
        }";
        let first = acme.owner.asks(document, json!({ "input": input })).await;
        assert!(first["createApiKey"]["token"].is_string());
        let again = acme.owner.asks(document, json!({ "input": input })).await;
        assert_eq!(again["createApiKey"]["token"], Value::Null);
        assert_eq!(again["createApiKey"]["apiKey"], first["createApiKey"]["apiKey"]);
        // Another person would answer for another key.
        let second = acme.person("Vic", "OWNER").await;
        let refused = second.tries("createApiKey", "apiKey { id }", input).await;
        refused.fails_with("IDEMPOTENCY_MISMATCH");
    }
}

fn another(id: &Value) -> Value {
    json!({ "id": nobodys(id) })
}

/// Keys, the clock and terms.
async fn the_tenant(repeats: &mut Repeats<'_>) {
    let key = json!({ "name": "CRM", "role": "FINANCE" });
    let other = json!({ "name": "ERP" });
    let key = repeats.does("createApiKey", "apiKey", key, other).await;
    let input = json!({ "id": key["id"] });
    let other = another(&key["id"]);
    repeats.does("revokeApiKey", "apiKey", input, other).await;
    let day = json!({ "to": "2026-01-06T09:00:00Z" });
    let other = json!({ "to": "2026-01-07T09:00:00Z" });
    repeats.does("advanceTestClock", "tenant", day, other).await;
    let acme = repeats.acme;
    let terms = json!({
        "idempotencyKey": acme.key(), "programId": acme.program, "agreementText": "Be fair.",
        "protectionDays": 90, "autoApprove": true, "holdDays": 30,
        "payoutMinimum": usd("1.00"), "effectiveAt": "2026-06-01T00:00:00Z",
        "rules": usual_rules(),
    });
    let terms = acme.owner.does("publishTerms", "terms { id }", terms).await;
    let input = json!({ "id": terms["id"], "reason": "too generous" });
    let other = json!({ "reason": "too late" });
    repeats.does("withdrawTerms", "terms", input, other).await;
}

/// A partner that lacks nothing, after a form that was rejected and a mistyped method.
async fn the_papers(repeats: &mut Repeats<'_>, second: &Client) -> Partner {
    let acme = repeats.acme;
    let invitation = json!({
        "idempotencyKey": acme.key(), "name": "Northwind", "programId": acme.program,
    });
    let partner = acme
        .owner
        .does("invitePartner", "partner { id }", invitation)
        .await;
    let id = partner["id"].clone();
    let terms = &acme.terms;
    let person = acme
        .owner
        .asks("{ viewer { actor { id } } }", json!({}))
        .await;
    let input = json!({ "id": id, "personId": person["viewer"]["actor"]["id"] });
    repeats
        .does(
            "assignPartner",
            "partner",
            input,
            json!({ "personId": null }),
        )
        .await;
    let agreement = json!({
        "partnerId": id, "termsId": terms["id"], "act": "clicked",
        "documentDigest": terms["documentDigest"],
        "signerName": "Sam", "signerAuthority": "Director",
    });
    let other = json!({ "signerName": "Sue" });
    repeats
        .does("acceptAgreement", "agreement", agreement, other)
        .await;
    for decision in ["rejectTaxForm", "approveTaxForm"] {
        let form = json!({
            "idempotencyKey": acme.key(), "partnerId": id, "kind": "W9", "taxId": "12-3456789",
            "signerName": "Sam",
        });
        let form = acme
            .owner
            .does("submitTaxForm", "taxForm { id }", form)
            .await;
        let mut input = json!({ "id": form["id"] });
        if decision == "rejectTaxForm" {
            input["reason"] = json!("unreadable");
        }
        let other = another(&form["id"]);
        repeats
            .does_by(second, decision, "taxForm", input, other)
            .await;
    }
    for destination in ["bank-0041@sandbox", "bank-0042@sandbox"] {
        let method = json!({
            "idempotencyKey": acme.key(), "partnerId": id, "rail": "MANUAL",
            "destination": destination,
        });
        let method = acme
            .owner
            .does("addPayoutMethod", "payoutMethod { id }", method)
            .await;
        if destination == "bank-0041@sandbox" {
            let input = json!({ "id": method["id"], "reason": "mistyped" });
            let other = json!({ "reason": "closed" });
            repeats
                .does("disablePayoutMethod", "payoutMethod", input, other)
                .await;
        } else {
            let other = another(&method["id"]);
            let input = json!({ "id": method["id"] });
            repeats
                .does_by(second, "verifyPayoutMethod", "payoutMethod", input, other)
                .await;
        }
    }
    let input = json!({ "person": "Nora", "role": "PARTNER", "partnerId": id });
    Partner {
        id: text(&id),
        client: acme.key_holder(input).await,
    }
}

/// Registrations that are decided and given up, and a deal that is lost.
async fn the_deals(repeats: &mut Repeats<'_>, partner: &Partner) {
    let acme = repeats.acme;
    for (command, domain) in [
        ("approveRegistration", "globex.example"),
        ("rejectRegistration", "initech.example"),
        ("withdrawRegistration", "hooli.example"),
    ] {
        let registration = acme.registration(partner, domain, domain);
        let selection = "registration { id }";
        let registration = acme
            .owner
            .does("registerDeal", selection, registration)
            .await;
        let input = json!({ "id": registration["id"], "reason": "we spoke" });
        let other = json!({ "reason": "they wrote" });
        repeats.does(command, "registration", input, other).await;
    }
    let mut deal = opening(acme, "", usd("1.00"));
    deal["idempotencyKey"] = json!(acme.key());
    deal["account"] = json!({ "name": "Umbrella", "domain": "umbrella.example" });
    let deal = acme.owner.does("openDeal", "deal { id }", deal).await;
    let input = json!({ "id": deal["id"], "reason": "bankrupt" });
    let other = json!({ "reason": "no answer" });
    repeats.does("closeDealLost", "deal", input, other).await;
}

/// A rule is published, and its use approved and called off.
async fn the_code(repeats: &mut Repeats<'_>, second: &Client) {
    let acme = repeats.acme;
    let upload = rules::uploads(&acme.owner, rules::misbehaving()).await;
    let input = json!({ "uploadId": upload });
    let other = json!({ "uploadId": nobodys(&json!(upload)) });
    let version = repeats
        .does("publishPlugin", "pluginVersion", input, other)
        .await;
    for command in ["approveActivation", "cancelActivation"] {
        let proposal = json!({
            "idempotencyKey": acme.key(), "pluginVersionId": version["id"],
            "reason": "it is better", "effectiveAt": "2026-07-01T00:00:00Z",
        });
        let selection = "activation { id }";
        let proposed = acme
            .owner
            .does("proposeActivation", selection, proposal)
            .await;
        let input = json!({ "id": proposed["id"] });
        let other = another(&proposed["id"]);
        repeats
            .does_by(second, command, "activation", input, other)
            .await;
    }
}

/// A commission is put to its rule again; one run is called off, and one is paid by hand.
async fn the_money(repeats: &mut Repeats<'_>, second: &Client, partner: &Partner) {
    let acme = repeats.acme;
    let deal = acme.deal(partner, "10000.00").await;
    acme.wins(&deal).await;
    let commission = rules::commissions(acme, &deal).await.remove(0);
    let other = another(&commission["id"]);
    let input = json!({ "id": commission["id"] });
    repeats
        .does("retryCommission", "commission", input, other)
        .await;
    acme.collects(&deal, "10000.00").await;
    acme.day("2026-03-10").await;
    let run = acme.proposes_run(&acme.owner).await;
    let (input, other) = (json!({ "id": run["id"] }), another(&run["id"]));
    repeats
        .does("cancelPayoutRun", "payoutRun", input, other)
        .await;
    let run = acme.proposes_run(&acme.owner).await;
    let (input, other) = (json!({ "id": run["id"] }), another(&run["id"]));
    repeats
        .does_by(second, "approvePayoutRun", "payoutRun", input, other)
        .await;
    let payout = acme.payout_that_is(&run["id"], "SENT").await;
    let report = json!({
        "id": payout["id"], "outcome": "PAID", "occurredAt": "2026-03-10T08:00:00Z",
        "reference": "wire 17", "evidence": "the statement of March",
        "idempotencyKey": acme.key(),
    });
    acme.owner
        .does("reportPayoutOutcome", "payout { id }", report)
        .await;
    let input = json!({ "id": payout["id"], "outcome": "PAID", "reference": "wire 17" });
    let other = json!({ "reference": "wire 18" });
    repeats
        .does_by(second, "confirmPayoutOutcome", "payout", input, other)
        .await;
}
