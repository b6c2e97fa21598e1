//! Paying by hand, and payouts of which no rail tells what became of them: people
//! do, one after the other.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::acme::{Acme, text, usual_rules};
use crate::support::client::Client;
use crate::support::tables;
use crate::support::world::World;

/// What a person reports of a payout.
pub fn report(acme: &Acme, payout: &Value, outcome: &str, reference: &str) -> Value {
    json!({
        "idempotencyKey": acme.key(), "id": payout["id"], "outcome": outcome,
        "occurredAt": "2026-02-10T08:00:00Z", "reference": reference,
        "evidence": "bank statement of 10 February",
    })
}

/// What a person confirms of it.
fn confirmation(payout: &Value, outcome: &str, reference: &str) -> Value {
    json!({ "id": payout["id"], "outcome": outcome, "reference": reference })
}

/// A tenant whose partner is owed 1,000.00, and an approved run over it.
pub async fn approved_run(world: &World, destination: &str, rail: &str) -> (Acme, Value, Client) {
    let acme = Acme::new(world).await;
    let partner = acme.partner_without_papers("Northwind =1+1").await;
    acme.files_tax_form(&partner).await;
    acme.adds_payout_method_on(&partner, rail, destination)
        .await;
    let deal = acme.deal(&partner, "10000.00").await;
    acme.wins(&deal).await;
    acme.collects(&deal, "10000.00").await;
    acme.day("2026-02-10").await;
    let run = acme.proposes_run(&acme.owner).await;
    let fay = acme.person("Fay", "FINANCE").await;
    let input = json!({ "id": run["id"] });
    fay.does("approvePayoutRun", "payoutRun { id }", input)
        .await;
    (acme, run["id"].clone(), fay)
}

async fn state_of(acme: &Acme, run: &Value) -> String {
    let document = "query($id: ID!) { node(id: $id) { ... on PayoutRun { state } } }";
    let answer = acme.owner.asks(document, json!({ "id": run })).await;
    text(&answer["node"]["state"])
}

