//! Wins that leave credit open, and deals of which nothing more is expected.

use std::time::Duration;

use serde_json::{Value, json};

use crate::deal::deals::credit;
use crate::rule::rules::{commissions, mended, misbehaving, publishes, puts_to_work};
use crate::support::acme::{Acme, Deal, Partner, text};
use crate::support::world::World;

/// A partner's part in a deal, that nobody has decided on.
async fn proposes(acme: &Acme, deal: &Deal, partner: &Partner) -> Value {
    let input = json!({
        "idempotencyKey": acme.key(), "dealId": deal.id, "partnerId": partner.id,
        "role": "INFLUENCED", "kind": "VOUCHED", "evidence": "a call",
    });
    acme.owner
        .does("recordInvolvement", "involvement { id state }", input)
        .await
}

/// Wins a deal and leaves open what nobody has decided.
async fn wins_open(acme: &Acme, deal: &Deal) -> Value {
    let input = json!({ "idempotencyKey": acme.key(), "id": deal.id, "undecided": "LEAVE_OPEN" });
    acme.owner
        .does(
            "closeDealWon",
            "deal { state creditDueAt credit { id } }",
            input,
        )
        .await
}

story! {
    /// A feed wins a deal whose parts nobody has decided on: the credit waits, and
    /// the last decision settles it. What the customer paid meanwhile counts.
    async fn credit_waits_for_the_last_decision(world: World) {
        let acme = Acme::new(&world).await;
        let [north, east, south] = [
            acme.partner_without_papers("Northwind").await,
            acme.partner_without_papers("Eastbay").await,
            acme.partner_without_papers("Southridge").await,
        ];
        let deal = acme.deal(&north, "1000.00").await;
        let (first, second) = (proposes(&acme, &deal, &east).await, proposes(&acme, &deal, &south).await);
        let won = wins_open(&acme, &deal).await;
        assert_eq!(won["state"], "CLOSED_WON");
        assert_eq!((&won["creditDueAt"], &won["credit"]), (&json!("2026-02-04T09:00:00.000Z"), &Value::Null));
        acme.collects(&deal, "500.00").await;
        assert!(acme.earnings().await.is_empty(), "nobody has credit yet");
        let write_off = json!({ "idempotencyKey": acme.key(), "id": deal.id, "reason": "early" });
        acme.owner.tries("writeOffDeal", "deal { id }", write_off).await.fails_with("WRONG_STATE");

        let waiting = "{ involvements(filter: { state: [PROPOSED] }) { nodes { id } } }";
        let waiting = acme.owner.asks(waiting, json!({})).await;
        assert_eq!(waiting["involvements"]["nodes"].as_array().unwrap().len(), 2);
        let decide = |id: &Value| json!({ "idempotencyKey": acme.key(), "id": id });
        acme.owner.does("confirmInvolvement", "involvement { id }", decide(&first["id"])).await;
        let mut decline = decide(&second["id"]);
        decline["reason"] = json!("nobody saw them");
        acme.owner.does("declineInvolvement", "involvement { id }", decline.clone()).await;
        let settled = [
            ("INFLUENCED".to_owned(), east.id.clone(), "1/1".to_owned()),
            ("SOURCED".to_owned(), north.id.clone(), "1/1".to_owned()),
        ];
        assert_eq!(credit(&acme, &deal).await, settled);
        let amounts: Vec<_> = acme.earnings().await.into_iter().map(|(_, amount, _)| amount).collect();
        assert_eq!(amounts.len(), 2, "half of 10 % and half of 2 %: {amounts:?}");
        // The repetition answers as before; another decision comes too late.
        acme.owner.does("declineInvolvement", "involvement { id }", decline).await;
        let late = acme.owner.tries("confirmInvolvement", "involvement { id }", decide(&second["id"])).await;
        late.fails_with("ALREADY_WON");
        assert_eq!(credit(&acme, &deal).await, settled);
        assert!(acme.is_balanced().await);
    }
}

