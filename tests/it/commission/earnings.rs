//! What is released follows what was collected, to the minor unit, whatever
//! comes in, goes back and is paid out in between.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sea_orm::EntityTrait;
use tributary_domain::entity::credit_share::Role;
use tributary_domain::entity::earning::{self, Cause};
use tributary_domain::entity::entry::LedgerAccount;
use tributary_domain::entity::{assessment, commission};
use tributary_domain::error::{Conflict, Error};
use tributary_domain::ids::{CommissionId, DealId, PartnerId};
use tributary_domain::money::{Currency, Money};

use crate::support::office::{Office, currency, percentage};
use crate::support::rail::TestRail;
use crate::support::world::World;

/// Lives of deals that are told on each database.
const LIVES: usize = 24;

/// One thing that happens to a deal.
#[derive(Clone, Debug)]
enum Step {
    /// The customer pays this many thousandths of the amount, more than is due
    /// perhaps, and one minor unit more to be awkward.
    Pays(i64),
    /// The customer is paid back this many thousandths of what was collected;
    /// beyond 1,000 it is refused.
    IsPaidBack(i64),
    /// The deal is won, if it was not.
    Won,
    /// A month passes, and what is due is paid out.
    PaidOut,
}

/// What a deal is worth in minor units, how many influence it, and its life.
#[derive(Clone, Debug)]
struct Life {
    amount: i64,
    influencers: usize,
    steps: Vec<Step>,
}

fn lives() -> impl Strategy<Value = Life> {
    let step = prop_oneof![
        4 => (1..700_i64).prop_map(Step::Pays),
        3 => (1..1_200_i64).prop_map(Step::IsPaidBack),
        2 => Just(Step::Won),
        1 => Just(Step::PaidOut),
    ];
    let amount = prop_oneof![1..1_000_i64, 1..1_000_000_000_i64];
    (amount, 0..=3_usize, prop::collection::vec(step, 3..12)).prop_map(
        |(amount, influencers, steps)| Life {
            amount,
            influencers,
            steps,
        },
    )
}

/// The partners of an office, the first of whom sources every deal.
struct Troupe {
    office: Office,
    partners: Vec<PartnerId>,
    cap: i64,
}

impl Troupe {
    async fn new(world: &World, currency: Currency) -> Self {
        let cap = 1_000_003;
        let rules = vec![
            percentage(Role::Sourced, "12.345678", None),
            percentage(Role::Influenced, "2.5", Some(Money::new(cap, currency))),
        ];
        let rail = Arc::new(TestRail::new([]));
        let office = Office::with_rules(world, rail, currency, rules).await;
        let mut partners = Vec::new();
        for name in ["Northwind", "Eastbay", "Westhill", "Midland"] {
            partners.push(office.partner(name).await);
        }
        Self {
            office,
            partners,
            cap,
        }
    }

    /// Lives a life through, and looks at everything after each step.
    async fn lives(&self, life: &Life) {
        let others = &self.partners[1..=life.influencers];
        let deal = self
            .office
            .deal(life.amount, self.partners[0], others)
            .await;
        let (mut collected, mut won) = (0, false);
        for (place, step) in life.steps.iter().enumerate() {
            match step {
                Step::Pays(thousandths) => {
                    let minor = life.amount * thousandths / 1_000 + 1;
                    self.office.collects(deal, minor).await.unwrap();
                    collected += minor;
                }
                Step::IsPaidBack(thousandths) => {
                    let minor = collected * thousandths / 1_000 + 1;
                    let refund = self.office.collects(deal, -minor).await;
                    if minor <= collected {
                        refund.unwrap();
                        collected -= minor;
                    } else {
                        let code = Conflict::RefundExceedsCollected;
                        let refused = refund.unwrap_err();
                        assert!(
                            matches!(refused, Error::Conflict { code: found, .. } if found == code)
                        );
                    }
                }
                Step::Won if won => {}
                Step::Won => {
                    self.office.wins(deal).await;
                    won = true;
                }
                Step::PaidOut => self.pays_out().await,
            }
            let told = format!("after step {place} of {life:?}");
            self.is_right(deal, life, collected, won, &told).await;
            self.books_are_right(&told).await;
        }
    }