story! {
    /// A run over the manual rail is exported, somebody pays and says so with date
    /// and reference, somebody else confirms, and the run is done.
    async fn what_is_paid_by_hand_is_reported_and_confirmed(world: World) {
        let (acme, run, fay) = approved_run(&world, "=HYPERLINK(\"x\")", "MANUAL").await;
        let payout = acme.payout_that_is(&run, "SENT").await;
        let selection = "export { csv count hasMore last }";
        let viewer = acme.person("Vera", "VIEWER").await;
        let input = json!({ "id": run });
        assert_eq!(viewer.is_refused("exportPayoutRun", selection, input.clone()).await, "FORBIDDEN");
        let export = fay.does("exportPayoutRun", selection, input).await;
        assert_eq!((&export["count"], &export["hasMore"]), (&json!(1), &json!(false)));
        let lines: Vec<&str> = export["csv"].as_str().unwrap().lines().collect();
        assert_eq!(lines[0], "payout,reference,partner,destination,amount,currency");
        let (id, reference) = (text(&payout["id"]), text(&payout["reference"]));
        let expected = format!("{id},{reference},Northwind =1+1,\"'=HYPERLINK(\"\"x\"\")\",1000.00,USD");
        assert_eq!(lines[1], expected);
        let more = json!({ "id": run, "after": payout["id"] });
        assert_eq!(fay.does("exportPayoutRun", selection, more).await["count"], 0);
        let exported = acme.owner.asks("{ events(first: 100) { kind } }", json!({})).await.to_string();
        assert!(exported.contains("PAYOUT_RUN_EXPORTED"));

        let selection = "payout { state report { outcome reference confirmedBy { name } } }";
        let early = confirmation(&payout, "PAID", "wire 17");
        acme.owner.tries("confirmPayoutOutcome", selection, early).await.fails_with("WRONG_STATE");
        let mut tomorrow = report(&acme, &payout, "PAID", "wire 17");
        tomorrow["occurredAt"] = json!("2026-02-11T09:00:00Z");
        let refused = fay.tries("reportPayoutOutcome", selection, tomorrow).await;
        assert_eq!(refused.fails_with("INVALID_INPUT")["field"], json!(["input", "occurredAt"]));
        let said = report(&acme, &payout, "PAID", "wire 17");
        let reported = fay.does("reportPayoutOutcome", selection, said).await;
        assert_eq!(reported["state"], "SENT", "nothing counts that one person says");
        let again = fay.does("exportPayoutRun", "export { count }", json!({ "id": run })).await;
        assert_eq!(again["count"], 0, "what is reported is not paid once more");
        let alone = fay.tries("confirmPayoutOutcome", selection, confirmation(&payout, "PAID", "wire 17")).await;
        alone.fails_with("SECOND_PERSON_NEEDED");
        for (outcome, reference) in [("PAID", "wire 18"), ("FAILED", "wire 17")] {
            let other = confirmation(&payout, outcome, reference);
            acme.owner.tries("confirmPayoutOutcome", selection, other).await.fails_with("WRONG_STATE");
        }
        let confirm = confirmation(&payout, "PAID", "wire 17");
        let paid = acme.owner.does("confirmPayoutOutcome", selection, confirm.clone()).await;
        assert_eq!((&paid["state"], &paid["report"]["confirmedBy"]["name"]), (&json!("PAID"), &json!("Ada")));
        assert_eq!(acme.owner.does("confirmPayoutOutcome", selection, confirm).await, paid);
        assert_eq!(state_of(&acme, &run).await, "DONE");
        let states: Vec<_> = acme.earnings().await.into_iter().map(|row| row.2).collect();
        assert_eq!(states, ["PAID"]);
        let late = report(&acme, &payout, "FAILED", "wire 19");
        fay.tries("reportPayoutOutcome", selection, late).await.fails_with("WRONG_STATE");
        assert!(acme.is_balanced().await);
    }
}

story! {
    /// A payout whose fate the rail never tells ends by evidence: reported by one
    /// person, confirmed by another. What failed so waits for the next run.
    async fn an_unknown_payout_ends_by_evidence(world: World) {
        let (acme, run, fay) = approved_run(&world, "silent@sandbox", "SANDBOX").await;
        let payout = acme.payout_that_is(&run, "UNKNOWN").await;
        acme.day("2026-05-11").await;
        let selection = "payout { state }";
        let input = json!({ "id": run });
        acme.owner.tries("cancelPayoutRun", "payoutRun { id }", input).await.fails_with("WRONG_STATE");
        acme.owner.does("reportPayoutOutcome", selection, report(&acme, &payout, "PAID", "a guess")).await;
        // A later report takes the place of the earlier one, and is its maker's.
        fay.does("reportPayoutOutcome", selection, report(&acme, &payout, "FAILED", "letter 4")).await;
        let stale = confirmation(&payout, "PAID", "a guess");
        fay.tries("confirmPayoutOutcome", selection, stale).await.fails_with("WRONG_STATE");
        let confirm = confirmation(&payout, "FAILED", "letter 4");
        fay.tries("confirmPayoutOutcome", selection, confirm.clone()).await.fails_with("SECOND_PERSON_NEEDED");
        // Not while what was sent may still be on its way.
        acme.owner.tries("confirmPayoutOutcome", selection, confirm.clone()).await.fails_with("WRONG_STATE");
        let sent_long_ago = "UPDATE payout SET called_at = called_at - 330000";
        let connection = world.database.connect().await;
        let db = tables::pinned(&connection, Some(acme.tenant)).await;
        assert_eq!(db.execute_unprepared(sent_long_ago).await.unwrap().rows_affected(), 1);
        db.commit().await.unwrap();
        let failed = acme.owner.does("confirmPayoutOutcome", selection, confirm).await;
        assert_eq!(failed["state"], "FAILED");
        assert_eq!(state_of(&acme, &run).await, "DONE");
        let states: Vec<_> = acme.earnings().await.into_iter().map(|row| row.2).collect();
        assert_eq!(states, ["PAYABLE"]);

        // Over the manual rail, whatever the payout method is on.
        let input = json!({ "idempotencyKey": acme.key(), "programId": acme.program, "rail": "MANUAL" });
        let next = acme.owner.does("proposePayoutRun", "payoutRun { id rail }", input).await;
        assert_eq!(next["rail"], "MANUAL");
        acme.prepared(&next["id"]).await;
        fay.does("approvePayoutRun", "payoutRun { id }", json!({ "id": next["id"] })).await;
        let payout = acme.payout_that_is(&next["id"], "SENT").await;
        fay.does("reportPayoutOutcome", selection, report(&acme, &payout, "PAID", "wire 1")).await;
        acme.owner.does("confirmPayoutOutcome", selection, confirmation(&payout, "PAID", "wire 1")).await;
        assert_eq!(state_of(&acme, &next["id"]).await, "DONE");
        assert!(acme.is_balanced().await);
    }
}

