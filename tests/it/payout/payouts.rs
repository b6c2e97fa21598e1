//! Who is paid, who is not yet, and why: nobody before the papers are there,
//! and nobody on the word of one person.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tributary_domain::access::Role;
use tributary_domain::entity::payout::State;
use tributary_domain::entity::payout_hold::Reason;
use tributary_domain::entity::{earning, payout_run, tax_form};
use tributary_domain::error::{Conflict, Error, Result};
use tributary_domain::partner::partners;
use tributary_domain::payout::payout_runs;
use tributary_domain::scope::Scope;
use tributary_domain::tenant::keys::{self, KeyPurpose};

use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::office::{self, Office};
use crate::support::rail::{Act, TestRail};
use crate::support::world::World;

/// An office, and what its money leaves over.
async fn office(world: &World) -> (Office, Arc<TestRail>) {
    let rail = Arc::new(TestRail::new([]));
    (Office::open(world, rail.clone()).await, rail)
}

#[track_caller]
fn is_refused<T>(result: Result<T>, expected: Conflict) {
    match result {
        Err(Error::Conflict { code, .. }) => assert_eq!(code, expected),
        Err(error) => panic!("{error:?} instead of {expected:?}"),
        Ok(_) => panic!("it was not refused with {expected:?}"),
    }
}

/// A key that somebody makes over the API, for whomever it may be called.
async fn minted(office: &Office, by: &Scope, name: &str, is_service: bool) -> Scope {
    let purpose = KeyPurpose {
        name: name.to_owned(),
        role: Role::Owner,
        partner: None,
        is_service,
    };
    let (_, token) = keys::create(by, None, purpose).await.unwrap();
    office::scope(&office.engine, &token.unwrap()).await
}

story! {
    /// *Never: one person alone moves money.* What a person mints counts as that
    /// person, also minted by what it minted; so does another spelling for the
    /// operator.
    async fn whoever_proposes_does_not_approve(world: World) {
        let (office, rail) = office(&world).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        let run = office.proposes().await.unwrap().id;

        is_refused(payout_runs::approve(&office.ada, None, run).await, Conflict::SecondPersonNeeded);
        for spelling in ["Ada", "ADA", " ada "] {
            let same = office::person(&office.engine, office.tenant, spelling, Role::Owner, None).await;
            is_refused(payout_runs::approve(&same, None, run).await, Conflict::SecondPersonNeeded);
        }
        for is_service in [false, true] {
            let minted_by_ada = minted(&office, &office.ada, "Ben", is_service).await;
            is_refused(payout_runs::approve(&minted_by_ada, None, run).await, Conflict::SecondPersonNeeded);
            let by_that = minted(&office, &minted_by_ada, "Cleo", !is_service).await;
            is_refused(payout_runs::approve(&by_that, None, run).await, Conflict::SecondPersonNeeded);
        }
        office.executes().await;
        assert_eq!(rail.calls(), 0, "nothing is sent of a run that is not approved");

        payout_runs::approve(&office.ben, None, run).await.unwrap();
        payout_runs::approve(&office.ben, None, run).await.unwrap();
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 100_000);
    }
}

story! {
    /// *Never: anything is paid without agreement, tax form and verified
    /// method.* Each that lacks is named, and once it is there, what waited is
    /// paid once.
    async fn what_lacks_is_named_and_waits(world: World) {
        let (office, rail) = office(&world).await;
        let partner = office.invites("Northwind").await;
        office.accepts(partner).await;
        office.paid_deal(1_000_000, partner).await;
        office.days_pass(31).await;

        let run = office.proposes().await.unwrap();
        assert_eq!(run.state, payout_run::State::Done, "nothing is to be sent");
        let lacks = [Reason::PayoutMethodMissing, Reason::TaxFormMissing];
        assert_eq!(office.holds(run.id).await, lacks.map(|lack| (partner, lack, 100_000)));

        office.files(partner, tax_form::Kind::W9).await;
        let run = office.proposes().await.unwrap().id;
        let lacks = [(partner, Reason::PayoutMethodMissing, 100_000)];
        assert_eq!(office.holds(run).await, lacks);

        office.adds_method(partner, "Northwind").await;
        let run = office.approved_run().await;
        assert!(office.holds(run).await.is_empty());
        office.executes().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 100_000);
        is_refused(office.proposes().await, Conflict::NothingToPay);
    }
}

story! {
    /// A partner with deals under newer terms is not paid before it accepts
    /// those as well.
    async fn newer_terms_are_to_be_accepted(world: World) {
        let (mut office, rail) = office(&world).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.publishes_again().await;
        office.paid_deal(2_000_000, northwind).await;
        office.days_pass(31).await;

        let run = office.proposes().await.unwrap().id;
        let lacks = [(northwind, Reason::AgreementMissing, 300_000)];
        assert_eq!(office.holds(run).await, lacks);
        office.accepts(northwind).await;
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 300_000);
    }
}

