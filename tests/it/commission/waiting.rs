//! Commissions that wait: where a rule could not run, or the server stopped
//! before it did, the deal is won all the same, and no money moves until the
//! rule has answered.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, pending};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use tokio::sync::Notify;
use tributary_domain::access::Role;
use tributary_domain::calculator::{
    Calculator, Case, Code, Description, Outcome, Unadmitted, Verdict, VerdictEntry,
};
use tributary_domain::deal::outcomes;
use tributary_domain::entity::commission::State;
use tributary_domain::entity::credit_share::Role as CreditRole;
use tributary_domain::entity::entry::LedgerAccount;
use tributary_domain::entity::{deal, evaluation, plugin_code, plugin_version, work};
use tributary_domain::ids::{DealId, TenantId};
use tributary_domain::money::Exact;
use tributary_domain::program::terms::{Formula, NewRule};
use tributary_domain::rule::plugins;
use tributary_domain::scope::Engine;

use crate::support::office::{self, Office};
use crate::support::rail::TestRail;
use crate::support::tables::pinned;
use crate::support::world::World;

/// What goes wrong with one run of the rule.
#[derive(Clone, Copy)]
enum Trouble {
    /// The machine is too busy to run it.
    Busy,
    /// The server stops while it runs: the answer never comes.
    Stops,
    /// It answers when it is let go.
    Late,
}

/// A sandbox with troubles. Its one rule gives a tenth.
struct Troubled {
    troubles: Mutex<VecDeque<Trouble>>,
    runs: AtomicUsize,
    asked: Notify,
    gate: Notify,
}

impl Troubled {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            troubles: Mutex::default(),
            runs: AtomicUsize::new(0),
            asked: Notify::new(),
            gate: Notify::new(),
        })
    }

    /// Counts from here on. Publishing terms has asked the rule about its
    /// configuration.
    async fn meets(&self, troubles: &[Trouble]) {
        self.asked.notified().await;
        self.runs.store(0, Ordering::Relaxed);
        self.troubles.lock().unwrap().extend(troubles);
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::Relaxed)
    }
}

impl Calculator for Troubled {
    fn policy_digest(&self) -> &str {
        "troubled"
    }

    fn admit(&self, _: TenantId, _: Arc<[u8]>) -> BoxFuture<'_, Result<Description, Unadmitted>> {
        let description = Description {
            name: "tenth".to_owned(),
            version: "1.0.0".to_owned(),
            basis_codes: vec!["flat".to_owned()],
            config_schema: "{}".to_owned(),
        };
        async move { Ok(description) }.boxed()
    }

    fn evaluate(&self, _: TenantId, _: Code, case: Case) -> BoxFuture<'_, Outcome> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let trouble = self.troubles.lock().unwrap().pop_front();
        self.asked.notify_one();
        async move {
            match trouble {
                Some(Trouble::Busy) => Outcome::Aborted,
                Some(Trouble::Stops) => pending().await,
                Some(Trouble::Late) => {
                    self.gate.notified().await;
                    tenth(&case)
                }
                None => tenth(&case),
            }
        }
        .boxed()
    }
}

fn tenth(case: &Case) -> Outcome {
    let entries = case.credits.iter().map(|credit| VerdictEntry {
        partner: credit.partner,
        amount: Exact::from_minor(case.deal.amount_minor / 10),
        basis: "flat".to_owned(),
        explanation: "a tenth".to_owned(),
    });
    let verdict = Verdict {
        entries: entries.collect(),
        notes: Vec::new(),
    };
    Outcome::Decided {
        result: Ok(verdict),
        fuel: 1,
    }
}

/// An office whose sourced deals are rewarded by the rule of a sandbox with
/// these troubles. The story's own server cannot run it: its sandbox finds that
/// the bytes are not those of the digest.
async fn office(world: &World, troubles: &[Trouble]) -> (Office, Arc<Troubled>) {
    let sandbox = Troubled::new();
    let mut office = Office::open(world, Arc::new(TestRail::new([]))).await;
    let base = &office.engine;
    let engine = Engine::new(
        base.db.clone(),
        sandbox.clone(),
        base.rails.to_vec(),
        base.clock.clone(),
        base.keyring.clone(),
    );
    office.ada = office::person(&engine, office.tenant, "Ada", Role::Owner, None).await;
    office.engine = engine;

    let upload = plugins::stage(&office.ada).await.unwrap().id;
    let bytes = b"no component".to_vec();
    plugins::put(&office.ada, upload, bytes).await.unwrap();
    let version = plugins::publish(&office.ada, None, upload).await.unwrap();
    let formula = Formula::Plugin {
        version: version.id.into(),
        config: "{}".to_owned(),
    };
    let role = CreditRole::Sourced;
    office.publishes(vec![NewRule { role, formula }]).await;
    let db = pinned(&world.database.connect().await, Some(office.tenant)).await;
    let false_digest = "00".repeat(32);
    let code = plugin_code::ActiveModel {
        tenant_id: Set(office.tenant),
        digest: Set(false_digest.clone()),
        bytes: Set(b"no component".to_vec()),
    };
    code.insert(&db).await.unwrap();
    plugin_version::Entity::update_many()
        .col_expr(plugin_version::Column::Digest, Expr::value(false_digest))
        .filter(plugin_version::Column::TenantId.eq(office.tenant))
        .exec(&db)
        .await
        .unwrap();
    db.commit().await.unwrap();
    sandbox.meets(troubles).await;
    (office, sandbox)
}

