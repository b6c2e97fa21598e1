//! Payouts that end by what people show: never while the provider may still pay.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::entity::prelude::*;
use tributary_domain::access::Role;
use tributary_domain::clock::{Clock, Moment, SystemClock};
use tributary_domain::entity::payout::State;
use tributary_domain::entity::payout_report::Outcome;
use tributary_domain::entity::{event, payout};
use tributary_domain::error::{Conflict, Error};
use tributary_domain::ids::PayoutId;
use tributary_domain::partner::partners;
use tributary_domain::payout::payout_reports::{self, NewReport};
use tributary_domain::scope::Scope;

use crate::payout::rails::{nothing_left_twice, office_about_to_pay, state};
use crate::support::office::Office;
use crate::support::operator::person;
use crate::support::rail::Act;
use crate::support::world::World;

/// A clock that is ahead of the machine's.
struct Ahead(Duration);

impl Clock for Ahead {
    fn now(&self) -> Moment {
        SystemClock.now().plus(self.0)
    }
}

/// What a person reports of the one payout: that it failed.
async fn reports_failed(office: &Office) -> PayoutId {
    reports(office, Outcome::Failed).await
}

/// The payouts that the log says may be paid twice.
async fn second_payments(office: &Office) -> Vec<String> {
    let facts = event::Entity::find()
        .filter(event::Column::TenantId.eq(office.tenant))
        .filter(event::Column::Kind.eq("payout.second_payment_detected"));
    let looks = office.engine.system(office.tenant).await.unwrap();
    let facts = facts.all(&looks.read().await.unwrap()).await.unwrap();
    facts.into_iter().map(|fact| fact.subject).collect()
}

pub async fn reports(office: &Office, outcome: Outcome) -> PayoutId {
    let payout = office.payouts().await[0].clone();
    let new = NewReport {
        payout: payout.id.into(),
        outcome,
        occurred_at: payout.sent_at.unwrap(),
        reference: "letter 4".to_owned(),
        evidence: "the provider's letter".to_owned(),
    };
    payout_reports::report(&office.ada, &office.key(), new)
        .await
        .unwrap();
    payout.id
}

/// A third person, when no call can be on its way any more.
async fn later(office: &Office) -> Scope {
    let mut engine = office.engine.clone();
    engine.clock = Arc::new(Ahead(Duration::from_secs(5 * 60 + 21)));
    person(&engine, office.tenant, "Dora", Role::Finance, None).await
}

async fn confirms_failed(by: &Scope, payout: PayoutId) -> Result<payout::Model, Error> {
    payout_reports::confirm(by, None, payout, Outcome::Failed, "letter 4").await
}

fn is_too_early(outcome: &Result<payout::Model, Error>) -> bool {
    matches!(
        outcome,
        Err(Error::Conflict {
            code: Conflict::WrongState,
            ..
        })
    )
}

story! {
    /// From the moment somebody reports a payout as failed it is not sent again, and
    /// that it failed is confirmed once nothing can be on its way: what the next run
    /// pays is paid once.
    async fn what_is_reported_as_failed_is_not_sent_again(world: World) {
        for act in [Act::LosesCall, Act::HangsBefore] {
            let (office, rail) = office_about_to_pay(&world, &[act]).await;
            if act == Act::HangsBefore {
                let server = office.executing(&office.engine);
                rail.hangs().await;
                server.abort();
                server.await.unwrap_err();
            } else {
                office.executes().await;
            }
            let payout = reports_failed(&office).await;
            if act == Act::HangsBefore {
                let sending = confirms_failed(&office.ben, payout).await;
                assert!(is_too_early(&sending), "a call may be on its way: {sending:?}");
            }
            office.executes().await;
            office.executes().await;
            assert_eq!(state(&office).await, State::Unknown, "{act:?}");
            assert_eq!(rail.calls(), 1, "asked after, and not sent");
            let early = confirms_failed(&office.ben, payout).await;
            assert!(is_too_early(&early), "a call may be on its way: {early:?}");

            confirms_failed(&later(&office).await, payout).await.unwrap();
            assert_eq!(rail.moved(), []);
            office.approved_run().await;
            office.executes().await;
            assert_eq!(rail.sum_to("Northwind"), 100_000);
            nothing_left_twice(&office, &rail).await;
        }
    }
}

story! {
    /// A rail is asked a last time before people are believed that a payout failed.
    async fn what_the_rail_knows_stands_against_what_people_report(world: World) {
        let (office, rail) = office_about_to_pay(&world, &[Act::LosesAnswer]).await;
        office.executes().await;
        assert_eq!(state(&office).await, State::Unknown);
        let payout = reports_failed(&office).await;
        let refused = confirms_failed(&later(&office).await, payout).await;
        assert!(is_too_early(&refused), "{refused:?}");
        assert_eq!(state(&office).await, State::Paid);
        assert_eq!(rail.sum_to("Northwind"), 100_000);
        nothing_left_twice(&office, &rail).await;
    }
}

