//! Deals are won once, and credit goes to those who moved the win: each once,
//! by evidence, and for good.

use serde_json::{Value, json};

use crate::support::acme::{Acme, Deal, Partner, text, usd, usual_rules};
use crate::support::world::World;

/// What every partner is credited with, and how much of its role.
const CREDIT: &str = "query($id: ID!) { node(id: $id) { ... on Deal {
    credit { version shares { partner { id } role share { numerator denominator } reason } } } } }";

pub async fn credit(acme: &Acme, deal: &Deal) -> Vec<(String, String, String)> {
    let answer = acme.owner.asks(CREDIT, json!({ "id": deal.id })).await;
    let shares = &answer["node"]["credit"]["shares"];
    let shares = shares.as_array().into_iter().flatten();
    let mut shares: Vec<_> = shares
        .map(|share| {
            let exact = &share["share"];
            let part = format!("{}/{}", exact["numerator"], exact["denominator"]);
            (text(&share["role"]), text(&share["partner"]["id"]), part)
        })
        .collect();
    shares.sort();
    shares
}

/// The totals of a deal that is being won, by partner.
fn totals(won: &Value) -> Vec<(String, String)> {
    let commissions = won["commissions"]["nodes"].as_array().unwrap().iter();
    let mut totals: Vec<_> = commissions
        .map(|row| (text(&row["partner"]["id"]), text(&row["total"]["amount"])))
        .collect();
    totals.sort();
    totals
}

fn opening(acme: &Acme, amount: Value) -> Value {
    let key = acme.key();
    json!({
        "idempotencyKey": key, "programId": acme.program, "name": "A deal",
        "account": { "name": format!("Customer {key}"), "domain": format!("{key}.example") },
        "amount": amount, "stage": "Qualified",
    })
}

/// A deal that came of a partner's registration.
async fn registered_deal(acme: &Acme, partner: &Partner, amount: &str) -> Deal {
    let domain = format!("{}.example", acme.key());
    let input = acme.registration(partner, &domain, &domain);
    let registration = partner
        .client
        .does("registerDeal", "registration { id }", input)
        .await;
    let input = json!({
        "idempotencyKey": acme.key(), "id": registration["id"], "name": "A deal",
        "amount": usd(amount), "stage": "Qualified",
    });
    let deal = acme
        .owner
        .does("convertRegistration", "deal { id }", input)
        .await;
    Deal {
        id: text(&deal["id"]),
    }
}

fn moving(acme: &Acme, deal: &Deal, amount: &str) -> Value {
    json!({ "idempotencyKey": acme.key(), "dealId": deal.id, "amount": usd(amount) })
}

story! {
    /// *Never: money is held in a float, or summed across currencies.* What is
    /// not the program's money, with exactly its digits, is refused by name.
    async fn money_is_exact_or_refused(world: World) {
        let acme = Acme::new(&world).await;
        for (amount, currency) in [
            ("1000.00", "EUR"), ("1000.00", "XXX"), ("1.5", "USD"), ("1", "USD"), ("1.000", "USD"),
            ("1e3", "USD"), ("-1.00", "USD"), ("0.00", "USD"), ("1,000.00", "USD"), ("", "USD"),
            (" 1.00", "USD"), ("NaN", "USD"), ("10000000000000.01", "USD"),
            ("99999999999999999999.00", "USD"),
        ] {
            let input = opening(&acme, json!({ "amount": amount, "currency": currency }));
            let refused = acme.owner.tries("openDeal", "deal { id }", input).await;
            let refused = refused.fails_with("INVALID_INPUT");
            assert_eq!(refused["field"][1], "amount", "{amount} {currency}");
        }
        let input = opening(&acme, usd("10000000000000.00"));
        acme.owner.does("openDeal", "deal { id }", input).await;
        let number = opening(&acme, json!({ "amount": 1000.5, "currency": "USD" }));
        acme.owner.is_refused("openDeal", "deal { id }", number).await;

        let northwind = acme.partner_without_papers("Northwind").await;
        let deal = acme.deal(&northwind, "1000.00").await;
        for (amount, currency, field) in [
            ("10.00", "EUR", json!(["input", "amount"])),
            ("-10.00", "USD", json!(["input", "amount"])),
            ("0.00", "USD", json!(["input", "amount"])),
            ("10", "USD", json!(["input", "amount", "amount"])),
            ("10.00", "usd", json!(["input", "amount", "currency"])),
        ] {
            let mut input = moving(&acme, &deal, "10.00");
            input["amount"] = json!({ "amount": amount, "currency": currency });
            let refused = acme.owner.tries("recordCollection", "collection { id }", input).await;
            assert_eq!(refused.fails_with("INVALID_INPUT")["field"], field);
        }
    }
}

