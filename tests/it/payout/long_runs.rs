//! Payout runs with thousands of earnings: prepared, settled and cancelled in short
//! transactions, by servers that die at any moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use tributary_domain::background;
use tributary_domain::entity::credit_share::Role;
use tributary_domain::entity::earning::State;
use tributary_domain::entity::{collection, earning, payout, payout_run, work};
use tributary_domain::error::{Conflict, Error};
use tributary_domain::ids::{CollectionId, EarningId, PartnerId, PayoutRunId};
use tributary_domain::money::Currency;
use tributary_domain::payout::payout_runs;
use tributary_domain::program::terms as published;
use tributary_domain::scope::Tx;

use crate::support::office::{Office, percentage, terms_with};
use crate::support::rail::TestRail;
use crate::support::world::World;

/// Earnings of each partner: two full transactions and some more.
const EARNINGS: usize = 2_300;
/// What a transaction takes into a run or out of it at most.
const CHUNK: usize = 1_000;
/// Rows in one statement: databases bound its parameters.
const ROWS: usize = 500;

/// A partner with so many earnings of the same amount, all due. All but the first
/// are copies, made behind everybody's back.
async fn with_earnings(office: &Office, name: &str) -> PartnerId {
    let partner = office.partner(name).await;
    office.paid_deal(100_000, partner).await;
    let earned = office.earnings().await;
    let earned = earned.iter().find(|row| row.partner_id == partner);
    let earned = earned.unwrap().clone();
    let collections = office.all::<collection::Entity>().await;
    let paid = collections
        .iter()
        .find(|row| Some(row.id) == earned.collection_id);
    let paid = paid.unwrap().clone();
    let tx = office.engine.system(office.tenant).await.unwrap();
    let tx = tx.begin().await.unwrap();
    let ordinals: Vec<i32> = (2..).take(EARNINGS - 1).collect();
    for ordinals in ordinals.chunks(ROWS) {
        copies(&tx, &paid, &earned, ordinals).await;
    }
    tx.commit().await.unwrap();
    partner
}

async fn copies(tx: &Tx, paid: &collection::Model, earned: &earning::Model, ordinals: &[i32]) {
    let mut collections = Vec::new();
    let mut earnings = Vec::new();
    for &ordinal in ordinals {
        let id = CollectionId::new();
        let mut collection: collection::ActiveModel = paid.clone().into();
        (collection.id, collection.ordinal) = (Set(id), Set(ordinal));
        collections.push(collection.reset_all());
        let mut earning: earning::ActiveModel = earned.clone().into();
        (earning.id, earning.collection_id) = (Set(EarningId::new()), Set(Some(id)));
        earning.number = Set(ordinal);
        earnings.push(earning.reset_all());
    }
    let inserted = collection::Entity::insert_many(collections).exec_without_returning(tx);
    inserted.await.unwrap();
    let inserted = earning::Entity::insert_many(earnings).exec_without_returning(tx);
    inserted.await.unwrap();
}

/// A server does a piece of work and dies after so long.
async fn dies_after(office: &Office, kind: work::Kind, run: PayoutRunId, life: Duration) {
    let system = office.engine.system(office.tenant).await.unwrap();
    let mut server = tokio::spawn(async move { background::step(&system, kind, run.0).await });
    match tokio::time::timeout(life, &mut server).await {
        Ok(done) => drop(done.unwrap().unwrap()),
        Err(_) => {
            server.abort();
            // What it was in the middle of is rolled back before anybody looks.
            let _ = server.await;
        }
    }
}

async fn run_of(office: &Office, id: PayoutRunId) -> payout_run::Model {
    let runs = office.all::<payout_run::Entity>().await;
    runs.into_iter().find(|run| run.id == id).unwrap()
}

/// How many earnings of each partner are in a state.
async fn count(office: &Office, state: State) -> BTreeMap<PartnerId, usize> {
    let mut counts = BTreeMap::new();
    for earning in office.earnings().await {
        if earning.state == state {
            *counts.entry(earning.partner_id).or_default() += 1;
        }
    }
    counts
}

/// Servers that die prepare the run until there are enough earnings in it.
async fn prepare_until(office: &Office, run: PayoutRunId, enough: usize) {
    for life in 1..2_000 {
        let life = Duration::from_millis(5 * (life % 40));
        dies_after(office, work::Kind::PrepareRun, run, life).await;
        let taken = count(office, State::InPayout).await;
        for (partner, count) in &taken {
            assert!(
                count.is_multiple_of(CHUNK) || *count == EARNINGS,
                "{partner}: {count}"
            );
        }
        let is_prepared = run_of(office, run).await.state != payout_run::State::Preparing;
        if is_prepared || taken.values().sum::<usize>() >= enough {
            return;
        }
    }
    panic!("it is never prepared");
}

/// The server works until the run is done.
async fn is_done(office: &Office, run: PayoutRunId) {
    for _ in 0..100 {
        office.executes().await;
        if run_of(office, run).await.state == payout_run::State::Done {
            return;
        }
    }
    panic!("the run is never done");
}

