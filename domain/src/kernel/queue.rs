//! Where commands wait within this process, before they take a connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::ids::TenantId;

/// A place at the front of the queue; dropping it lets the next command go.
pub(crate) struct Turn {
    _writer: Option<OwnedMutexGuard<()>>,
    _tenant: OwnedMutexGuard<()>,
}

/// One queue per tenant, first come first served. Where the database has one
/// writer for everybody, the fronts of these queues form another one, so that a
/// tenant with many commands delays others by one command at a time.
///
/// This is for fairness and for connections: what decides is the lock in the
/// database, which other processes see too.
pub(crate) struct TenantQueue {
    tenants: Mutex<HashMap<TenantId, Arc<tokio::sync::Mutex<()>>>>,
    writer: Option<Arc<tokio::sync::Mutex<()>>>,
}

impl TenantQueue {
    /// A queue over a database with one writer, or with one per tenant.
    pub(crate) fn new(one_writer: bool) -> Self {
        Self {
            tenants: Mutex::default(),
            writer: one_writer.then(Arc::default),
        }
    }

    /// Waits for the front of a tenant's queue.
    pub(crate) async fn enter(&self, tenant: TenantId) -> Turn {
        let queue = {
            let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tenants.entry(tenant).or_default())
        };
        let tenant = queue.lock_owned().await;
        let writer = match &self.writer {
            Some(writer) => Some(Arc::clone(writer).lock_owned().await),
            None => None,
        };
        Turn {
            _writer: writer,
            _tenant: tenant,
        }
    }
}