story! {
    /// A deal is won once. The same command again is the same deal, and
    /// doubles no commission; another command is told that it is won.
    async fn a_deal_is_won_once(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let deal = acme.deal(&northwind, "1000.00").await;
        let selection = "deal { id state closedAt commissions { nodes { id total { amount } } } }";
        let command = json!({ "idempotencyKey": acme.key(), "id": deal.id });
        let won = acme.owner.does("closeDealWon", selection, command.clone()).await;
        assert_eq!(won["state"], "CLOSED_WON");
        assert_eq!(won["commissions"]["nodes"].as_array().unwrap().len(), 1);
        assert_eq!(won["commissions"]["nodes"][0]["total"]["amount"], "100.00");

        acme.day("2026-01-06").await;
        assert_eq!(acme.owner.does("closeDealWon", selection, command).await, won);
        let again = json!({ "idempotencyKey": acme.key(), "id": deal.id });
        acme.owner.tries("closeDealWon", selection, again).await.fails_with("ALREADY_WON");
        let input = json!({ "id": deal.id, "reason": "changed my mind" });
        acme.owner.tries("closeDealLost", "deal { id }", input).await.fails_with("ALREADY_WON");
        for (verb, input) in [
            ("moveDeal", json!({ "idempotencyKey": acme.key(), "id": deal.id, "stage": "Qualified again" })),
            ("reviseDealAmount", json!({ "idempotencyKey": acme.key(), "id": deal.id, "amount": usd("9000.00") })),
        ] {
            acme.owner.tries(verb, "deal { id }", input).await.fails_with("ALREADY_WON");
        }
    }
}

story! {
    /// A lost deal is not won, and takes no money.
    async fn a_lost_deal_stays_lost(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let deal = acme.deal(&northwind, "1000.00").await;
        let input = json!({ "id": deal.id, "reason": "no budget" });
        acme.collects(&deal, "100.00").await;
        let lost = acme.owner.does("closeDealLost", "deal { id state lostReason }", input).await;
        assert_eq!((&lost["state"], &lost["lostReason"]), (&json!("CLOSED_LOST"), &json!("no budget")));

        let input = json!({ "idempotencyKey": acme.key(), "id": deal.id });
        acme.owner.tries("closeDealWon", "deal { id }", input).await.fails_with("DEAL_LOST");
        let input = moving(&acme, &deal, "10.00");
        let refused = acme.owner.tries("recordCollection", "collection { id }", input).await;
        refused.fails_with("DEAL_LOST");
        // What came in before can still be paid back, and no more than that.
        acme.refunds(&deal, "100.00").await;
        let input = moving(&acme, &deal, "0.01");
        let refused = acme.owner.tries("recordRefund", "collection { id }", input).await;
        refused.fails_with("REFUND_EXCEEDS_COLLECTED");
        assert!(acme.earnings().await.is_empty());
    }
}

story! {
    /// Money is what moved: no more is refunded than was collected, nothing
    /// comes from the future, and what is repeated is booked once.
    async fn money_is_what_moved(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let deal = acme.deal(&northwind, "1000.00").await;
        acme.wins(&deal).await;
        let payment = moving(&acme, &deal, "400.00");
        let selection = "collection { id amount { amount } deal { collected { amount } } }";
        let once = acme.owner.does("recordCollection", selection, payment.clone()).await;
        assert_eq!(acme.owner.does("recordCollection", selection, payment.clone()).await, once);
        let other = json!({ "idempotencyKey": payment["idempotencyKey"], "dealId": deal.id, "amount": usd("400.00") });
        let refused = acme.owner.tries("recordRefund", selection, other).await;
        refused.fails_with("IDEMPOTENCY_MISMATCH");

        let refund = moving(&acme, &deal, "400.01");
        let refused = acme.owner.tries("recordRefund", selection, refund).await;
        refused.fails_with("REFUND_EXCEEDS_COLLECTED");
        let mut early = moving(&acme, &deal, "1.00");
        early["receivedAt"] = json!("2026-01-05T09:00:01Z");
        let refused = acme.owner.tries("recordCollection", selection, early).await;
        assert_eq!(refused.fails_with("INVALID_INPUT")["field"], json!(["input", "receivedAt"]));

        let refund = acme.owner.does("recordRefund", selection, moving(&acme, &deal, "400.00")).await;
        assert_eq!(refund["amount"]["amount"], "-400.00");
        assert_eq!(refund["deal"]["collected"]["amount"], "0.00");
        let amounts: Vec<_> = acme.earnings().await.into_iter().map(|(_, amount, _)| amount).collect();
        assert_eq!(amounts, ["40.00", "-40.00"]);
        assert!(acme.is_balanced().await);
    }
}