story! {
    /// A run is accepted at once and grows by whole chunks. Whoever goes on takes
    /// nothing twice and leaves nothing out, and others have their turn meanwhile.
    async fn a_large_run_outlives_the_servers_that_prepare_it(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let office = Office::open(&world, rail.clone()).await;
        let partners = [with_earnings(&office, "Northwind").await, with_earnings(&office, "Eastbay").await];
        office.days_pass(31).await;
        let run = payout_runs::propose(&office.ada, "run", office.program.id, None).await.unwrap();
        assert_eq!(run.state, payout_run::State::Preparing);
        prepare_until(&office, run.id, 1).await;
        office.invites("Westhill").await;
        prepare_until(&office, run.id, usize::MAX).await;

        let prepared = run_of(&office, run.id).await;
        assert_eq!(prepared.state, payout_run::State::Draft);
        let all = i64::try_from(2 * EARNINGS).unwrap();
        assert_eq!((prepared.earnings_total, prepared.earnings_done), (Some(all), all));
        let total = 10_000 * i64::try_from(EARNINGS).unwrap();
        let payouts = office.payouts().await;
        let paid: BTreeSet<_> = payouts.iter().map(|row| (row.partner_id, row.amount_minor)).collect();
        assert_eq!(paid, partners.map(|partner| (partner, total)).into());
        assert_eq!(payouts.len(), 2);
        let payout_of = |partner| payouts.iter().find(|row| row.partner_id == partner).unwrap().id;
        for earning in office.earnings().await {
            assert_eq!(earning.payout_id, Some(payout_of(earning.partner_id)));
        }
        let again = office.engine.system(office.tenant).await.unwrap();
        let more = background::step(&again, work::Kind::PrepareRun, run.id.0).await.unwrap();
        assert!(!more, "there is nothing left to prepare");

        payout_runs::approve(&office.ben, None, run.id).await.unwrap();
        is_done(&office, run.id).await;
        assert_eq!(count(&office, State::Paid).await, partners.map(|partner| (partner, EARNINGS)).into());
        assert_eq!((rail.sum_to("Northwind"), rail.sum_to("Eastbay")), (total, total));
        assert_eq!(run_of(&office, run.id).await.state, payout_run::State::Done);
    }
}

story! {
    /// Servers that prepare one run at the same moment take each earning once.
    async fn a_large_run_is_prepared_by_two_servers(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let partners = [with_earnings(&office, "Northwind").await, with_earnings(&office, "Eastbay").await];
        office.days_pass(31).await;
        let run = payout_runs::propose(&office.ada, "run", office.program.id, None).await.unwrap();
        let prepares = async || {
            let system = office.engine.system(office.tenant).await.unwrap();
            while background::step(&system, work::Kind::PrepareRun, run.id.0).await.unwrap() {}
        };
        tokio::join!(prepares(), prepares(), prepares());

        assert_eq!(run_of(&office, run.id).await.state, payout_run::State::Draft);
        let total = 10_000 * i64::try_from(EARNINGS).unwrap();
        let payouts = office.payouts().await;
        let paid: Vec<_> = payouts.iter().map(|row| (row.partner_id, row.amount_minor)).collect();
        assert_eq!(paid.len(), 2, "{paid:?}");
        for partner in partners {
            assert!(paid.contains(&(partner, total)), "{paid:?}");
        }
        assert_eq!(count(&office, State::InPayout).await, partners.map(|partner| (partner, EARNINGS)).into());
    }
}

story! {
    /// A run that is cancelled while it is prepared gives everything back, also
    /// where servers die over it, and the next run pays it.
    async fn a_large_run_is_cancelled_halfway(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let office = Office::open(&world, rail.clone()).await;
        let northwind = with_earnings(&office, "Northwind").await;
        office.days_pass(31).await;
        let run = payout_runs::propose(&office.ada, "run", office.program.id, None).await.unwrap();
        prepare_until(&office, run.id, 1).await;
        payout_runs::cancel(&office.ada, None, run.id).await.unwrap();
        for life in 1..500 {
            dies_after(&office, work::Kind::CancelRun, run.id, Duration::from_millis(2 * (life % 30))).await;
            let taken = count(&office, State::InPayout).await.values().sum::<usize>();
            assert!(taken.is_multiple_of(CHUNK) || (EARNINGS - taken).is_multiple_of(CHUNK), "{taken}");
            if run_of(&office, run.id).await.state != payout_run::State::Cancelling {
                break;
            }
        }
        let cancelled = office.cancels(run.id).await;
        assert_eq!(cancelled.state, payout_run::State::Cancelled);
        assert_eq!(count(&office, State::Held).await, [(northwind, EARNINGS)].into());

        let run = office.approved_run().await;
        is_done(&office, run).await;
        assert_eq!(rail.sum_to("Northwind"), 10_000 * i64::try_from(EARNINGS).unwrap());
        assert_eq!(count(&office, State::Paid).await, [(northwind, EARNINGS)].into());
        let sent: Vec<_> = office.payouts().await.into_iter().filter(|row| row.state == payout::State::Paid).collect();
        assert_eq!(sent.len(), 1);
    }
}

story! {
    /// What was earned and taken back before it was paid is set off: nobody is told
    /// for ever that it will be paid.
    async fn a_net_of_nothing_is_set_off(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let mut office = Office::open(&world, rail.clone()).await;
        let mut terms = terms_with(Currency::USD, vec![percentage(Role::Sourced, "10", None)]);
        terms.hold_days = 0;
        let terms = published::publish(&office.ada, "no hold", office.program.id, terms).await;
        office.terms = terms.unwrap();
        let northwind = office.partner("Northwind").await;
        let deal = office.paid_deal(10_000, northwind).await;
        office.collects(deal, -10_000).await.unwrap();
        office.days_pass(1).await;

        let run = office.proposes().await.unwrap();
        assert_eq!(run.state, payout_run::State::Done);
        assert!(office.payouts().await.is_empty() && rail.moved().is_empty());
        assert_eq!(count(&office, State::Paid).await, [(northwind, 2)].into());
        let next = office.proposes().await;
        let nothing = matches!(next, Err(Error::Conflict { code: Conflict::NothingToPay, .. }));
        assert!(nothing, "{next:?}");
        let books = office.books().await;
        assert!(books.balanced);
    }
}
