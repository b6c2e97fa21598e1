//! Who is woken when this process commits: those who follow the tenant's log, and the
//! worker. Only hints: other processes commit too.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::ids::TenantId;

/// A hint that changes whenever something was committed.
pub type Wake = watch::Receiver<()>;

/// The hints of one process.
#[derive(Clone)]
pub(crate) struct Wakes {
    any: watch::Sender<()>,
    /// Of the tenants whose log somebody follows.
    tenants: Arc<Mutex<HashMap<TenantId, watch::Sender<()>>>>,
    /// The tenants that committed here since other processes were told; nobody gathers them
    /// where there are no others to tell.
    committed: Arc<Mutex<Option<HashSet<TenantId>>>>,
    told: Arc<Notify>,
}

impl Wakes {
    /// Nobody waits yet.
    pub(crate) fn new() -> Self {
        Self {
            any: watch::Sender::new(()),
            tenants: Arc::default(),
            committed: Arc::default(),
            told: Arc::default(),
        }
    }

    /// Something was committed for a tenant.
    pub(crate) fn send(&self, tenant: TenantId) {
        self.any.send_replace(());
        self.hint(tenant);
        if let Some(committed) = &mut *locked(&self.committed) {
            committed.insert(tenant);
            self.told.notify_one();
        }
    }

    /// Waits until something was committed that others were not told of.
    pub(crate) async fn committed(&self) {
        locked(&self.committed).get_or_insert_default();
        self.told.notified().await;
    }

    /// The tenants that others are to be told of.
    pub(crate) fn take_committed(&self) -> HashSet<TenantId> {
        locked(&self.committed)
            .replace(HashSet::new())
            .unwrap_or_default()
    }

    /// Another process may have committed for a tenant, or this one did.
    pub(crate) fn hint(&self, tenant: TenantId) {
        let tenants = locked(&self.tenants);
        if let Some(tenant) = tenants.get(&tenant) {
            tenant.send_replace(());
        }
    }

    /// Woken by every commit.
    pub(crate) fn any(&self) -> Wake {
        self.any.subscribe()
    }

    /// Woken by the commits of one tenant.
    pub(crate) fn of(&self, tenant: TenantId) -> Wake {
        let mut tenants = locked(&self.tenants);
        // Those whom nobody follows any more are forgotten.
        tenants.retain(|_, wake| wake.receiver_count() > 0);
        let wake = tenants
            .entry(tenant)
            .or_insert_with(|| watch::Sender::new(()));
        wake.subscribe()
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_wakes_those_of_its_tenant() {
        let wakes = Wakes::new();
        let (one, other) = (TenantId::new(), TenantId::new());
        let (of_one, of_other, any) = (wakes.of(one), wakes.of(other), wakes.any());
        wakes.send(one);
        let woken = |wake: &Wake| wake.has_changed().unwrap_or_default();
        assert!(woken(&of_one) && woken(&any));
        assert!(!woken(&of_other));
        drop(of_one);
        wakes.send(one);
        let _again = wakes.of(other);
        let tenants = locked(&wakes.tenants);
        assert_eq!(tenants.len(), 1);
    }
}
