//! Payouts that a provider declines for now: another attempt follows under a key of its
//! own, and in between the money is on no way.

use tributary_domain::entity::earning;
use tributary_domain::entity::entry::LedgerAccount;
use tributary_domain::entity::payout::State;
use tributary_domain::entity::payout_report::Outcome;

use crate::payout::evidence::reports;
use crate::payout::rails::{nothing_left_twice, office_about_to_pay, state};
use crate::support::office::Office;
use crate::support::rail::Act;
use crate::support::world::World;

/// What the books have on its way to partners.
async fn in_transit(office: &Office) -> i64 {
    let books = office.books().await;
    let account = (LedgerAccount::InTransit, office.program.currency);
    books.balances.get(&account).copied().unwrap_or_default()
}

async fn attempt(office: &Office) -> (State, i32) {
    let payout = &office.payouts().await[0];
    (payout.state, payout.attempt)
}

story! {
    /// The next attempt, not before its time, pays once.
    async fn a_declined_attempt_is_followed_by_another(world: World) {
        let (office, rail) = office_about_to_pay(&world, &[Act::Declines]).await;
        office.executes().await;
        assert_eq!(attempt(&office).await, (State::Scheduled, 2));
        assert_eq!(in_transit(&office).await, 0);
        assert_eq!(office.earnings().await[0].state, earning::State::InPayout);
        office.executes().await;
        assert_eq!(rail.calls(), 1, "its time has not come");

        office.days_pass(1).await;
        office.executes().await;
        assert_eq!(attempt(&office).await, (State::Paid, 2));
        let moved = rail.moved();
        assert!(moved[0].key.ends_with("-2"), "{}", moved[0].key);
        nothing_left_twice(&office, &rail).await;
    }
}

story! {
    /// What was taken on and declined later is attempted again as well.
    async fn an_attempt_is_declined_late(world: World) {
        let (office, rail) = office_about_to_pay(&world, &[Act::DeclinesLate]).await;
        office.executes().await;
        assert_eq!(attempt(&office).await, (State::Sent, 1));
        office.executes().await;
        assert_eq!(attempt(&office).await, (State::Scheduled, 2));
        assert_eq!(office.payouts().await[0].reference, None);
        office.days_pass(1).await;
        office.executes().await;
        assert_eq!(attempt(&office).await, (State::Paid, 2));
        nothing_left_twice(&office, &rail).await;
    }
}

story! {
    /// After five attempts it fails, and the next run pays.
    async fn attempts_have_an_end(world: World) {
        let (office, rail) = office_about_to_pay(&world, &[Act::Declines; 5]).await;
        for made in 1..5 {
            office.executes().await;
            assert_eq!(attempt(&office).await, (State::Scheduled, made + 1));
            office.days_pass(1).await;
        }
        office.executes().await;
        assert_eq!(attempt(&office).await, (State::Failed, 5));
        assert_eq!(office.earnings().await[0].state, earning::State::Held);
        assert_eq!(in_transit(&office).await, 0);
        nothing_left_twice(&office, &rail).await;

        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 100_000);
        nothing_left_twice(&office, &rail).await;
    }
}

story! {
    /// What somebody reports as paid otherwise is not attempted again: a second person
    /// confirms it.
    async fn a_report_ends_the_attempts(world: World) {
        let (office, rail) = office_about_to_pay(&world, &[Act::DeclinesLate]).await;
        office.executes().await;
        reports(&office, Outcome::Paid).await;
        for _ in 0..3 {
            office.executes().await;
            office.days_pass(1).await;
        }
        assert_eq!(state(&office).await, State::Unknown);
        assert!(rail.moved().is_empty());
    }
}
