//! *Never: a partner is paid twice for one earning, whatever crashes or
//! repeats.* Money leaves over a stand-in for a provider that fails as told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sea_orm::entity::prelude::*;
use tributary_domain::database::Database;
use tributary_domain::entity::entry::LedgerAccount;
use tributary_domain::entity::payout::State;
use tributary_domain::entity::{earning, payout_method, payout_run};
use tributary_domain::error::{Conflict, Error};
use tributary_domain::payout::payout_runs;
use tributary_domain::scope::Engine;

use crate::support::db::POOL;
use crate::support::office::{Office, works};
use crate::support::rail::{Act, TestRail};
use crate::support::tables::pinned;
use crate::support::world::World;

/// How often two servers may die over one run before it is done: more than
/// there are troubles.
const MOST_ATTEMPTS: u32 = 60;

/// An office with one partner, whose 1,000.00 are in an approved run.
pub async fn office_about_to_pay(world: &World, script: &[Act]) -> (Office, Arc<TestRail>) {
    let rail = Arc::new(TestRail::new(script.iter().copied()));
    let office = Office::open(world, rail.clone()).await;
    let northwind = office.partner("Northwind").await;
    office.paid_deal(1_000_000, northwind).await;
    office.days_pass(31).await;
    office.approved_run().await;
    (office, rail)
}

pub async fn state(office: &Office) -> State {
    let payouts = office.payouts().await;
    assert_eq!(payouts.len(), 1);
    payouts[0].state
}

/// Whatever happened: what left is what the books say is paid, no key moved
/// money twice, and every posting balances.
pub async fn nothing_left_twice(office: &Office, rail: &TestRail) {
    let moved = rail.moved();
    let keys: BTreeSet<_> = moved.iter().map(|moved| &moved.key).collect();
    assert_eq!(keys.len(), moved.len(), "a key moves money once");
    let left: i64 = moved.iter().map(|moved| moved.minor).sum();
    let earnings = office.earnings().await;
    let paid = earnings
        .iter()
        .filter(|row| row.state == earning::State::Paid);
    assert_eq!(left, paid.map(|row| row.amount_minor).sum::<i64>());

    let payouts = office.payouts().await;
    for payout in &payouts {
        let own = earnings
            .iter()
            .filter(|row| row.payout_id == Some(payout.id));
        let carried: i64 = own.map(|row| row.amount_minor).sum();
        let expected = if payout.state == State::Failed {
            0
        } else {
            payout.amount_minor
        };
        assert_eq!(carried, expected, "{payout:?}");
    }
    let books = office.books().await;
    assert!(books.balanced);
    let cash = books
        .balances
        .get(&(LedgerAccount::Cash, office.program.currency));
    assert_eq!(cash.copied().unwrap_or_default(), -left);
}

story! {
    /// The money moved and the answer was lost: the same instruction is sent
    /// again, and the provider knows it.
    async fn a_lost_answer_is_asked_after(world: World) {
        let (office, rail) = office_about_to_pay(&world, &[Act::LosesAnswer]).await;
        office.executes().await;
        assert_eq!(state(&office).await, State::Unknown);
        assert_eq!(office.earnings().await[0].state, earning::State::InPayout);

        office.executes().await;
        assert_eq!(state(&office).await, State::Paid);
        office.executes().await;
        assert_eq!(rail.calls(), 2, "who is paid is not asked after");
        assert_eq!(rail.sum_to("Northwind"), 100_000);
        nothing_left_twice(&office, &rail).await;
    }
}

story! {
    /// The call was lost: it is sent again, and pays once.
    async fn a_lost_call_is_sent_again(world: World) {
        let script = [Act::LosesCall, Act::LosesCall, Act::Accepts];
        let (office, rail) = office_about_to_pay(&world, &script).await;
        for expected in [State::Unknown, State::Unknown, State::Sent, State::Paid] {
            office.executes().await;
            assert_eq!(state(&office).await, expected);
        }
        assert_eq!(rail.sum_to("Northwind"), 100_000);
        nothing_left_twice(&office, &rail).await;
    }
}