story! {
    /// The rails of a server are a question; a live tenant has the manual one, and
    /// nothing that only pretends to pay.
    async fn a_live_tenant_can_be_paid(world: World) {
        let names = async |client: &Client| client.asks("{ rails { name answers } }", json!({})).await["rails"].take();
        let manual = json!({ "name": "MANUAL", "answers": false });
        let sandbox = Acme::without_program(&world).await;
        assert_eq!(names(&sandbox.owner).await, json!([manual, { "name": "SANDBOX", "answers": true }]));
        let live = Acme::live(&world).await;
        assert_eq!(names(&live.owner).await, json!([manual]));
        let mut live = live.open_program(usual_rules()).await;
        live.publish_terms(json!({ "rules": usual_rules(), "holdDays": 0 })).await;
        let partner = live.partner_without_papers("Northwind").await;
        let method = |rail: &str| json!({
            "idempotencyKey": live.key(), "partnerId": partner.id, "rail": rail, "destination": "IBAN 1",
        });
        let selection = "payoutMethod { id rail }";
        let pretended = partner.client.tries("addPayoutMethod", selection, method("SANDBOX")).await;
        assert_eq!(pretended.fails_with("INVALID_INPUT")["field"], json!(["input", "rail"]));
        let method = partner.client.does("addPayoutMethod", selection, method("MANUAL")).await;
        live.owner.does("verifyPayoutMethod", selection, json!({ "id": method["id"] })).await;
        live.files_tax_form(&partner).await;
        let deal = live.deal(&partner, "10000.00").await;
        live.wins(&deal).await;
        live.collects(&deal, "10000.00").await;

        let run = live.proposes_run(&live.owner).await;
        let fay = live.person("Fay", "FINANCE").await;
        fay.does("approvePayoutRun", "payoutRun { id }", json!({ "id": run["id"] })).await;
        let payout = live.payout_that_is(&run["id"], "SENT").await;
        let selection = "export { csv count }";
        let export = fay.does("exportPayoutRun", selection, json!({ "id": run["id"] })).await;
        assert!(text(&export["csv"]).contains(",Northwind,IBAN 1,1000.00,USD"), "{export}");
        let now = live.owner.asks("{ viewer { tenant { now } } }", json!({})).await;
        let mut said = report(&live, &payout, "PAID", "wire 17");
        said["occurredAt"] = now["viewer"]["tenant"]["now"].clone();
        fay.does("reportPayoutOutcome", "payout { state }", said).await;
        let confirm = confirmation(&payout, "PAID", "wire 17");
        let paid = live.owner.does("confirmPayoutOutcome", "payout { state }", confirm).await;
        assert_eq!(paid["state"], "PAID");
        assert_eq!(state_of(&live, &run["id"]).await, "DONE");
    }
}