story! {
    /// *Never: anything is paid before the hold ended.* What is due goes, what
    /// is on hold waits, and the run tells both.
    async fn a_hold_is_waited_for(world: World) {
        let (office, rail) = office(&world).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(29).await;
        let run = office.proposes().await.unwrap();
        assert_eq!(run.state, payout_run::State::Done);
        assert_eq!(office.holds(run.id).await, [(northwind, Reason::OnHold, 100_000)]);

        office.paid_deal(2_000_000, northwind).await;
        office.days_pass(1).await;
        let run = office.approved_run().await;
        assert_eq!(office.holds(run).await, [(northwind, Reason::OnHold, 200_000)]);
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 100_000);
    }
}

story! {
    /// Less than the minimum is carried until it is enough.
    async fn small_sums_add_up(world: World) {
        let (office, rail) = office(&world).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(99_990, northwind).await;
        office.days_pass(31).await;
        let run = office.proposes().await.unwrap().id;
        assert_eq!(office.holds(run).await, [(northwind, Reason::BelowMinimum, 9_999)]);

        office.paid_deal(10, northwind).await;
        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 10_000, "the minimum itself is enough");
    }
}

story! {
    /// What a refund takes back after the payout is carried as a debt, and set
    /// off against what comes next.
    async fn a_debt_is_carried(world: World) {
        let (office, rail) = office(&world).await;
        let northwind = office.partner("Northwind").await;
        let deal = office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        office.collects(deal, -600_000).await.unwrap();
        let run = office.proposes().await.unwrap().id;
        assert_eq!(office.holds(run).await, [(northwind, Reason::NegativeBalance, -60_000)]);

        office.paid_deal(2_000_000, northwind).await;
        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 240_000, "100,000 - 60,000 + 200,000");
        assert!(office.earnings().await.iter().all(|row| row.state == earning::State::Paid));
        assert!(office.books().await.balanced);
    }
}

story! {
    /// A suspended partner keeps what it earned, and is paid when it is back.
    async fn a_suspended_partner_waits(world: World) {
        let (office, rail) = office(&world).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        partners::suspend(&office.ada, &office.key(), northwind, true).await.unwrap();
        let run = office.proposes().await.unwrap().id;
        assert_eq!(office.holds(run).await, [(northwind, Reason::PartnerSuspended, 100_000)]);

        partners::suspend(&office.ada, &office.key(), northwind, false).await.unwrap();
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 100_000);
    }
}

story! {
    /// One run of a program at a time; one that is cancelled gives everything
    /// back, also after it was approved, and nothing that was sent.
    async fn a_cancelled_run_gives_back(world: World) {
        let (office, rail) = office(&world).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        let run = office.proposes().await.unwrap().id;
        is_refused(office.proposes().await, Conflict::RunInProgress);

        office.cancels(run).await;
        is_refused(payout_runs::approve(&office.ben, None, run).await, Conflict::WrongState);
        office.executes().await;
        assert_eq!(rail.calls(), 0);
        let earnings = office.earnings().await;
        assert!(earnings.iter().all(|row| row.state == earning::State::Held && row.payout_id.is_none()));

        let run = office.approved_run().await;
        is_refused(office.proposes().await, Conflict::RunInProgress);
        office.cancels(run).await;
        assert!(office.work().await.is_empty());
        office.executes().await;
        assert_eq!(rail.calls(), 0);

        let run = office.approved_run().await;
        office.executes().await;
        is_refused(payout_runs::cancel(&office.ada, None, run).await, Conflict::WrongState);
        assert_eq!(rail.sum_to("Northwind"), 100_000);
    }
}

story! {
    /// A run that is proposed twice with one key is one run; the key is good
    /// for no other program.
    async fn a_repeated_proposal_is_one_run(world: World) {
        let (office, _) = office(&world).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        let once = payout_runs::propose(&office.ada, "november", office.program.id, None);
        let once = once.await.unwrap();
        let twice = payout_runs::propose(&office.ada, "november", office.program.id, None);
        assert_eq!(twice.await.unwrap().id, once.id);
        office.prepares(once.id).await;
        assert_eq!(office.payouts().await.len(), 1);
    }
}

