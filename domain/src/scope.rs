//! Who asks, for which tenant, at what time; and the transactions they get.

use std::ops::Deref;
use std::sync::Arc;

use sea_orm::entity::prelude::*;
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{
    ActiveValue::Set, DatabaseTransaction, DbBackend, IsolationLevel, QuerySelect, RuntimeErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::watch;

use crate::access::{Permission, Role};
use crate::calculator::Calculator;
use crate::clock::{Clock, Moment};
use crate::entity::{event, tenant};
use crate::error::{Error, Result};
use crate::ids::{DealId, EventId, Noun, PartnerId, TenantId};
use crate::rail::Rail;

/// Times a transaction is begun again when the database asks for it.
const BEGIN_ATTEMPTS: u32 = 5;

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
    wake: watch::Sender<u64>,
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
        }
    }

    /// The rail of this name, if this server has it.
    pub fn rail(&self, name: &str) -> Option<Arc<dyn Rail>> {
        self.rails.iter().find(|rail| rail.name() == name).cloned()
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
            "system".to_owned(),
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
            now: self.now(tenant),
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
/// authentication alone.
#[derive(Clone)]
pub struct Scope {
    engine: Engine,
    tenant: TenantId,
    now: Moment,
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

    /// The tenant's present when the request began.
    pub fn now(&self) -> Moment {
        self.now
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
        let mode = SqliteTransactionMode::Deferred;
        let tx = self
            .engine
            .db
            .begin_with_options(options(&self.engine.db, mode))
            .await?;
        pin(&tx, self.tenant).await?;
        Ok(tx)
    }

    /// A transaction for writing, which holds the head of the tenant's log.
    ///
    /// Commands of one tenant therefore run one after another, in the order of
    /// their events, and every rule of state can be argued for one at a time.
    pub async fn begin(&self) -> Result<Tx> {
        let mut attempt = 1;
        loop {
            match self.try_begin().await {
                Err(Error::Storage(error)) if attempt < BEGIN_ATTEMPTS && is_passing(&error) => {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn try_begin(&self) -> Result<Tx> {
        let options = options(&self.engine.db, SqliteTransactionMode::Immediate);
        let db = self.engine.db.begin_with_options(options).await?;
        pin(&db, self.tenant).await?;
        let head = tenant::Entity::find_by_id(self.tenant)
            .lock_exclusive()
            .one(&db)
            .await?;
        let head = head.ok_or(Error::NotFound(Noun::Tenant))?;
        let now = self.engine.now(&head);
        let position = head.last_position;
        let actor = self.person.clone();
        let wake = self.engine.wake.clone();
        Ok(Tx {
            db,
            head,
            now,
            position,
            actor,
            wake,
        })
    }
}

fn options(db: &DatabaseConnection, sqlite: SqliteTransactionMode) -> TransactionOptions {
    // Whoever waited for the head of the log must see what its last holder did:
    // a level above read committed would show it the state before the wait.
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    TransactionOptions {
        isolation_level: postgres.then_some(IsolationLevel::ReadCommitted),
        access_mode: None,
        sqlite_transaction_mode: Some(sqlite),
    }
}

/// Lets row-level security know the tenant, until the transaction ends.
async fn pin(db: &DatabaseTransaction, tenant: TenantId) -> Result<()> {
    if db.get_database_backend() == DbBackend::Postgres {
        let statement = "SELECT set_config('tributary.tenant', $1, true)";
        let values = [tenant.0.to_string().into()];
        db.execute_raw(Statement::from_sql_and_values(
            DbBackend::Postgres,
            statement,
            values,
        ))
        .await?;
    }
    Ok(())
}

/// Whether the same statement may succeed when it is tried again: SQLite was
/// busy, or PostgreSQL gave up a serialization or deadlock victim.
fn is_passing(error: &DbErr) -> bool {
    let (DbErr::Conn(runtime) | DbErr::Exec(runtime) | DbErr::Query(runtime)) = error else {
        return false;
    };
    let RuntimeErr::SqlxError(error) = runtime else {
        return false;
    };
    match error.as_ref() {
        SqlxError::Database(error) => {
            matches!(
                error.code().as_deref(),
                Some("5" | "517" | "40001" | "40P01")
            )
        }
        _ => false,
    }
}

/// A write transaction. Dropping it undoes everything.
pub struct Tx {
    db: DatabaseTransaction,
    head: tenant::Model,
    now: Moment,
    position: i64,
    actor: String,
    wake: watch::Sender<u64>,
}

impl Deref for Tx {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        &self.db
    }
}

/// A fact to be written to the log.
pub struct Fact<'a> {
    /// What happened, as `deal.closed_won`.
    pub kind: &'static str,
    /// The row it happened to.
    pub subject: &'a (dyn std::fmt::Display + Sync),
    /// The deal it concerns, for those who follow the deal.
    pub deal: Option<DealId>,
    /// What there is to know. Never a secret.
    pub data: serde_json::Value,
}

impl Tx {
    /// The tenant, as locked.
    pub fn head(&self) -> &tenant::Model {
        &self.head
    }

    /// The tenant.
    pub fn tenant(&self) -> TenantId {
        self.head.id
    }

    /// The instant of everything this transaction does.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Who does it.
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// The position that the next fact will have.
    pub fn next_position(&self) -> i64 {
        self.position + 1
    }

    /// Appends a fact to the tenant's log and returns its position.
    pub async fn log(&mut self, fact: Fact<'_>) -> Result<i64> {
        self.position += 1;
        let row = event::ActiveModel {
            tenant_id: Set(self.head.id),
            position: Set(self.position),
            id: Set(EventId::new()),
            kind: Set(fact.kind.to_owned()),
            subject: Set(fact.subject.to_string()),
            deal_id: Set(fact.deal),
            data: Set(fact.data.to_string()),
            actor: Set(self.actor.clone()),
            occurred_at: Set(self.now),
        };
        event::Entity::insert(row)
            .exec_without_returning(&self.db)
            .await?;
        Ok(self.position)
    }

    /// Moves the test clock. Later facts of this transaction happen then.
    pub(crate) fn move_clock(&mut self, to: Moment) {
        self.head.clock_at = Some(to);
        self.now = to;
    }

    /// Notes whether a payout run waits for the rail.
    pub(crate) fn note_open_run(&mut self, open: bool) {
        self.head.has_open_run = open;
    }

    /// Notes whether a commission waits to be assessed.
    pub(crate) fn note_pending_commission(&mut self, pending: bool) {
        self.head.has_pending_commission = pending;
    }

    /// Makes everything durable, facts included, and wakes those who follow.
    pub async fn commit(self) -> Result<()> {
        let head = tenant::ActiveModel {
            id: Set(self.head.id),
            last_position: Set(self.position),
            clock_at: Set(self.head.clock_at),
            has_open_run: Set(self.head.has_open_run),
            has_pending_commission: Set(self.head.has_pending_commission),
            ..Default::default()
        };
        tenant::Entity::update(head).exec(&self.db).await?;
        self.db.commit().await?;
        self.wake.send_modify(|count| *count += 1);
        Ok(())
    }
}