    async fn pays_out(&self) {
        self.office.days_pass(31).await;
        match self.office.proposes().await {
            Ok(run) if run.finished_at.is_some() => {}
            Ok(run) => {
                let id = run.id;
                let approval =
                    tributary_domain::payout::payout_runs::approve(&self.office.ben, None, id);
                approval.await.unwrap();
                self.office.executes().await;
            }
            Err(Error::Conflict {
                code: Conflict::NothingToPay,
                ..
            }) => {}
            Err(error) => panic!("{error}"),
        }
    }

    async fn is_right(&self, deal: DealId, life: &Life, collected: i64, won: bool, told: &str) {
        let commissions = self.office.commissions(deal).await;
        let expected = if won { 1 + life.influencers } else { 0 };
        assert_eq!(commissions.len(), expected, "{told}");
        let released = self.released().await;
        let mut totals = HashMap::from([(Role::Sourced, 0), (Role::Influenced, 0)]);
        for commission in &commissions {
            assert_eq!(commission.state, commission::State::Approved, "{told}");
            let total = commission.total_minor.unwrap();
            *totals.get_mut(&commission.role).unwrap() += total;
            let earned = released.get(&commission.id).copied().unwrap_or_default();
            let target = half_even(total, collected.min(life.amount), life.amount);
            assert_eq!(earned, target, "{} of {total}, {told}", commission.id);
            assert!((0..=total).contains(&earned), "{told}");
            if collected >= life.amount {
                assert_eq!(earned, total, "all is collected, {told}");
            }
        }
        if won {
            let sourced = half_even(life.amount, 12_345_678, 100_000_000);
            assert_eq!(totals[&Role::Sourced], sourced, "{told}");
            let influenced = half_even(life.amount, 25, 1_000).min(self.cap);
            let influenced = if life.influencers == 0 { 0 } else { influenced };
            assert!(
                (totals[&Role::Influenced] - influenced).abs() <= 1,
                "{told}"
            );
            assert!(totals[&Role::Influenced] <= self.cap, "{told}");
        }
    }

    async fn released(&self) -> BTreeMap<CommissionId, i64> {
        let mut sums = BTreeMap::new();
        for earning in self.office.earnings().await {
            *sums.entry(earning.commission_id).or_default() += earning.amount_minor;
        }
        sums
    }

    /// Every posting balances, and each account is what the nouns say.
    async fn books_are_right(&self, told: &str) {
        let books = self.office.books().await;
        assert!(books.balanced, "{told}");
        let at = |account| {
            let key = (account, self.office.program.currency);
            books.balances.get(&key).copied().unwrap_or_default()
        };
        let earnings = self.office.earnings().await;
        let sum = |state| {
            let rows = earnings.iter().filter(|row| row.state == state);
            rows.map(|row| row.amount_minor).sum::<i64>()
        };
        let entitled: i64 = self
            .office
            .all::<commission::Entity>()
            .await
            .iter()
            .filter_map(|row| row.total_minor)
            .sum();
        let released: i64 = earnings.iter().map(|row| row.amount_minor).sum();
        assert_eq!(at(LedgerAccount::CommissionExpense), entitled, "{told}");
        assert_eq!(-at(LedgerAccount::Accrued), entitled - released, "{told}");
        assert_eq!(
            -at(LedgerAccount::Payable),
            sum(earning::State::Held),
            "{told}"
        );
        assert_eq!(at(LedgerAccount::InTransit), 0, "{told}");
        assert_eq!(
            -at(LedgerAccount::Cash),
            sum(earning::State::Paid),
            "{told}"
        );
    }
}

/// `total * part / whole` in whole units, halves to the even neighbour; worked
/// out here anew, and not as the engine does it.
fn half_even(total: i64, part: i64, whole: i64) -> i64 {
    let (product, whole) = (i128::from(total) * i128::from(part), i128::from(whole));
    let (down, rest) = (product / whole, product % whole);
    let up = rest * 2 > whole || rest * 2 == whole && down % 2 == 1;
    i64::try_from(down + i128::from(up)).unwrap()
}

