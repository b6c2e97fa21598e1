//! Where the commands of one tenant queue up within this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::ids::TenantId;

/// A place at the front of a tenant's queue; dropping it lets the next one go.
pub(crate) type Turn = OwnedMutexGuard<()>;

/// One queue a tenant. A hint, like all that is only in memory: what decides is
/// the lock in the database, which other processes see too.
#[derive(Default)]
pub(crate) struct Gates(Mutex<HashMap<TenantId, Arc<tokio::sync::Mutex<()>>>>);

impl Gates {
    /// Waits for the front of a tenant's queue.
    pub(crate) async fn enter(&self, tenant: TenantId) -> Turn {
        let gate = {
            let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(gates.entry(tenant).or_default())
        };
        gate.lock_owned().await
    }
}
