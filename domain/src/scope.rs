//! Who asks, for which tenant, at what time; and the transactions they get.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use sea_orm::DatabaseTransaction;
use sea_orm::entity::prelude::*;
use tokio::sync::watch;

use crate::access::{Permission, Role};
use crate::calculator::Calculator;
use crate::clock::{Clock, Moment};
use crate::entity::tenant;
use crate::error::{Error, Result};
use crate::gates::Gates;
use crate::ids::{Noun, PartnerId, TenantId};
use crate::rail::Rail;
use crate::transaction;

pub use crate::transaction::{Fact, Tx};

/// Who does what nobody asked for: the server itself.
pub(crate) const SYSTEM: &str = "system";

/// What every scope works with: the database, the two ports and the clock.
#[derive(Clone)]
pub struct Engine {
    /// The database, migrated.
    pub db: DatabaseConnection,
    /// What runs tenants' rules.
    pub calculator: Arc<dyn Calculator>,
    /// What pays, by name.
    pub rails: Arc<[Arc<dyn Rail>]>,
    /// What tells the time to live tenants.
    pub clock: Arc<dyn Clock>,
    pub(crate) wake: watch::Sender<u64>,
    gates: Arc<Gates>,
    turns: Arc<AtomicUsize>,
}

impl Engine {
    /// An engine over a migrated database.
    pub fn new(
        db: DatabaseConnection,
        calculator: Arc<dyn Calculator>,
        rails: Vec<Arc<dyn Rail>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (wake, _) = watch::channel(0);
        let rails = rails.into();
        Self {
            db,
            calculator,
            rails,
            clock,
            wake,
            gates: Arc::default(),
            turns: Arc::default(),
        }
    }

    /// The rail of this name, if this server has it.
    pub fn rail(&self, name: &str) -> Option<Arc<dyn Rail>> {
        self.rails.iter().find(|rail| rail.name() == name).cloned()
    }

    /// Another number each time: where a list begins that is gone through again
    /// and again, and perhaps never to its end.
    pub(crate) fn next_turn(&self) -> usize {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// Changes whenever this process commits. A hint: other processes commit too.
    pub fn wake(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }

    /// The scope of work that the server does for a tenant of its own accord.
    pub async fn system(&self, tenant: TenantId) -> Result<Scope> {
        let row = tenant::Entity::find_by_id(tenant).one(&self.db).await?;
        let row = row.ok_or(Error::NotFound(Noun::Tenant))?;
        Ok(self.scope(
            &row,
            SYSTEM.to_owned(),
            Role::Owner,
            None,
            Origin::default(),
        ))
    }

    /// A scope for an actor who has been authenticated.
    pub(crate) fn scope(
        &self,
        tenant: &tenant::Model,
        person: String,
        role: Role,
        partner: Option<PartnerId>,
        origin: Origin,
    ) -> Scope {
        Scope {
            engine: self.clone(),
            tenant: tenant.id,
            now: Arc::new(AtomicI64::new(self.now(tenant).0)),
            person,
            role,
            partner,
            origin,
        }
    }

    /// The present of a tenant: its test clock, or the machine's.
    pub(crate) fn now(&self, tenant: &tenant::Model) -> Moment {
        tenant.clock_at.unwrap_or_else(|| self.clock.now())
    }
}

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The peer's address.
    pub ip: Option<String>,
    /// The program it says it is.
    pub user_agent: Option<String>,
}

/// The context of one request: tenant, actor, role and time. Made by
/// authentication, and for the server's own work by [`Engine::system`].
#[derive(Clone)]
pub struct Scope {
    engine: Engine,
    tenant: TenantId,
    /// Shared by clones: they are of one request.
    now: Arc<AtomicI64>,
    person: String,
    role: Role,
    partner: Option<PartnerId>,
    origin: Origin,
}

impl Scope {
    /// The tenant whose rows may be seen.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The tenant's present when the request began, or when it last caught up.
    pub fn now(&self) -> Moment {
        Moment(self.now.load(Ordering::Relaxed))
    }

    /// For requests that last: brings the present of this scope and of its
    /// clones up to date, and tells how far the tenant's log has come. One
    /// statement, so that many may ask often.
    pub async fn catch_up(&self) -> Result<i64> {
        let query = tenant::Entity::find_by_id(self.tenant);
        let row = query.one(&self.engine.db).await?;
        let row = row.ok_or(Error::NotFound(Noun::Tenant))?;
        self.now.store(self.engine.now(&row).0, Ordering::Relaxed);
        Ok(row.last_position)
    }

    /// Who asks: a person or a system.
    pub fn person(&self) -> &str {
        &self.person
    }

    /// What they are to the tenant.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The partner whose rows alone may be seen; none for the tenant's own people.
    pub fn partner(&self) -> Option<PartnerId> {
        self.partner
    }

    /// Where the request came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What the scope works with.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Fails unless the role allows it.
    pub fn require(&self, permission: Permission) -> Result<()> {
        match self.role.may(permission) {
            true => Ok(()),
            false => Err(Error::Forbidden(permission)),
        }
    }

    /// Fails with `NotFound` if the actor speaks for another partner than this.
    pub fn require_partner(&self, partner: PartnerId) -> Result<()> {
        match self.partner {
            Some(own) if own != partner => Err(Error::NotFound(Noun::Partner)),
            _ => Ok(()),
        }
    }

    /// A transaction for reading: one snapshot on SQLite, and on PostgreSQL
    /// pinned to the tenant. Dropping it ends it.
    pub async fn read(&self) -> Result<DatabaseTransaction> {
        transaction::read(&self.engine.db, self.tenant).await
    }

    /// A transaction for writing, which holds the head of the tenant's log.
    ///
    /// Commands of one tenant therefore run one after another, in the order of
    /// their events, and every rule of state can be argued for one at a time.
    /// Within this process they queue up before they take a connection, so that
    /// one tenant's queue does not hold the connections that others need.
    pub async fn begin(&self) -> Result<Tx> {
        let turn = self.engine.gates.enter(self.tenant).await;
        transaction::begin(self, turn).await
    }
}