story! {
    /// The server dies in the middle of the call, before or after the money
    /// moved: the next one sends the same instruction.
    async fn a_crash_between_sending_and_recording(world: World) {
        for act in [Act::HangsBefore, Act::HangsAfter] {
            let (office, rail) = office_about_to_pay(&world, &[act]).await;
            let server = office.executing(&office.engine);
            rail.hangs().await;
            server.abort();
            assert!(server.await.unwrap_err().is_cancelled());
            assert_eq!(state(&office).await, State::Sending, "what is sent is known before");

            office.executes().await;
            assert_eq!(state(&office).await, State::Paid, "{act:?}");
            assert_eq!(rail.sum_to("Northwind"), 100_000, "{act:?}");
            nothing_left_twice(&office, &rail).await;
        }
    }
}

story! {
    /// An answer that proves nothing, and comes after the proof, undoes nothing.
    async fn a_late_answer_changes_nothing(world: World) {
        let (office, rail) = office_about_to_pay(&world, &[Act::AnswersLate]).await;
        let slow = office.executing(&office.engine);
        rail.hangs().await;
        office.executes().await;
        assert_eq!(state(&office).await, State::Paid);

        rail.lets_go();
        slow.await.unwrap();
        assert_eq!(state(&office).await, State::Paid);
        nothing_left_twice(&office, &rail).await;
    }
}

story! {
    /// Two servers with pools of their own do the same work at once.
    async fn two_servers_pay_once(world: World) {
        let rail = Arc::new(TestRail::new([]));
        let office = Office::open(&world, rail.clone()).await;
        for name in ["Northwind", "Eastbay", "Westhill", "Midland"] {
            let partner = office.partner(name).await;
            office.paid_deal(1_000_000, partner).await;
        }
        office.days_pass(31).await;
        office.approved_run().await;
        let other = another_server(&world, &office).await;
        let (one, two) = tokio::join!(office.executing(&office.engine), office.executing(&other));
        one.unwrap();
        two.unwrap();
        for name in ["Northwind", "Eastbay", "Westhill", "Midland"] {
            assert_eq!(rail.sum_to(name), 100_000, "{name}");
        }
        nothing_left_twice(&office, &rail).await;
    }
}

/// Another process over the same database, with the same provider.
async fn another_server(world: &World, office: &Office) -> Engine {
    let base = &office.engine;
    let db = Database::connect(&world.database.url, POOL).await.unwrap();
    Engine::new(
        db,
        base.calculator.clone(),
        base.rails.to_vec(),
        base.clock.clone(),
        base.keyring.clone(),
    )
}

/// Everything that can go wrong, but certain refusals, in any order.
fn troubles() -> impl Strategy<Value = Vec<Act>> {
    let act = prop::sample::select(vec![
        Act::Pays,
        Act::LosesAnswer,
        Act::LosesCall,
        Act::Accepts,
        Act::Refuses,
        Act::HangsBefore,
        Act::HangsAfter,
        Act::Declines,
        Act::DeclinesLate,
    ]);
    prop::collection::vec(act, 0..16)
}

story! {
    /// Runs with refunds in between, over a provider in any trouble, by two
    /// servers that die at any moment: in the end everybody has what they
    /// earned, to the cent, and nobody more.
    async fn whatever_goes_wrong_everybody_is_paid_once(world: World) {
        let config = Config { failure_persistence: None, ..Config::default() };
        let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(config, random);
        for _ in 0..6 {
            let script = troubles().new_tree(&mut runner).unwrap().current();
            let rail = Arc::new(TestRail::new(script.iter().copied()));
            let office = Office::open(&world, rail.clone()).await;
            let other = another_server(&world, &office).await;
            let mut deals = BTreeMap::new();
            for name in ["Northwind", "Eastbay", "Westhill"] {
                let partner = office.partner(name).await;
                deals.insert(name, (partner, office.paid_deal(1_000_000, partner).await));
            }
            for (_, deal) in deals.values() {
                office.days_pass(31).await;
                is_done(&office, &other).await;
                office.collects(*deal, -333_333).await.unwrap();
                office.collects(*deal, 333_333).await.unwrap();
            }
            for _ in 0..=script.len() {
                office.days_pass(31).await;
                is_done(&office, &other).await;
            }
            for (name, (partner, _)) in &deals {
                let earned: i64 = office.earned(*partner).await.into_iter().sum();
                assert_eq!((earned, rail.sum_to(name)), (100_000, 100_000), "{name}: {script:?}");
            }
            nothing_left_twice(&office, &rail).await;
        }
    }
}