/// The deal is won and paid for, and its commission waits: nothing is earned,
/// nothing is in the books, no receipt is written, and the server knows.
async fn it_waits(office: &Office, deal: DealId) {
    let deals = office.all::<deal::Entity>().await;
    assert_eq!(deals[0].state, deal::State::ClosedWon);
    let [commission] = &office.commissions(deal).await[..] else {
        panic!("one commission")
    };
    assert_eq!(commission.state, State::Pending);
    assert_eq!(
        (commission.total_minor, &commission.fault_code),
        (None, &None)
    );
    assert!(office.earnings().await.is_empty());
    assert!(office.books().await.balances.is_empty());
    assert!(office.all::<evaluation::Entity>().await.is_empty());
    assert_eq!(office.work().await, [work::Kind::AssessDeal]);
}

/// The server assesses what waits, as it does of its own accord.
async fn assesses(office: &Office) {
    office::works(&office.engine, office.tenant).await;
}

/// Assessed once, and all that was collected is released.
async fn it_is_made_good(office: &Office, deal: DealId) {
    let [commission] = &office.commissions(deal).await[..] else {
        panic!("one commission")
    };
    assert_eq!(
        (commission.state, commission.total_minor),
        (State::Approved, Some(10_000))
    );
    assert_eq!(office.earned(commission.partner_id).await, [10_000]);
    let receipts = office.all::<evaluation::Entity>().await;
    assert_eq!(receipts.len(), 1);
    assert_eq!(commission.evaluation_id, Some(receipts[0].id));
    let books = office.books().await;
    assert!(books.balanced && !books.balances.is_empty());
    assert!(office.work().await.is_empty());
}

story! {
    /// *Never: a busy machine decides what somebody earns.* A rule that could
    /// not run leaves the commission waiting, however often; when it runs, what
    /// was collected meanwhile is released, once.
    async fn a_rule_that_could_not_run_is_run_later(world: World) {
        let (office, sandbox) = office(&world, &[Trouble::Busy, Trouble::Busy]).await;
        let northwind = office.partner("Northwind").await;
        let deal = office.paid_deal(100_000, northwind).await;
        it_waits(&office, deal).await;
        assesses(&office).await;
        it_waits(&office, deal).await;
        assert_eq!(sandbox.runs(), 2);

        assesses(&office).await;
        it_is_made_good(&office, deal).await;
        assesses(&office).await;
        assert_eq!(sandbox.runs(), 3, "what is assessed is not assessed again");
        it_is_made_good(&office, deal).await;
    }
}

story! {
    /// *Never: a win is lost, or half of it.* The server stops between the win
    /// and the rule's answer: the deal is won, its commission waits, and the
    /// next look makes it good. So does the same command, repeated.
    async fn a_server_that_stops_after_a_win_loses_nothing(world: World) {
        let (office, sandbox) = office(&world, &[Trouble::Stops, Trouble::Busy]).await;
        let northwind = office.partner("Northwind").await;
        let deal = office.deal(100_000, northwind, &[]).await;
        let (ada, key) = (office.ada.clone(), office.key());
        let winning = {
            let (ada, key) = (ada.clone(), key.clone());
            tokio::spawn(async move { outcomes::win(&ada, &key, deal, None).await })
        };
        sandbox.asked.notified().await;
        winning.abort();
        assert!(winning.await.unwrap_err().is_cancelled());
        office.collects(deal, 100_000).await.unwrap();
        it_waits(&office, deal).await;

        outcomes::win(&ada, &key, deal, None).await.unwrap();
        it_waits(&office, deal).await;
        assesses(&office).await;
        it_is_made_good(&office, deal).await;
        outcomes::win(&ada, &key, deal, None).await.unwrap();
        assert_eq!(sandbox.runs(), 3, "a repeated win is the same win");
        it_is_made_good(&office, deal).await;
    }
}

story! {
    /// A deal is written off before its rule has answered: what was collected is
    /// earned all the same, nothing stays accrued, and what comes later releases
    /// its part.
    async fn what_is_written_off_before_the_answer_is_earned_and_closed(world: World) {
        for trouble in [Trouble::Busy, Trouble::Late] {
            let (office, sandbox) = office(&world, &[trouble]).await;
            let northwind = office.partner("Northwind").await;
            let deal = office.deal(100_000, northwind, &[]).await;
            let (ada, key) = (office.ada.clone(), office.key());
            let winning = tokio::spawn(async move { outcomes::win(&ada, &key, deal, None).await });
            sandbox.asked.notified().await;
            office.collects(deal, 40_000).await.unwrap();
            outcomes::write_off(&office.ben, &office.key(), deal, "bankrupt").await.unwrap();
            sandbox.gate.notify_one();
            winning.await.unwrap().unwrap();
            assesses(&office).await;

            let [commission] = &office.commissions(deal).await[..] else {
                panic!("one commission")
            };
            assert_eq!((commission.state, commission.total_minor), (State::Closed, Some(10_000)));
            assert_eq!(office.earned(northwind).await, [4_000]);
            office.collects(deal, 60_000).await.unwrap();
            assert_eq!(office.earned(northwind).await, [4_000, 6_000]);
            let books = office.books().await;
            assert!(books.balanced);
            let accrued = books.balances.iter().find(|((account, _), _)| *account == LedgerAccount::Accrued);
            assert!(accrued.is_none_or(|(_, balance)| *balance == 0), "{accrued:?}");
        }
    }
}
