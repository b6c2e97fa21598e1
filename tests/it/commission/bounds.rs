//! No transaction grows with a deal: what is much is bounded, or done in steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tributary_domain::clock::Moment;
use tributary_domain::deal::decisions::{self, Undecided};
use tributary_domain::deal::involvements::{self, NewInvolvement};
use tributary_domain::deal::outcomes;
use tributary_domain::entity::credit_share::Role as CreditRole;
use tributary_domain::entity::earning;
use tributary_domain::entity::earning::Standing;
use tributary_domain::entity::involvement::{self, Kind, State as PartState};
use tributary_domain::entity::payout::State;
use tributary_domain::entity::work;
use tributary_domain::error::{Conflict, Error, Result};
use tributary_domain::ids::{CommissionId, DealId, PartnerId};
use tributary_domain::payout::payout_runs;

use crate::support::office::Office;
use crate::support::operator::works;
use crate::support::rail::TestRail;
use crate::support::world::World;

async fn takes_part(
    office: &Office,
    deal: DealId,
    partner: PartnerId,
) -> Result<involvement::Model> {
    let part = NewInvolvement {
        deal: deal.into(),
        partner: partner.into(),
        role: CreditRole::Influenced,
        kind: Kind::Validated,
        evidence: "the test report".to_owned(),
        occurred_at: None,
    };
    involvements::record(&office.ada, &office.key(), part).await
}

story! {
    /// A deal has at most 200 parts that are not declined, so that a win decides on all
    /// of them at once; 20 of each partner.
    async fn a_deal_has_so_many_parts(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let northwind = office.partner("Northwind").await;
        let deal = office.open_deal(1_000_000).await;
        let mut first = None;
        for _ in 0..20 {
            let part = takes_part(&office, deal, northwind).await.unwrap();
            first.get_or_insert(part.id);
        }
        let full = takes_part(&office, deal, northwind).await;
        assert!(matches!(&full, Err(Error::Conflict { code: Conflict::LimitReached, .. })), "{full:?}");
        // One partner keeps nobody else out.
        for number in 0..9 {
            let other = office.partner(&format!("Partner {number}")).await;
            for _ in 0..20 {
                takes_part(&office, deal, other).await.unwrap();
            }
        }
        let first = first.unwrap();
        let late = office.partner("Late").await;
        let full = takes_part(&office, deal, late).await;
        let is_full = |outcome: &Result<involvement::Model>| {
            matches!(outcome, Err(Error::Conflict { code: Conflict::LimitReached, .. }))
        };
        assert!(is_full(&full), "{full:?}");
        let (ada, none) = (&office.ada, Some("nothing shows it"));
        decisions::decide(ada, &office.key(), first, none).await.unwrap();
        takes_part(&office, deal, northwind).await.unwrap();
        let back = decisions::decide(ada, &office.key(), first, None).await;
        assert!(is_full(&back), "a declined part does not come back beyond the limit: {back:?}");

        let refused = outcomes::win(ada, &office.key(), deal, None).await;
        assert!(matches!(&refused, Err(Error::Conflict { ids, .. }) if ids.len() == 200), "{refused:?}");
        outcomes::win(ada, &office.key(), deal, Some(Undecided::Confirm)).await.unwrap();
        let parts = office.all::<involvement::Entity>().await;
        let confirmed = parts.iter().filter(|part| part.state == PartState::Confirmed);
        assert_eq!(confirmed.count(), 200);
    }
}