/// Proposes and approves a run if anything is due, and lets two servers work
/// on it until it is done; each dies where its call does not return.
async fn is_done(office: &Office, other: &Engine) {
    let run = match office.proposes().await {
        Ok(run) => run,
        Err(Error::Conflict {
            code: Conflict::NothingToPay,
            ..
        }) => return,
        Err(error) => panic!("{error}"),
    };
    if run.finished_at.is_none() {
        payout_runs::approve(&office.ben, None, run.id)
            .await
            .unwrap();
    }
    for _ in 0..MOST_ATTEMPTS {
        let runs = office.all::<payout_run::Entity>().await;
        if runs.iter().all(|run| run.finished_at.is_some()) {
            return;
        }
        for mut server in [office.executing(&office.engine), office.executing(other)] {
            if tokio::time::timeout(Duration::from_millis(800), &mut server)
                .await
                .is_err()
            {
                server.abort();
            }
        }
        // For what was declined, the next attempt's time comes.
        office.days_pass(1).await;
    }
    panic!("the run is not done after {MOST_ATTEMPTS} attempts");
}

story! {
    /// A server that lacks the rail, as an older one may, leaves what nobody knows to
    /// those that have it.
    async fn a_server_without_the_rail_gives_nothing_up(world: World) {
        for first in [Act::LosesAnswer, Act::LosesCall, Act::Accepts] {
            let rail = Arc::new(TestRail::new([first]));
            let office = Office::open(&world, rail.clone()).await;
            let northwind = office.partner("Northwind").await;
            office.paid_deal(1_000_000, northwind).await;
            office.days_pass(31).await;
            office.approved_run().await;
            office.executes().await;
            assert_ne!(office.payouts().await[0].state, State::Paid);
            for _ in 0..3 {
                works(&world.server.engine, office.tenant).await;
            }
            office.pays_out("by the server that has the rail").await;
            assert_eq!(rail.sum_to("Northwind"), 100_000);
        }
    }
}

story! {
    /// One whose destination does not open keeps nobody else waiting; and one that was
    /// about to be sent by a server that is gone is not in between for ever.
    async fn what_cannot_leave_keeps_nobody_waiting(world: World) {
        let rail = Arc::new(TestRail::new([Act::Accepts, Act::HangsAfter]));
        let office = Office::open(&world, rail.clone()).await;
        let stuck = office.partner("Stuck").await;
        let sent = office.partner("Eastbay").await;
        for partner in [stuck, sent] {
            office.paid_deal(1_000_000, partner).await;
        }
        office.days_pass(31).await;
        office.approved_run().await;
        let db = pinned(&world.database.connect().await, Some(office.tenant)).await;
        payout_method::Entity::update_many()
            .col_expr(payout_method::Column::Destination, Expr::value("no such key"))
            .filter(payout_method::Column::TenantId.eq(office.tenant))
            .filter(payout_method::Column::PartnerId.eq(stuck))
            .exec(&db)
            .await
            .unwrap();
        db.commit().await.unwrap();
        let state = async |partner| {
            let payouts = office.payouts().await;
            payouts.into_iter().find(|payout| payout.partner_id == partner).unwrap().state
        };
        for _ in 0..6 {
            office.executes().await;
        }
        assert_eq!((state(stuck).await, state(sent).await), (State::Scheduled, State::Paid));
        assert_eq!((rail.sum_to("Stuck"), rail.sum_to("Eastbay")), (0, 100_000));

        let another = office.partner("Westhill").await;
        office.paid_deal(1_000_000, another).await;
        office.days_pass(31).await;
        payout_runs::cancel(&office.ada, None, office.payouts().await[0].run_id).await.unwrap();
        office.executes().await;
        office.approved_run().await;
        let dying = office.executing(&office.engine);
        rail.hangs().await;
        dying.abort();
        assert_eq!(state(another).await, State::Sending);
        // A server that cannot ask says that nobody knows, which people can mend.
        for _ in 0..3 {
            works(&world.server.engine, office.tenant).await;
        }
        assert_eq!(state(another).await, State::Unknown);
    }
}
