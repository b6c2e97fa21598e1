//! Money that nothing may hold back for ever, and money that must not leave.

use std::sync::Arc;

use rust_decimal::Decimal;
use tributary_domain::commission::collections::{self, Direction, NewCollection};
use tributary_domain::deal::decisions;
use tributary_domain::deal::involvements::{self, NewInvolvement};
use tributary_domain::entity::credit_share::Role as CreditRole;
use tributary_domain::entity::entry::LedgerAccount;
use tributary_domain::entity::involvement::Kind;
use tributary_domain::entity::payout::State;
use tributary_domain::entity::payout_hold::Reason;
use tributary_domain::error::Error;
use tributary_domain::money::Money;
use tributary_domain::partner::readiness::{self, Obstacle};
use tributary_domain::payout::payout_runs;
use tributary_domain::program::terms as published;
use tributary_domain::program::terms::NewTerms;

use crate::support::office::{Office, percentage};
use crate::support::rail::{Act, TestRail};
use crate::support::world::World;

story! {
    /// A payout that the provider keeps to itself does not stop the next run,
    /// and is asked after until it is settled.
    async fn a_payout_without_an_answer_stops_no_later_run(world: World) {
        let rail = Arc::new(TestRail::new([Act::Accepts]));
        let office = Office::open(&world, rail.clone()).await;
        let northwind = office.partner("Northwind").await;
        office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        assert_eq!(office.payouts().await[0].state, State::Sent);

        office.paid_deal(2_000_000, northwind).await;
        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        // On a busy machine a turn may end between the two runs.
        office.executes().await;
        assert!(office.payouts().await.iter().all(|payout| payout.state == State::Paid));
        assert_eq!(rail.sum_to("Northwind"), 300_000);
    }
}

story! {
    /// A partner that joined later accepts the terms that an older deal of its
    /// own is under: it is told that it has to, and is paid once it has.
    async fn earlier_terms_can_still_be_accepted(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let mut office = Office::open(&world, rail.clone()).await;
        let northwind = office.partner("Northwind").await;
        let deal = office.deal(10_000_000, northwind, &[]).await;
        let earlier = office.terms.clone();
        office.publishes_again().await;
        office.accepts(northwind).await;
        let eastbay = office.partner("Eastbay").await;
        let part = NewInvolvement {
            deal: deal.into(),
            partner: eastbay.into(),
            role: CreditRole::Influenced,
            kind: Kind::Validated,
            evidence: "the test report".to_owned(),
            occurred_at: None,
        };
        let part = involvements::record(&office.ada, &office.key(), part).await.unwrap();
        decisions::decide(&office.ada, &office.key(), part.id, None).await.unwrap();
        office.wins(deal).await;
        office.collects(deal, 10_000_000).await.unwrap();
        office.days_pass(31).await;

        let papers = readiness::of(&office.ada, &[eastbay]).await.unwrap();
        assert_eq!(papers[&eastbay].obstacles(), [Obstacle::Agreement]);
        let run = office.approved_run().await;
        assert_eq!(office.holds(run).await, [(eastbay, Reason::AgreementMissing, 200_000)]);
        office.executes().await;

        office.terms = earlier;
        office.accepts(eastbay).await;
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Eastbay"), 200_000);
    }
}

story! {
    /// What the customer got back before the money left does not leave.
    async fn what_was_refunded_since_the_proposal_stays(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let office = Office::open(&world, rail.clone()).await;
        let northwind = office.partner("Northwind").await;
        let deal = office.paid_deal(1_000_000, northwind).await;
        office.days_pass(31).await;
        let run = office.proposes().await.unwrap();
        let refund = NewCollection {
            deal: deal.into(),
            direction: Direction::Refunded,
            amount: office.money(1_000_000).into(),
            received_at: None,
            reference: None,
            external_id: None,
        };
        collections::record(&office.ada, &office.key(), refund).await.unwrap();
        payout_runs::approve(&office.ben, None, run.id).await.unwrap();
        office.executes().await;

        assert_eq!(rail.moved(), []);
        assert_eq!(office.payouts().await[0].state, State::Failed);
        let books = office.books().await;
        assert!(books.balanced);
        // What the refund took back is owed again once the customer pays again.
        let left = books.balances.into_iter().filter(|(_, minor)| *minor != 0);
        let left: Vec<_> = left.map(|((account, _), minor)| (account, minor)).collect();
        let expected = [(LedgerAccount::CommissionExpense, 100_000), (LedgerAccount::Accrued, -100_000)];
        assert_eq!(left, expected);
        assert_eq!(office.earned(northwind).await, [100_000, -100_000]);
    }
}

story! {
    /// A rule that would exceed the terms' own cap on every deal is refused
    /// when it is published: nobody could ever be paid under it.
    async fn a_rule_above_the_cap_is_not_published(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let terms = NewTerms {
            effective_at: None,
            agreement_text: "Be fair.".to_owned(),
            protection_days: 90,
            auto_approve: true,
            hold_days: 30,
            credit_decision_days: 30,
            payout_minimum: Money::new(0, office.program.currency).into(),
            commission_cap_percent: Decimal::new(999, 2).into(),
            rules: vec![percentage(CreditRole::Sourced, "10", None)],
        };
        let refused = published::publish(&office.ada, "terms, again", office.program.id, terms).await;
        assert!(matches!(refused, Err(Error::Invalid { ref field, .. }) if field == "rules.0.formula.percentage.ratePercent"), "{refused:?}");
    }
}
