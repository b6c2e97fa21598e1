//! Who asks, for which tenant, at what time; and the transactions they get.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sea_orm::entity::prelude::*;

use crate::access::{Permission, Role};
use crate::actor::Actor;
use crate::clock::Moment;
use crate::entity::tenant;
use crate::error::{Error, Result};
use crate::ids::{Noun, PartnerId, PersonId, TenantId};
use crate::kernel::meter::Meter;
use crate::kernel::snapshot::{Reading, Snapshot};
use crate::kernel::transaction::{self, Attempts, Begin};

pub use crate::kernel::engine::Engine;
pub use crate::kernel::facts::Fact;
pub use crate::kernel::transaction::Tx;

impl Engine {
    /// The scope of work that the server does for a tenant of its own accord.
    pub async fn system(&self, tenant: TenantId) -> Result<Scope> {
        let row = self.tenant(tenant).await?;
        Ok(self.system_at(&row))
    }

    /// The same of a tenant that was read just now.
    pub(crate) fn system_at(&self, tenant: &tenant::Model) -> Scope {
        let caller = Caller {
            actor: Actor::System,
            person: None,
            role: Role::Owner,
            partner: None,
            origin: Origin::default(),
        };
        self.scope(tenant, caller)
    }

    /// A tenant, as it is now.
    pub(crate) async fn tenant(&self, id: TenantId) -> Result<tenant::Model> {
        let mut attempts = Attempts::new();
        loop {
            match tenant::Entity::find_by_id(id).one(&*self.db).await {
                Ok(row) => return row.ok_or(Error::NotFound(Noun::Tenant)),
                Err(error) => attempts.again(&self.db, error.into()).await?,
            }
        }
    }

    /// A scope for a caller who has been authenticated.
    pub(crate) fn scope(&self, tenant: &tenant::Model, caller: Caller) -> Scope {
        Scope {
            engine: self.clone(),
            tenant: tenant.id,
            now: Arc::new(AtomicI64::new(self.now(tenant).0)),
            epoch: Arc::new(AtomicI64::new(tenant.epoch)),
            caller,
            snapshot: Arc::default(),
            meter: Meter::default(),
        }
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

/// Who asks, once that is known.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub actor: Actor,
    /// Who answers for what the actor does; none for the server itself.
    pub person: Option<PersonId>,
    pub role: Role,
    pub partner: Option<PartnerId>,
    pub origin: Origin,
}

/// The context of one request: tenant, actor, role and time. Made by
/// authentication, and for the server's own work by [`Engine::system`]. Clones
/// are of the same request.
#[derive(Clone)]
pub struct Scope {
    engine: Engine,
    tenant: TenantId,
    now: Arc<AtomicI64>,
    epoch: Arc<AtomicI64>,
    caller: Caller,
    snapshot: Arc<Snapshot>,
    meter: Meter,
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

    /// The epoch of the tenant's log, when the request began or last caught up.
    pub fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// For requests that last: brings the present of this scope and of its
    /// clones up to date, and tells how far the tenant's log has come. One
    /// statement, so that many may ask often.
    pub async fn catch_up(&self) -> Result<i64> {
        let row = self.engine.tenant(self.tenant).await?;
        self.meter.add(1);
        self.now.store(self.engine.now(&row).0, Ordering::Relaxed);
        self.epoch.store(row.epoch, Ordering::Relaxed);
        Ok(row.last_position)
    }

    /// The same with the head of the log as somebody else read it. It may have been read
    /// earlier than this scope caught up, and takes nothing back.
    pub fn move_up_to(&self, head: &tenant::Model) {
        if head.epoch == self.epoch() {
            let now = self.engine.now(head).0;
            self.now.fetch_max(now, Ordering::Relaxed);
        }
    }

    /// Who asks: a person, a service or the server.
    pub fn actor(&self) -> Actor {
        self.caller.actor
    }

    /// The person who answers for what is asked; none for the server itself.
    pub fn person(&self) -> Option<PersonId> {
        self.caller.person
    }

    /// What they are to the tenant.
    pub fn role(&self) -> Role {
        self.caller.role
    }

    /// The partner whose rows alone may be seen; none for the tenant's own people.
    pub fn partner(&self) -> Option<PartnerId> {
        self.caller.partner
    }

    /// Where the request came from.
    pub fn origin(&self) -> &Origin {
        &self.caller.origin
    }

    /// Counts what the request costs in statements.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// What the scope works with.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Fails unless the role allows it.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.role().may(permission) {
            Ok(())
        } else {
            Err(Error::Forbidden(permission))
        }
    }

    /// Fails with `NotFound` if the actor speaks for another partner than this.
    pub fn require_partner(&self, partner: PartnerId) -> Result<()> {
        match self.partner() {
            Some(own) if own != partner => Err(Error::NotFound(Noun::Partner).at("partnerId")),
            _ => Ok(()),
        }
    }

    /// The read transaction of this request: one state of the database for all
    /// that it asks until it ends, or until it writes.
    pub async fn read(&self) -> Result<Reading> {
        self.snapshot
            .read(&self.engine, self.tenant, &self.meter)
            .await
    }

    /// Ends the read transaction, once every [`Reading`] of it is dropped: one that
    /// is kept while a transaction for writing begins holds a second connection.
    /// What is asked afterwards sees the newest state.
    pub async fn end_read(&self) {
        self.snapshot.end().await;
    }

    /// A transaction for writing, which holds the head of the tenant's log.
    ///
    /// Commands of one tenant therefore run one after another, in the order of
    /// their events, and every rule of state can be argued for one at a time.
    /// Within this process they queue up before they take a connection, so that
    /// one tenant's queue does not hold the connections that others need.
    pub async fn begin(&self) -> Result<Tx> {
        self.end_read().await;
        let turn = self.engine.queue.enter(self.tenant).await;
        let begin = Begin {
            engine: &self.engine,
            meter: &self.meter,
            tenant: self.tenant,
            actor: self.actor(),
            partner: self.partner(),
        };
        transaction::begin(begin, turn).await
    }
}