story! {
    /// What somebody reports as paid otherwise is not sent any more, and what has ceased to
    /// be true keeps back what may not have left.
    async fn what_was_paid_otherwise_or_not_to_be_paid_is_not_sent_again(world: World) {
        for suspended in [false, true] {
            let (office, rail) = office_about_to_pay(&world, &[Act::LosesCall]).await;
            office.executes().await;
            assert_eq!(state(&office).await, State::Unknown);
            let payout = office.payouts().await[0].clone();
            if suspended {
                let partner = payout.partner_id;
                partners::suspend(&office.ada, &office.key(), partner, true).await.unwrap();
            } else {
                reports(&office, Outcome::Paid).await;
            }
            office.executes().await;
            office.executes().await;
            assert_eq!((rail.calls(), rail.moved()), (1, Vec::new()), "asked after alone");
            assert_eq!(state(&office).await, State::Unknown);
            if suspended {
                continue;
            }
            let early = payout_reports::confirm(&office.ben, None, payout.id, Outcome::Paid, "letter 4").await;
            assert!(is_too_early(&early), "a call may be on its way: {early:?}");
            let by = later(&office).await;
            payout_reports::confirm(&by, None, payout.id, Outcome::Paid, "letter 4").await.unwrap();
            assert_eq!(state(&office).await, State::Paid);
            assert_eq!(rail.moved(), []);
        }
    }
}

story! {
    /// The rail paid what somebody reports as paid otherwise: the log says that it may be
    /// paid twice.
    async fn a_payment_beside_a_reported_one_is_in_the_log(world: World) {
        let (office, rail) = office_about_to_pay(&world, &[Act::LosesAnswer]).await;
        office.executes().await;
        let payout = reports(&office, Outcome::Paid).await;
        office.executes().await;
        assert_eq!(state(&office).await, State::Paid);
        assert_eq!(rail.moved().len(), 1);
        assert_eq!(second_payments(&office).await, [payout.to_string()]);
    }
}

story! {
    /// A rail that pays after all what two people settled as failed: the log says so, as
    /// what was paid twice has to be recovered.
    async fn a_payment_after_a_failure_is_in_the_log(world: World) {
        let script = [Act::LosesCall, Act::PaysLate];
        let (office, rail) = office_about_to_pay(&world, &script).await;
        office.executes().await;
        assert_eq!(state(&office).await, State::Unknown);
        let server = office.executing(&office.engine);
        rail.hangs().await;
        let payout = reports_failed(&office).await;
        confirms_failed(&later(&office).await, payout).await.unwrap();
        rail.lets_go();
        server.await.unwrap();
        assert_eq!(state(&office).await, State::Failed, "what people settled stands");
        assert_eq!(second_payments(&office).await, [payout.to_string()]);
    }
}

story! {
    /// On a server that does not have the rail, what the rail has taken is reported as
    /// failed when no provider has it any more: another server's may still pay before.
    async fn without_the_rail_a_payout_fails_after_thirty_days(world: World) {
        let (mut office, rail) = office_about_to_pay(&world, &[Act::Accepts]).await;
        office.executes().await;
        assert_eq!(state(&office).await, State::Sent);
        office.engine.rails = Arc::new([]);
        office.ada = person(&office.engine, office.tenant, "Ada", Role::Owner, None).await;
        office.days_pass(29).await;
        let payout = office.payouts().await[0].clone();
        let new = || NewReport {
            payout: payout.id.into(),
            outcome: Outcome::Failed,
            occurred_at: payout.sent_at.unwrap(),
            reference: "letter 4".to_owned(),
            evidence: "the provider's letter".to_owned(),
        };
        let early = payout_reports::report(&office.ada, &office.key(), new()).await;
        assert!(is_too_early(&early), "{early:?}");
        office.days_pass(1).await;
        payout_reports::report(&office.ada, &office.key(), new()).await.unwrap();
        let ben = person(&office.engine, office.tenant, "Ben", Role::Finance, None).await;
        confirms_failed(&ben, payout.id).await.unwrap();
        assert_eq!(state(&office).await, State::Failed);
        assert_eq!(rail.moved(), []);
    }
}

story! {
    /// What a rail has taken fails by the rail's word alone, until it has said nothing
    /// for a day.
    async fn what_a_rail_has_taken_is_not_reported_as_failed(world: World) {
        let (office, rail) = office_about_to_pay(&world, &[Act::TakesAndForgets]).await;
        office.executes().await;
        assert_eq!(state(&office).await, State::Sent);
        let payout = office.payouts().await[0].clone();
        let new = || NewReport {
            payout: payout.id.into(),
            outcome: Outcome::Failed,
            occurred_at: payout.sent_at.unwrap(),
            reference: "a guess".to_owned(),
            evidence: "nothing came".to_owned(),
        };
        let refused = payout_reports::report(&office.ada, &office.key(), new()).await;
        assert!(is_too_early(&refused), "{refused:?}");
        office.executes().await;
        assert_eq!(state(&office).await, State::Sent, "it may only be slow");
        office.days_pass(1).await;
        office.executes().await;
        assert_eq!(state(&office).await, State::Unknown);
        assert_eq!(rail.calls(), 1, "what was taken once is not sent again");
        payout_reports::report(&office.ada, &office.key(), new()).await.unwrap();
    }
}