story! {
    /// *Never: credit on a won deal changes.* What nobody has decided stands in the
    /// way of a win, by id, until the winner says what becomes of it. Nobody is added
    /// to a deal that is won.
    async fn credit_is_frozen_by_the_win(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let eastbay = acme.partner_without_papers("Eastbay").await;
        let deal = acme.deal(&northwind, "1000.00").await;
        let involvement = |key: String| json!({
            "idempotencyKey": key, "dealId": deal.id, "partnerId": eastbay.id,
            "role": "INFLUENCED", "kind": "VOUCHED", "evidence": "a call",
        });
        let selection = "involvement { id state }";
        let proposed = acme.owner.does("recordInvolvement", selection, involvement(acme.key())).await;
        assert_eq!(proposed["state"], "PROPOSED");
        let win = json!({ "idempotencyKey": acme.key(), "id": deal.id });
        let refused = acme.owner.tries("closeDealWon", "deal { id }", win.clone()).await;
        let refused = refused.fails_with("INVOLVEMENT_UNDECIDED").clone();
        assert_eq!(refused["ids"], json!([proposed["id"]]));
        let mut declining = win;
        declining["undecided"] = json!("DECLINE");
        acme.owner.does("closeDealWon", "deal { id }", declining).await;
        let settled = vec![("SOURCED".to_owned(), northwind.id.clone(), "1/1".to_owned())];
        assert_eq!(credit(&acme, &deal).await, settled);

        let late = acme.owner.tries("recordInvolvement", selection, involvement(acme.key())).await;
        late.fails_with("ALREADY_WON");
        let input = json!({ "idempotencyKey": acme.key(), "id": proposed["id"] });
        let late = acme.owner.tries("confirmInvolvement", selection, input).await;
        late.fails_with("ALREADY_WON");
        assert_eq!(credit(&acme, &deal).await, settled);
    }
}

story! {
    /// The partner whose registration became the deal sourced it, also before
    /// one whose part was earlier; that one is not an influencer for it.
    async fn a_registration_comes_before_an_earlier_word(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        acme.day("2026-02-01").await;
        let deal = registered_deal(&acme, &northwind, "1000.00").await;
        let input = json!({
            "idempotencyKey": acme.key(), "dealId": deal.id, "partnerId": southridge.id,
            "role": "SOURCED", "kind": "INTRODUCED", "evidence": "we met before",
            "occurredAt": "2026-01-06T09:00:00Z",
        });
        let earlier = acme.owner.does("recordInvolvement", "involvement { id }", input).await;
        let input = json!({ "idempotencyKey": acme.key(), "id": earlier["id"] });
        acme.owner.does("confirmInvolvement", "involvement { id }", input).await;
        acme.involves(&deal, &northwind, "INFLUENCED", "CO_SOLD").await;

        let won = acme.wins(&deal).await;
        assert_eq!(credit(&acme, &deal).await, [("SOURCED".to_owned(), northwind.id.clone(), "1/1".to_owned())]);
        assert_eq!(totals(&won), [(northwind.id.clone(), "100.00".to_owned())]);
    }
}

story! {
    /// Those who moved the win share equally, each once however often it
    /// helped; the shares add up to the whole, and the money to the cap.
    async fn influencers_share_to_the_last_cent(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let deal = registered_deal(&acme, &northwind, "100000.01").await;
        let mut expected = Vec::new();
        for name in ["Eastbay", "Westhill", "Midland"] {
            let partner = acme.partner_without_papers(name).await;
            acme.involves(&deal, &partner, "INFLUENCED", "VALIDATED").await;
            acme.involves(&deal, &partner, "INFLUENCED", "VOUCHED").await;
            expected.push(partner.id);
        }
        let won = acme.wins(&deal).await;
        expected.sort();
        let mut shares: Vec<_> = expected.iter()
            .map(|partner| ("INFLUENCED".to_owned(), partner.clone(), "1/3".to_owned()))
            .collect();
        shares.push(("SOURCED".to_owned(), northwind.id.clone(), "1/1".to_owned()));
        assert_eq!(credit(&acme, &deal).await, shares);
        let mut money: Vec<_> = expected.into_iter().zip(["666.67", "666.67", "666.66"])
            .map(|(partner, amount)| (partner, amount.to_owned()))
            .collect();
        money.push((northwind.id, "10000.00".to_owned()));
        money.sort();
        assert_eq!(totals(&won), money, "10,000.001 and 2,000.00 in three parts");
    }
}

story! {
    /// A deal keeps the terms it was opened under, whatever is published since.
    async fn a_deal_keeps_its_terms(world: World) {
        let mut acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let old = acme.deal(&northwind, "1000.00").await;
        let old_terms = acme.terms["id"].clone();
        let mut rules = usual_rules();
        rules[0]["formula"]["percentage"]["ratePercent"] = json!("50");
        acme.publish_terms(json!({ "rules": rules })).await;
        acme.accepts(&northwind).await;
        let new = acme.deal(&northwind, "1000.00").await;

        for (deal, total) in [(&old, "100.00"), (&new, "500.00")] {
            let won = acme.wins(deal).await;
            assert_eq!(totals(&won), [(northwind.id.clone(), total.to_owned())]);
        }
        let document = "query($id: ID!) { node(id: $id) { ... on Deal { terms { id state } } } }";
        let seen = acme.owner.asks(document, json!({ "id": old.id })).await;
        assert_eq!(seen["node"]["terms"], json!({ "id": old_terms, "state": "SUPERSEDED" }));
    }
}
