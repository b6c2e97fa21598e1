//! What refunds and new terms may not do to money that is owed all the same.

use std::sync::Arc;

use tributary_domain::entity::credit_share::Role as CreditRole;
use tributary_domain::entity::earning;
use tributary_domain::entity::payout::State;
use tributary_domain::entity::payout_hold::Reason;
use tributary_domain::money::Money;
use tributary_domain::payout::payout_runs;
use tributary_domain::program::terms as published;
use tributary_domain::scope::Engine;

use crate::support::office::{Office, percentage, terms_with};
use crate::support::rail::{Act, TestRail};
use crate::support::world::World;

story! {
    /// A refund of what was never paid is set off against it, and not against
    /// what another deal has earned.
    async fn a_refund_during_the_hold_stops_nothing_else(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let office = Office::open(&world, rail.clone()).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        let held = office.paid_deal(3_000_000, northwind).await;
        office.collects(held, -1_000_000).await.unwrap();

        let run = office.approved_run().await;
        assert_eq!(office.holds(run).await, [(northwind, Reason::OnHold, 200_000)]);
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 100_000);

        office.collects(held, -2_000_000).await.unwrap();
        office.paid_deal(500_000, northwind).await;
        office.days_pass(31).await;
        let run = office.approved_run().await;
        assert_eq!(office.holds(run).await, []);
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 150_000);
        assert!(office.earnings().await.iter().all(|row| row.state == earning::State::Paid));
        assert!(office.books().await.balanced);
    }
}

story! {
    /// What a refund takes back beyond what is on hold, the partner owes: it is
    /// set off against its other money, and nothing is paid early for it.
    async fn a_refund_beyond_the_hold_is_owed(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let office = Office::open(&world, rail.clone()).await;
        let northwind = office.partner("Northwind").await;
        let deal = office.deal(4_000_000, northwind, &[]).await;
        office.wins(deal).await;
        office.collects(deal, 2_000_000).await.unwrap();
        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 200_000);

        office.collects(deal, 1_000_000).await.unwrap();
        office.collects(deal, -1_500_000).await.unwrap();
        let run = office.proposes().await.unwrap();
        assert_eq!(office.holds(run.id).await, [(northwind, Reason::NegativeBalance, -50_000)]);

        office.days_pass(31).await;
        office.paid_deal(3_000_000, northwind).await;
        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 200_000 - 50_000 + 300_000);
        assert!(office.books().await.balanced);
    }
}

story! {
    /// A minimum that is raised holds back nothing that was earned before.
    async fn new_terms_do_not_hold_back_what_older_ones_gave(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let mut office = Office::open(&world, rail.clone()).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        let mut terms = terms_with(office.program.currency, vec![percentage(CreditRole::Sourced, "10", None)]);
        terms.payout_minimum = Money::new(10_000_000, office.program.currency).into();
        office.terms = published::publish(&office.ada, "dearer", office.program.id, terms).await.unwrap();
        office.accepts(northwind).await;

        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 100_000);

        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        let run = office.proposes().await.unwrap();
        assert_eq!(office.holds(run.id).await, [(northwind, Reason::BelowMinimum, 100_000)]);
    }
}

story! {
    /// What a partner owes for money that it was paid is set off at once. What
    /// its customer pays later has a hold of its own, and settles no debt.
    async fn a_debt_is_not_paid_with_what_is_on_hold(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let office = Office::open(&world, rail.clone()).await;
        let northwind = office.partner("Northwind").await;
        let deal = office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        office.collects(deal, -1_000_000).await.unwrap();
        office.paid_deal(5_000_000, northwind).await;
        office.days_pass(31).await;
        office.collects(deal, 1_000_000).await.unwrap();

        let run = office.approved_run().await;
        assert_eq!(office.holds(run).await, [(northwind, Reason::OnHold, 100_000)]);
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 500_000);
        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 600_000);
        assert!(office.books().await.balanced);
    }
}

story! {
    /// A run over a rail that this server has lost waits for one that has it,
    /// and can be cancelled: nothing was sent.
    async fn a_run_over_a_lost_rail_can_be_cancelled(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let office = Office::open(&world, rail.clone()).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        let run = office.approved_run().await;
        let base = &office.engine;
        let without = Engine::new(base.db.clone(), base.calculator.clone(), Vec::new(), base.clock.clone(), base.keyring.clone());
        office.executing(&without).await.unwrap();
        assert_eq!(office.payouts().await[0].state, State::Scheduled);

        let cancelled = office.cancels(run).await;
        assert!(cancelled.finished_at.is_some());
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 100_000);
    }
}

story! {
    /// Whom the rail never answers for does not keep the others waiting.
    async fn silence_about_some_keeps_nobody_else(world: World) {
        let rail = Arc::new(TestRail::new([Act::HangsBefore]));
        let office = Office::open(&world, rail.clone()).await;
        for name in ["Northwind", "Eastbay", "Southridge"] {
            let partner = office.partner(name).await;
            office.paid_deal(1_000_000, partner).await;
        }
        office.days_pass(31).await;
        office.approved_run().await;
        let pass = office.executing(&office.engine);
        rail.hangs().await;
        while office.payouts().await.iter().filter(|row| row.state == State::Paid).count() < 2 {
            tokio::task::yield_now().await;
        }
        pass.abort();
        office.executes().await;
        assert!(office.payouts().await.iter().all(|row| row.state == State::Paid));
    }
}

story! {
    /// A partner of whom a run holds everything back sees the run, and why.
    async fn a_partner_that_is_not_paid_sees_why(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let eastbay = office.invites("Eastbay").await;
        office.accepts(eastbay).await;
        office.paid_deal(1_000_000, eastbay).await;
        office.days_pass(31).await;
        let run = office.proposes().await.unwrap();
        let other = office.partner("Northwind").await;
        for (partner, lines) in [(eastbay, 2), (other, 0)] {
            let scope = office.speaks_for(partner).await;
            let seen = tributary_domain::reads::get::<tributary_domain::entity::payout_run::Entity>(&scope, run.id).await;
            assert_eq!(seen.is_ok(), lines > 0);
            assert_eq!(payout_runs::holds(&scope, &[run.id]).await.unwrap().len(), lines);
        }
    }
}