story! {
    /// Many payments before the win are released for many partners in steps, which a
    /// payment in between does not disturb: to the cent as if at once.
    async fn many_payments_before_a_win_are_released_in_steps(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let source = office.partner("Northwind").await;
        let mut others = Vec::new();
        for name in ["Eastbay", "Westhill", "Midland", "Southridge"] {
            others.push(office.partner(name).await);
        }
        let deal = office.deal(1_000_000, source, &others).await;
        for payment in 0..300 {
            office.collects(deal, 3_001 - 20 * (payment % 2)).await.unwrap();
        }
        office.wins(deal).await;
        // Five partners times 300 payments are more than one step.
        office.collects(deal, 1_000).await.unwrap();
        works(&office.engine, office.tenant).await;
        works(&office.engine, office.tenant).await;
        assert!(!office.work().await.contains(&work::Kind::AssessDeal));

        let collected: i64 = 150 * 3_001 + 150 * 2_981 + 1_000;
        let mut by_commission: BTreeMap<CommissionId, i64> = BTreeMap::new();
        for earning in office.earnings().await {
            *by_commission.entry(earning.commission_id).or_default() += earning.amount_minor;
        }
        for commission in office.commissions(deal).await {
            let total = i128::from(commission.total_minor.unwrap());
            // Half to even, of the whole that was collected.
            let (exact, whole) = (total * i128::from(collected), 1_000_000_i128);
            let (down, rest) = (exact / whole, exact % whole);
            let up = rest * 2 > whole || (rest * 2 == whole && down % 2 == 1);
            let target = i64::try_from(down).unwrap() + i64::from(up);
            assert_eq!(by_commission[&commission.id], target, "{commission:?}");
            assert_eq!(commission.released_ordinal, 301);
        }
        assert!(office.books().await.balanced);
    }
}

/// What of unpaid earnings is due, told slowly: of each commission, in the order of the
/// log, what a refund takes back is set off against what waits by then.
fn due_minor(earnings: &[earning::Model], now: Moment) -> i64 {
    let mut due = 0;
    let mut waiting: BTreeMap<CommissionId, i64> = BTreeMap::new();
    let mut unpaid: Vec<_> = earnings
        .iter()
        .filter(|row| row.state == earning::State::Held)
        .collect();
    unpaid.sort_by_key(|row| row.position);
    for earning in unpaid {
        if earning.standing_at(now) == Standing::Payable {
            due += earning.amount_minor;
            continue;
        }
        let sum = waiting.entry(earning.commission_id).or_default();
        *sum += earning.amount_minor;
        if *sum < 0 {
            due += *sum;
            *sum = 0;
        }
    }
    due
}

story! {
    /// Whatever was paid and refunded since a run was proposed, a payout leaves exactly
    /// if its partner does not owe more than is due to it.
    async fn what_leaves_is_not_owed_by_then(world: World) {
        let config = Config { failure_persistence: None, ..Config::default() };
        let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(config, random);
        let changes = prop::collection::vec((0..3_usize, -5_i64..=4, 0..6_i32), 1..6);
        let (mut left, mut stayed) = (0, 0);
        for _ in 0..10 {
            let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
            let northwind = office.partner("Northwind").await;
            let mut deals = Vec::new();
            for _ in 0..3 {
                let deal = office.deal(1_000_000, northwind, &[]).await;
                office.wins(deal).await;
                office.collects(deal, 500_000).await.unwrap();
                deals.push(deal);
            }
            office.days_pass(31).await;
            let run = office.proposes().await.unwrap();
            for (deal, tenths, weeks) in changes.new_tree(&mut runner).unwrap().current() {
                // A refund of more than was collected is refused, and no matter here.
                if tenths != 0 {
                    let _: Result<_> = office.collects(deals[deal], tenths * 100_000).await;
                }
                office.days_pass(weeks * 7).await;
            }
            let now = office.now().await;
            let owes = due_minor(&office.earnings().await, now) < 0;
            payout_runs::approve(&office.ben, None, run.id).await.unwrap();
            office.executes().await;
            let state = office.payouts().await[0].state;
            assert_eq!(state, if owes { State::Failed } else { State::Paid });
            *(if owes { &mut stayed } else { &mut left }) += 1;
        }
        assert!(left > 0 && stayed > 0, "both happen: {left} and {stayed}");
    }
}
