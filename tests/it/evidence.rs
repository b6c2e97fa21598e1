//! Payouts that end by what people show: never while the provider may still pay.

use std::sync::Arc;
use std::time::Duration;

use tributary_domain::access::Role;
use tributary_domain::clock::{Clock, Moment, SystemClock};
use tributary_domain::entity::payout;
use tributary_domain::entity::payout::State;
use tributary_domain::entity::payout_report::Outcome;
use tributary_domain::error::{Conflict, Error};
use tributary_domain::ids::PayoutId;
use tributary_domain::payout::payout_reports::{self, NewReport};
use tributary_domain::scope::Scope;

use crate::office::Office;
use crate::operator::person;
use crate::rail::Act;
use crate::rails::{nothing_left_twice, office_about_to_pay, state};
use crate::world::World;

/// A clock that is ahead of the machine's.
struct Ahead(Duration);

impl Clock for Ahead {
    fn now(&self) -> Moment {
        SystemClock.now().plus(self.0)
    }
}

/// What a person reports of the one payout: that it failed.
async fn reports_failed(office: &Office) -> PayoutId {
    let payout = office.payouts().await[0].clone();
    let new = NewReport {
        payout: payout.id.into(),
        outcome: Outcome::Failed,
        occurred_at: payout.sent_at.unwrap(),
        reference: "letter 4".to_owned(),
        evidence: "the provider's letter".to_owned(),
    };
    payout_reports::report(&office.ada, &office.key(), new)
        .await
        .unwrap();
    payout.id
}

async fn confirms_failed(by: &Scope, payout: PayoutId) -> Result<payout::Model, Error> {
    payout_reports::confirm(by, payout, Outcome::Failed, "letter 4").await
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

            let mut engine = office.engine.clone();
            engine.clock = Arc::new(Ahead(Duration::from_secs(21)));
            let ben = person(&engine, office.tenant, "Dora", Role::Finance, None).await;
            confirms_failed(&ben, payout).await.unwrap();
            assert_eq!(rail.moved(), []);
            office.approved_run().await;
            office.executes().await;
            assert_eq!(rail.sum_to("Northwind"), 100_000);
            nothing_left_twice(&office, &rail).await;
        }
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
