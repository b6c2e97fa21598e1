//! When money leaves by hand: the moment somebody is told to pay.

use serde_json::{Value, json};

use crate::payout::manual::{approved_run, report};
use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::world::World;

async fn lists(fay: &Client, run: &Value) -> Value {
    let input = json!({ "id": run });
    fay.does("exportPayoutRun", "export { count }", input).await["count"].take()
}

async fn payout(acme: &Acme, run: &Value) -> (String, String) {
    let document = "query($id: ID!) { node(id: $id) { ... on PayoutRun {
        state payouts(first: 1) { nodes { state partner { id } } } } } }";
    let answer = acme.owner.asks(document, json!({ "id": run })).await;
    let payout = &answer["node"]["payouts"]["nodes"][0];
    (text(&payout["state"]), text(&payout["partner"]["id"]))
}

async fn suspends(acme: &Acme, partner: &str, verb: &str) {
    let input = json!({ "idempotencyKey": acme.key(), "id": partner });
    acme.owner.does(verb, "partner { id }", input).await;
}

story! {
    /// What nobody was told to pay, and is not to be paid any more, is not listed: it fails,
    /// and its earnings wait for the next run.
    async fn what_is_no_longer_to_be_paid_is_not_listed(world: World) {
        let (acme, run, fay) = approved_run(&world, "IBAN 1", "MANUAL").await;
        acme.payout_that_is(&run, "SENT").await;
        let (_, partner) = payout(&acme, &run).await;
        suspends(&acme, &partner, "suspendPartner").await;
        assert_eq!(lists(&fay, &run).await, 0);
        acme.payout_that_is(&run, "FAILED").await;
        acme.run_that_is(&run, "DONE").await;
        suspends(&acme, &partner, "resumePartner").await;
        let next = acme.proposes_run(&acme.owner).await;
        fay.does("approvePayoutRun", "payoutRun { id }", json!({ "id": next["id"] })).await;
        acme.payout_that_is(&next["id"], "SENT").await;
        assert_eq!(lists(&fay, &next["id"]).await, 1);
        assert!(acme.is_balanced().await);
    }
}

story! {
    /// What somebody was told to pay may be paid: it is not listed again once it is not to
    /// be paid any more, and waits for what people report.
    async fn what_was_listed_waits_for_a_report(world: World) {
        let (acme, run, fay) = approved_run(&world, "IBAN 1", "MANUAL").await;
        acme.payout_that_is(&run, "SENT").await;
        assert_eq!(lists(&fay, &run).await, 1);
        let (_, partner) = payout(&acme, &run).await;
        suspends(&acme, &partner, "suspendPartner").await;
        assert_eq!(lists(&fay, &run).await, 0);
        assert_eq!(payout(&acme, &run).await.0, "SENT");
        let stop = acme.owner.tries("cancelPayoutRun", "payoutRun { id }", json!({ "id": run })).await;
        stop.fails_with("WRONG_STATE");
    }
}

story! {
    /// A run whose payments nobody was told of can be stopped: nothing has left.
    async fn a_run_that_nobody_listed_is_stopped(world: World) {
        let (acme, run, fay) = approved_run(&world, "IBAN 1", "MANUAL").await;
        acme.payout_that_is(&run, "SENT").await;
        acme.owner.does("cancelPayoutRun", "payoutRun { id }", json!({ "id": run })).await;
        acme.run_that_is(&run, "CANCELLED").await;
        assert_eq!(payout(&acme, &run).await.0, "FAILED");
        assert_eq!(lists(&fay, &run).await, 0);
        let states: Vec<_> = acme.earnings().await.into_iter().map(|row| row.2).collect();
        assert_eq!(states, ["PAYABLE"]);
        assert!(acme.is_balanced().await);
    }
}

story! {
    /// What somebody reports as paid, though nobody was told to pay it, was paid: stopping
    /// the run does not give it back.
    async fn what_is_reported_is_not_taken_back(world: World) {
        let (acme, run, fay) = approved_run(&world, "IBAN 1", "MANUAL").await;
        let payout = acme.payout_that_is(&run, "SENT").await;
        let said = report(&acme, &payout, "PAID", "wire 17");
        fay.does("reportPayoutOutcome", "payout { state }", said).await;
        let stop = acme.owner.tries("cancelPayoutRun", "payoutRun { id }", json!({ "id": run })).await;
        stop.fails_with("WRONG_STATE");
        assert_eq!(lists(&fay, &run).await, 0);
        acme.payout_that_is(&run, "SENT").await;
    }
}