story! {
    /// What was true when a run was proposed must be true when money leaves: a
    /// tax form that has expired since, a method that was replaced, or a
    /// partner that was suspended stop the payout, and what it carried waits.
    async fn what_has_lapsed_is_not_sent(world: World) {
        let (office, rail) = office(&world).await;
        let mut partners = Vec::new();
        for name in ["Northwind", "Eastbay", "Westhill", "Midland"] {
            let partner = office.invites(name).await;
            office.accepts(partner).await;
            let form = if name == "Northwind" { tax_form::Kind::W8Ben } else { tax_form::Kind::W9 };
            office.files(partner, form).await;
            office.adds_method(partner, name).await;
            office.paid_deal(1_000_000, partner).await;
            partners.push(partner);
        }
        office.days_pass(1_450).await;
        let run = office.proposes().await.unwrap().id;
        assert!(office.holds(run).await.is_empty(), "on 25 December 2029 all papers are good");

        office.days_pass(7).await;
        office.adds_method(partners[1], "Eastbay elsewhere").await;
        partners::suspend(&office.ada, &office.key(), partners[2], true).await.unwrap();
        payout_runs::approve(&office.ben, None, run).await.unwrap();
        office.executes().await;
        let moved: Vec<_> = rail.moved().into_iter().map(|moved| moved.destination).collect();
        assert_eq!(moved, ["Midland"], "a W-8BEN ends with the third year after its own");
        let states = office.payouts().await.into_iter().map(|payout| payout.state);
        assert_eq!(states.filter(|state| *state == State::Failed).count(), 3);

        office.files(partners[0], tax_form::Kind::W8Ben).await;
        partners::suspend(&office.ada, &office.key(), partners[2], false).await.unwrap();
        office.approved_run().await;
        office.executes().await;
        for destination in ["Northwind", "Eastbay elsewhere", "Westhill", "Midland"] {
            assert_eq!(rail.sum_to(destination), 100_000, "{destination}");
        }
        assert_eq!(rail.sum_to("Eastbay"), 0, "nothing goes to a method that was replaced");
        assert!(office.books().await.balanced);
    }
}

story! {
    /// A certain no from the provider gives the earnings back, and the next run
    /// pays them.
    async fn a_refused_payout_is_paid_by_the_next_run(world: World) {
        let rail = Arc::new(TestRail::new([Act::Refuses]));
        let office = Office::open(&world, rail.clone()).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 0);
        let payouts = office.payouts().await;
        assert_eq!(payouts[0].reason.as_deref(), Some("account closed"));

        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 100_000);
        assert!(office.books().await.balanced);
    }
}

/// The newest run, once it and all its payouts that one may see are in these
/// states.
async fn run_when(client: &Client, state: &str, payouts: &str) -> Value {
    let document = "{ payoutRuns(last: 1) { nodes { state total { amount }
        payouts { nodes { state amount { amount } partner { name } } }
        holds { reason amount { amount } partner { name } } } } }";
    for _ in 0..200 {
        let answer = client.asks(document, json!({})).await;
        let run = answer["payoutRuns"]["nodes"][0].clone();
        let mut sent = run["payouts"]["nodes"].as_array().unwrap().iter();
        if run["state"] == state && sent.all(|payout| payout["state"] == payouts) {
            return run;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the newest run is not {state} after twenty seconds");
}

story! {
    /// The same through the server, which brings an approved run through the
    /// rail by itself: the sandbox pays an hour after. Partners see their own.
    async fn the_server_pays_what_two_people_approved(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner("Northwind").await;
        let eastbay = acme.partner("Eastbay").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        for partner in [&northwind, &eastbay, &southridge] {
            let deal = acme.deal(partner, "20000.00").await;
            acme.wins(&deal).await;
            acme.collects(&deal, "20000.00").await;
        }
        acme.day("2026-02-10").await;
        let ben = acme.person("Ben", "FINANCE").await;
        let run = acme.proposes_run(&ben).await;
        let input = json!({ "id": run["id"] });
        let alone = ben.tries("approvePayoutRun", "payoutRun { id }", input.clone()).await;
        alone.fails_with("SECOND_PERSON_NEEDED");
        let stranger = &northwind.client;
        let refused = stranger.is_refused("approvePayoutRun", "payoutRun { id }", input.clone());
        assert_eq!(refused.await, "FORBIDDEN");

        acme.owner.does("approvePayoutRun", "payoutRun { id }", input).await;
        run_when(&acme.owner, "EXECUTING", "SENT").await;
        let states: Vec<_> = acme.earnings().await.into_iter().map(|row| row.2).collect();
        assert_eq!(states, ["IN_PAYOUT", "IN_PAYOUT", "PAYABLE"]);
        acme.day("2026-02-11").await;
        let run = run_when(&acme.owner, "DONE", "PAID").await;
        assert_eq!(run["total"]["amount"], "4000.00");
        let reasons: Vec<_> = run["holds"].as_array().unwrap().iter()
            .map(|hold| (text(&hold["partner"]["name"]), text(&hold["reason"])))
            .collect();
        let lacks = ["PAYOUT_METHOD_MISSING", "TAX_FORM_MISSING"];
        assert_eq!(reasons, lacks.map(|lack| ("Southridge".to_owned(), lack.to_owned())));

        let seen = run_when(&northwind.client, "DONE", "PAID").await;
        let paid = json!({
            "state": "PAID", "amount": { "amount": "2000.00" }, "partner": { "name": "Northwind" },
        });
        assert_eq!(seen["payouts"]["nodes"], json!([paid]));
        assert_eq!(seen["total"]["amount"], "2000.00", "what others are paid is not counted");
        assert_eq!(seen["holds"], json!([]), "what others lack is none of its business");
        assert!(acme.is_balanced().await);
    }
}
