//! What every scope works with.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::DbBackend;

use crate::calculator::Calculator;
use crate::clock::{Clock, Moment};
use crate::database::Database;
use crate::entity::payout_method::RailName;
use crate::entity::tenant;
use crate::ids::TenantId;
use crate::kernel::queue::TenantQueue;
use crate::kernel::tail::Tails;
use crate::kernel::wake::{Wake, Wakes};
use crate::keyring::Keyring;
use crate::rail::Rail;

/// By how much servers' clocks may differ. A log that is further ahead was written by
/// a clock that is wrong, and is not followed.
pub(crate) const MOST_SKEW: Duration = Duration::from_secs(5 * 60);

/// What every scope works with: the database, the two ports and the clock.
#[derive(Clone)]
pub struct Engine {
    /// The database, migrated.
    pub db: Database,
    /// What runs tenants' rules.
    pub calculator: Arc<dyn Calculator>,
    /// What pays, by name.
    pub rails: Arc<[Arc<dyn Rail>]>,
    /// What tells the time to live tenants.
    pub clock: Arc<dyn Clock>,
    /// What seals secrets at rest.
    pub keyring: Keyring,
    pub(crate) wakes: Wakes,
    pub(crate) tails: Tails,
    pub(crate) queue: Arc<TenantQueue>,
    rotation: Arc<AtomicUsize>,
}

impl Engine {
    /// An engine over a migrated database.
    pub fn new(
        db: Database,
        calculator: Arc<dyn Calculator>,
        rails: Vec<Arc<dyn Rail>>,
        clock: Arc<dyn Clock>,
        keyring: Keyring,
    ) -> Self {
        let rails = rails.into();
        let one_writer = db.get_database_backend() == DbBackend::Sqlite;
        Self {
            db,
            calculator,
            rails,
            clock,
            keyring,
            wakes: Wakes::new(),
            tails: Tails::default(),
            queue: Arc::new(TenantQueue::new(one_writer)),
            rotation: Arc::default(),
        }
    }

    /// The rail of this name, if this server has it.
    pub fn rail(&self, name: RailName) -> Option<Arc<dyn Rail>> {
        self.rails.iter().find(|rail| rail.name() == name).cloned()
    }

    /// Start offset for round-robin scans.
    pub(crate) fn next_rotation(&self) -> usize {
        self.rotation.fetch_add(1, Ordering::Relaxed)
    }

    /// Woken whenever this process commits.
    pub fn wake(&self) -> Wake {
        self.wakes.any()
    }

    /// Woken whenever this process commits for a tenant.
    pub fn wake_of(&self, tenant: TenantId) -> Wake {
        self.wakes.of(tenant)
    }

    /// The present of a tenant: its test clock, or the machine's. Machines' clocks
    /// differ: the present is never before the newest fact of the log, so that what is
    /// asked of a date has one answer from some place in the log on.
    pub(crate) fn now(&self, tenant: &tenant::Model) -> Moment {
        if let Some(now) = tenant.clock_at {
            return now;
        }
        let machine = self.clock.now();
        if tenant.last_at > machine.plus(MOST_SKEW) {
            tracing::error!(tenant = %tenant.id, last_at = %tenant.last_at, "another server's clock is far ahead, or this one's far behind");
            return machine;
        }
        machine.max(tenant.last_at)
    }
}