story! {
    /// Over any life of a deal, in currencies of two, no and three digits:
    /// earnings are the target of what was collected, and the books agree.
    /// *Never: released earnings exceed the entitlement, or differ from it once
    /// everything is collected, by one minor unit.*
    async fn earnings_follow_the_money(world: World) {
        let mut troupes = Vec::new();
        for code in ["USD", "JPY", "KWD"] {
            troupes.push(Troupe::new(&world, currency(code)).await);
        }
        let config = Config { failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        for number in 0..LIVES {
            let life = lives().new_tree(&mut runner).unwrap().current();
            troupes[number % troupes.len()].lives(&life).await;
        }
    }
}

story! {
    /// Three instalments of 40,000.00 and a refund of 10,000.00, with a payout
    /// in between: the partner keeps what the customer paid for.
    async fn a_refund_after_the_payout_is_taken_back(world: World) {
        let rules = vec![
            percentage(Role::Sourced, "12.916667", None),
            percentage(Role::Influenced, "2", Some(Money::new(200_000, Currency::USD))),
        ];
        let rail = Arc::new(TestRail::new([]));
        let office = Office::with_rules(&world, rail.clone(), Currency::USD, rules).await;
        let northwind = office.partner("Northwind").await;
        let eastbay = office.partner("Eastbay").await;
        let deal = office.deal(12_000_000, northwind, &[eastbay]).await;
        office.collects(deal, 4_000_000).await.unwrap();
        assert!(office.earned(northwind).await.is_empty(), "nothing is earned before the win");

        office.wins(deal).await;
        office.collects(deal, 4_000_000).await.unwrap();
        assert_eq!(office.earned(northwind).await, [516_667, 516_666]);
        assert_eq!(office.earned(eastbay).await, [66_667, 66_666]);

        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 1_033_333);
        assert_eq!(rail.sum_to("Eastbay"), 133_333);

        office.collects(deal, -1_000_000).await.unwrap();
        office.collects(deal, 4_000_000).await.unwrap();
        assert_eq!(office.earned(northwind).await, [516_667, 516_666, -129_166, 516_666]);
        assert_eq!(office.earned(eastbay).await, [66_667, 66_666, -16_666, 66_666]);

        office.days_pass(31).await;
        office.approved_run().await;
        office.executes().await;
        assert_eq!(rail.sum_to("Northwind"), 1_420_833, "eleven twelfths of 15,500.00");
        assert_eq!(rail.sum_to("Eastbay"), 183_333, "eleven twelfths of 2,000.00");
        assert!(office.books().await.balanced);
    }
}

story! {
    /// What a commission adds up to is an assessment, exact and rounded, and each earning
    /// has its number and its cause.
    async fn every_answer_and_every_earning_is_numbered(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let northwind = office.partner("Northwind").await;
        let deal = office.deal(1_000_001, northwind, &[]).await;
        office.wins(deal).await;
        office.collects(deal, 1_000_001).await.unwrap();
        office.collects(deal, -500_000).await.unwrap();
        let commission = office.commissions(deal).await.remove(0);
        let looks = office.engine.system(office.tenant).await.unwrap();
        let assessed = assessment::Entity::find().all(&looks.read().await.unwrap()).await.unwrap();
        let told = assessed.iter().map(|row| (row.commission_id, row.number, row.exact.as_str(), row.total_minor));
        // A tenth of 10,000.01, to a billionth of a cent.
        let expected = (commission.id, 1, "100000100000000", 100_000);
        assert_eq!(told.collect::<Vec<_>>(), [expected]);
        assert_eq!(commission.total_minor, Some(100_000));
        let earnings = office.earnings().await;
        let told: Vec<_> = earnings.iter().map(|row| (row.number, row.cause, row.amount_minor)).collect();
        assert_eq!(told, [(1, Cause::Collection, 100_000), (2, Cause::Refund, -50_000)]);
    }
}