story! {
    /// What nobody decides is declined when the deadline of the terms passes.
    async fn the_deadline_declines_what_nobody_decides(world: World) {
        let acme = Acme::new(&world).await;
        let (north, east) = (acme.partner_without_papers("Northwind").await, acme.partner_without_papers("Eastbay").await);
        let deal = acme.deal(&north, "1000.00").await;
        let part = proposes(&acme, &deal, &east).await;
        wins_open(&acme, &deal).await;
        acme.day("2026-02-03").await;
        assert!(credit(&acme, &deal).await.is_empty());
        acme.day("2026-02-05").await;
        let settled = [("SOURCED".to_owned(), north.id.clone(), "1/1".to_owned())];
        while credit(&acme, &deal).await != settled {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let document = "query($id: ID!) { node(id: $id) { ... on Involvement { state reason decidedBy { kind } } } }";
        let told = acme.owner.asks(document, json!({ "id": part["id"] })).await;
        assert_eq!(told["node"]["state"], "DECLINED");
        assert_eq!(told["node"]["decidedBy"]["kind"], "SYSTEM");
    }
}

story! {
    /// A customer that is paid back in full, and pays no more: what is left of the entitlement leaves the
    /// books, and a payment that comes all the same releases its part.
    async fn what_is_written_off_leaves_the_books(world: World) {
        let acme = Acme::new(&world).await;
        let north = acme.partner_without_papers("Northwind").await;
        let deal = acme.deal(&north, "1000.00").await;
        acme.wins(&deal).await;
        acme.collects(&deal, "1000.00").await;
        acme.refunds(&deal, "1000.00").await;
        let balances = async || {
            let document = "{ ledger { balances { account balance { amount } } } }";
            let answer = acme.owner.asks(document, json!({})).await;
            let rows = answer["ledger"]["balances"].as_array().unwrap().clone();
            let of = |account: &str| {
                let row = rows.iter().find(|row| row["account"] == account);
                row.map_or("0.00".to_owned(), |row| text(&row["balance"]["amount"]))
            };
            [of("COMMISSION_EXPENSE"), of("ACCRUED"), of("PAYABLE")]
        };
        assert_eq!(balances().await, ["100.00", "-100.00", "0.00"]);
        let write_off = json!({ "idempotencyKey": acme.key(), "id": deal.id, "reason": "bankrupt" });
        let selection = "deal { writtenOffAt commissions { nodes { state total { amount } } } }";
        let manager = acme.person("Mia", "MANAGER").await;
        let refused = manager.is_refused("writeOffDeal", selection, write_off.clone()).await;
        assert_eq!(refused, "FORBIDDEN");
        let written = acme.owner.does("writeOffDeal", selection, write_off.clone()).await;
        assert_eq!(written["commissions"]["nodes"][0]["state"], "CLOSED");
        assert_eq!(acme.owner.does("writeOffDeal", selection, write_off).await, written);
        let again = json!({ "idempotencyKey": acme.key(), "id": deal.id, "reason": "twice" });
        acme.owner.tries("writeOffDeal", selection, again).await.fails_with("WRONG_STATE");
        assert_eq!(balances().await, ["0.00", "0.00", "0.00"]);

        acme.collects(&deal, "250.00").await;
        assert_eq!(balances().await, ["25.00", "0.00", "-25.00"]);
        acme.refunds(&deal, "100.00").await;
        assert_eq!(balances().await, ["15.00", "0.00", "-15.00"]);
        acme.collects(&deal, "850.00").await;
        assert_eq!(balances().await, ["100.00", "0.00", "-100.00"]);
        assert!(acme.is_balanced().await);
    }
}

story! {
    /// One whose rule faulted stays held, where it is found, until its rule is mended:
    /// then it is earned as the customer paid, and closed.
    async fn what_is_held_when_it_is_written_off_is_mended_all_the_same(world: World) {
        let mut acme = Acme::new(&world).await;
        let version = publishes(&acme.owner, misbehaving()).await;
        puts_to_work(&mut acme, &version, json!({ "do": "panic" })).await;
        let north = acme.partner("Northwind").await;
        let deal = acme.deal(&north, "1000.00").await;
        acme.wins(&deal).await;
        acme.collects(&deal, "900.00").await;
        let write_off = json!({ "idempotencyKey": acme.key(), "id": deal.id, "reason": "bankrupt" });
        acme.owner.does("writeOffDeal", "deal { id }", write_off).await;
        acme.collects(&deal, "100.00").await;
        let [held] = &commissions(&acme, &deal).await[..] else { panic!("one commission") };
        assert_eq!((&held["state"], &held["earned"]["amount"]), (&json!("HELD"), &json!("0.00")));

        let better = publishes(&acme.owner, mended()).await;
        acme.activates(&better).await;
        let input = json!({ "id": held["id"] });
        acme.owner.does("retryCommission", "commission { id }", input).await;
        let [made_good] = &commissions(&acme, &deal).await[..] else { panic!("one commission") };
        assert_eq!(made_good["state"], "CLOSED", "{made_good:#}");
        assert_eq!(made_good["total"]["amount"], "100.00");
        assert_eq!(made_good["earned"]["amount"], "100.00");
        assert!(acme.is_balanced().await);
    }
}

story! {
    /// A feed is refused where nobody has decided, and may leave it open; who may
    /// decide may do so with the win.
    async fn a_win_says_what_becomes_of_what_is_undecided(world: World) {
        let acme = Acme::new(&world).await;
        let (north, east) = (acme.partner("Northwind").await, acme.partner("Eastbay").await);
        let feed = acme.person("Feed", "INTEGRATOR").await;
        let selection = "deal { state credit { shares { role partner { id } } } }";
        let win = |deal: &Deal, undecided: Option<&str>| json!({
            "idempotencyKey": acme.key(), "id": deal.id, "undecided": undecided,
        });
        let deal = acme.deal(&north, "1000.00").await;
        let part = proposes(&acme, &deal, &east).await;
        let refused = feed.tries("closeDealWon", selection, win(&deal, None)).await;
        assert_eq!(refused.fails_with("INVOLVEMENT_UNDECIDED")["ids"], json!([part["id"]]));
        for decision in ["CONFIRM", "DECLINE"] {
            let code = feed.is_refused("closeDealWon", selection, win(&deal, Some(decision))).await;
            assert_eq!(code, "FORBIDDEN");
        }
        let open = feed.does("closeDealWon", selection, win(&deal, Some("LEAVE_OPEN"))).await;
        assert_eq!(open, json!({ "state": "CLOSED_WON", "credit": null }));

        let deal = acme.deal(&north, "1000.00").await;
        proposes(&acme, &deal, &east).await;
        let won = acme.owner.does("closeDealWon", selection, win(&deal, Some("CONFIRM"))).await;
        let shares = won["credit"]["shares"].as_array().unwrap();
        let influenced = shares.iter().filter(|share| share["role"] == "INFLUENCED");
        let partners: Vec<_> = influenced.map(|share| text(&share["partner"]["id"])).collect();
        assert_eq!(partners, [east.id]);
    }
}

story! {
    /// What nobody decided on a deal that is lost can be decided, and leaves the list.
    async fn what_is_undecided_on_a_lost_deal_can_be_decided(world: World) {
        let acme = Acme::new(&world).await;
        let (north, east) = (acme.partner("Northwind").await, acme.partner("Eastbay").await);
        let deal = acme.deal(&north, "1000.00").await;
        let part = proposes(&acme, &deal, &east).await;
        let input = json!({ "id": deal.id, "reason": "no budget" });
        acme.owner.does("closeDealLost", "deal { id }", input).await;
        let input = json!({ "idempotencyKey": acme.key(), "id": part["id"], "reason": "lost" });
        let declined = acme.owner.does("declineInvolvement", "involvement { state }", input).await;
        assert_eq!(declined["state"], "DECLINED");
        let waiting = "{ involvements(filter: { state: [PROPOSED] }) { nodes { id } } }";
        let waiting = acme.owner.asks(waiting, json!({})).await;
        assert_eq!(waiting["involvements"]["nodes"], json!([]));
    }
}
