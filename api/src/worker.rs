//! What a server does of its own accord: assess commissions that wait, and
//! bring payouts through the rail.
//!
//! Everything it does may be done twice and stopped at any point: the domain
//! writes down what it is about to do before it does it. So any number of
//! servers may do the same work, and stopping one needs no ceremony.

use std::collections::{HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tributary_domain::background;
use tributary_domain::error::Error;
use tributary_domain::ids::TenantId;
use tributary_domain::scope::Engine;
use tributary_transport::gateway::stopped;

use tributary_domain::outage;

use crate::metrics;

/// The longest between two looks for work: other processes make some too.
const POLL: Duration = Duration::from_secs(1);

/// What is gathered after a hint before looking: a burst of commands is one
/// look, and a rail is not asked after each of them.
const GATHERED_FOR: Duration = Duration::from_millis(50);

/// How long one tenant's work may take before another waiting tenant gets its
/// place.
const TENANT_TURN: Duration = Duration::from_secs(20);

/// Tenants that are worked for at the same time.
const MAX_CONCURRENT_TENANTS: usize = 4;

/// Works until `stopping` turns true.
pub async fn run(engine: Engine, mut stopping: watch::Receiver<bool>) {
    let mut worker = Worker::new(engine);
    tokio::select! {
        () = stopped(&mut stopping) => {}
        () = worker.work() => {}
    }
}

struct Worker {
    engine: Engine,
    /// Tenants with work, in the order in which it was seen.
    waiting: VecDeque<TenantId>,
    /// Tenants that are worked for now.
    busy: HashSet<TenantId>,
    /// Their work; dropping it stops it.
    running: JoinSet<TenantId>,
}

impl Worker {
    fn new(engine: Engine) -> Self {
        Self {
            engine,
            waiting: VecDeque::new(),
            busy: HashSet::new(),
            running: JoinSet::new(),
        }
    }

    async fn work(&mut self) {
        let mut wake = self.engine.wake();
        loop {
            self.look().await;
            self.start();
            let mut rest = pin!(async {
                tokio::select! {
                    _ = wake.changed() => sleep(GATHERED_FOR).await,
                    () = sleep(POLL) => {}
                }
            });
            loop {
                tokio::select! {
                    () = &mut rest => break,
                    Some(Ok(tenant)) = self.running.join_next() => {
                        self.busy.remove(&tenant);
                        self.start();
                    }
                }
            }
        }
    }

    /// Lines up the tenants that have work and are not in line yet.
    async fn look(&mut self) {
        let found = match background::tenants(&self.engine).await {
            Ok(found) => found,
            Err(error) => {
                outage::warn_of(&error);
                metrics::work_lag(None);
                return;
            }
        };
        let longest = found.iter().map(|(_, waited)| *waited).max();
        metrics::work_lag(Some(longest.unwrap_or_default()));
        for (tenant, _) in found {
            if !self.busy.contains(&tenant) && !self.waiting.contains(&tenant) {
                self.waiting.push_back(tenant);
            }
        }
    }

    /// Gives free places to the tenants that have waited longest.
    fn start(&mut self) {
        while self.busy.len() < MAX_CONCURRENT_TENANTS
            && let Some(tenant) = self.waiting.pop_front()
        {
            self.busy.insert(tenant);
            self.running.spawn(serve(self.engine.clone(), tenant));
        }
    }
}

/// Does what there is to do for one tenant. Whatever comes of it, nobody else
/// is concerned: what failed is tried again at the next look.
async fn serve(engine: Engine, tenant: TenantId) -> TenantId {
    let work = async { background::run(&engine.system(tenant).await?).await };
    let work = AssertUnwindSafe(work).catch_unwind();
    match timeout(TENANT_TURN, work).await {
        Ok(Ok(Ok(_))) => {}
        Ok(Ok(Err(error @ Error::Unavailable(_)))) => outage::warn_of(&error),
        Ok(Ok(Err(error))) => tracing::warn!(%tenant, ?error, "work could not be done"),
        Ok(Err(_)) => tracing::error!(%tenant, "work panicked"),
        Err(_) => tracing::warn!(%tenant, "work took longer than {TENANT_TURN:?}"),
    }
    tenant
}
