//! Transactions: pinned to a tenant, and for writing, at the head of its log.

use std::fmt::Display;
use std::time::Duration;

use sea_orm::entity::prelude::*;
use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{
    ActiveValue::Set, DatabaseTransaction, DbBackend, ExecResult, IntoActiveModel, QueryResult,
    QuerySelect, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::time::sleep;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::database::Database;
use crate::entity::{Dated, command, event, search_term, tenant};
use crate::error::{Error, Result};
use crate::ids::{DealId, EventId, Noun, PartnerId, TenantId};
use crate::kernel::engine::Engine;
use crate::kernel::facts::Fact;
use crate::kernel::meter::Meter;
use crate::kernel::pending::Pending;
use crate::kernel::queue::Turn;
use crate::keyring::Keyring;

/// Times a transaction is begun again when the database asks for it.
const BEGIN_ATTEMPTS: u32 = 5;

/// Between two attempts.
const BEGIN_PAUSE: Duration = Duration::from_millis(20);

/// A transaction for reading: one state of the database to its end.
pub(crate) async fn read(
    engine: &Engine,
    tenant: TenantId,
    meter: &Meter,
) -> Result<DatabaseTransaction> {
    let mut attempts = Attempts::new();
    loop {
        match read_once(engine, tenant).await {
            Ok(db) => {
                meter.add(2);
                return Ok(db);
            }
            Err(error) => attempts.again(&engine.db, error).await?,
        }
    }
}

async fn read_once(engine: &Engine, tenant: TenantId) -> Result<DatabaseTransaction> {
    let db = begin_with(&engine.db, SqliteTransactionMode::Deferred).await?;
    // One state for all that is read, whatever others commit meanwhile.
    pin(&db, tenant, "ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    Ok(db)
}

/// Whose transaction is begun, and over what.
pub(crate) struct Begin<'a> {
    pub engine: &'a Engine,
    pub meter: &'a Meter,
    pub tenant: TenantId,
    pub actor: Actor,
    pub partner: Option<PartnerId>,
}

/// A transaction for writing.
pub(crate) async fn begin(begin: Begin<'_>, turn: Turn) -> Result<Tx> {
    let Begin {
        engine,
        meter,
        tenant,
        actor,
        partner,
    } = begin;
    let mut attempts = Attempts::new();
    let (db, head) = loop {
        match lock(engine, tenant).await {
            Ok(locked) => break locked,
            Err(error) => attempts.again(&engine.db, error).await?,
        }
    };
    meter.add(3);
    Ok(Tx {
        db,
        now: engine.now(&head),
        position: head.last_position,
        head,
        actor,
        partner,
        pending: Pending::default(),
        engine: engine.clone(),
        meter: meter.clone(),
        _turn: turn,
    })
}

/// Takes the head of a tenant's log.
async fn lock(engine: &Engine, tenant: TenantId) -> Result<(DatabaseTransaction, tenant::Model)> {
    engine.db.check_file()?;
    let db = begin_with(&engine.db, SqliteTransactionMode::Immediate).await?;
    // Whoever waited for the head of the log must see what its last holder did:
    // a level above read committed would show it the state before the wait.
    pin(&db, tenant, "ISOLATION LEVEL READ COMMITTED").await?;
    let head = tenant::Entity::find_by_id(tenant).lock_exclusive();
    let head = head.one(&db).await?.ok_or(Error::NotFound(Noun::Tenant))?;
    Ok((db, head))
}

/// How often something was tried so far that does nothing if it fails: to begin a
/// transaction, or to read one row.
pub(crate) struct Attempts(u32);

impl Attempts {
    /// None so far.
    pub(crate) fn new() -> Self {
        Self(1)
    }

    /// Lets it be tried again, a few times, where the reason may have passed: the
    /// database was busy, or a pooled connection had broken. Fails with the error
    /// otherwise.
    pub(crate) async fn again(&mut self, db: &Database, error: Error) -> Result<()> {
        let Error::Unavailable(cause) = &error else {
            return Err(error);
        };
        if self.0 >= BEGIN_ATTEMPTS || is_exhausted(cause) {
            return Err(error);
        }
        if !crate::error::is_contention(cause) {
            db.discard_connections();
        }
        self.0 += 1;
        sleep(BEGIN_PAUSE).await;
        Ok(())
    }
}

/// Whether all connections were in use for as long as anybody waits for one.
fn is_exhausted(error: &DbErr) -> bool {
    matches!(error, DbErr::ConnectionAcquire(_))
}

async fn begin_with(db: &Database, sqlite: SqliteTransactionMode) -> Result<DatabaseTransaction> {
    let options = TransactionOptions {
        isolation_level: None,
        access_mode: None,
        sqlite_transaction_mode: Some(sqlite),
    };
    // A caller that leaves while PostgreSQL begins would leave a transaction behind
    // that the driver knows nothing of: the beginning goes on without it.
    let db = db.clone();
    let begun = tokio::spawn(async move { db.begin_with_options(options).await });
    match begun.await {
        Ok(begun) => Ok(begun?),
        Err(stopped) => Err(Error::broken(format!(
            "a transaction did not begin: {stopped}"
        ))),
    }
}

/// Sets the level of a transaction, and lets row-level security know the tenant
/// until it ends. `SET LOCAL` takes no parameters, and a UUID needs no quoting.
async fn pin(db: &DatabaseTransaction, tenant: TenantId, level: &str) -> Result<()> {
    if db.get_database_backend() == DbBackend::Postgres {
        let sql = format!(
            "SET TRANSACTION {level}; SET LOCAL tributary.tenant = '{}'",
            tenant.0
        );
        db.execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// A write transaction, which holds the head of the tenant's log. Dropping it
/// undoes everything.
pub struct Tx {
    db: DatabaseTransaction,
    head: tenant::Model,
    now: Moment,
    position: i64,
    actor: Actor,
    partner: Option<PartnerId>,
    pending: Pending,
    engine: Engine,
    meter: Meter,
    /// Given back last, after the connection.
    _turn: Turn,
}

#[async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.meter.add(1);
        self.db.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.meter.add(1);
        self.db.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.meter.add(1);
        self.db.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.meter.add(1);
        self.db.query_all_raw(statement).await
    }
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

    /// The machine's present, for what has nothing to do with the tenant's clock.
    pub(crate) fn machine_now(&self) -> Moment {
        self.engine.clock.now()
    }

    /// Stores a changed row, and when it was changed.
    pub(crate) async fn update<A>(&self, mut row: A) -> Result<<A::Entity as EntityTrait>::Model>
    where
        A: Dated + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
    {
        row.changed_at(self.now());
        Ok(row.update(self).await?)
    }

    /// What seals secrets at rest.
    pub(crate) fn keyring(&self) -> &Keyring {
        &self.engine.keyring
    }

    /// Who does it.
    pub fn actor(&self) -> Actor {
        self.actor
    }

    /// The partner they speak for; none for the tenant's own people.
    pub fn partner(&self) -> Option<PartnerId> {
        self.partner
    }

    /// The position that the next fact will have.
    pub fn next_position(&self) -> i64 {
        self.position + 1
    }

    /// Appends a fact to the tenant's log and returns its position. It is about the row
    /// with this id, and for those who follow a deal, about the deal. It is written with
    /// the commit: the transaction itself does not find it in the log.
    pub async fn record(
        &mut self,
        subject: impl Display,
        deal: Option<DealId>,
        fact: Fact,
    ) -> Result<i64> {
        let (kind, subject) = (fact.kind(), subject.to_string());
        debug_assert_eq!(Noun::of(&subject), Some(kind.noun()), "{kind:?}");
        let data = fact.data()?;
        self.position += 1;
        let row = event::ActiveModel {
            tenant_id: Set(self.head.id),
            position: Set(self.position),
            id: Set(EventId::new()),
            kind: Set(kind.name().to_owned()),
            version: Set(kind.version()),
            subject: Set(subject),
            partner_id: Set(fact.partner()),
            deal_id: Set(deal),
            data: Set(data.to_string()),
            actor: Set(self.actor),
            occurred_at: Set(self.now),
        };
        self.pending.facts.push(row);
        self.write_if_full().await?;
        Ok(self.position)
    }

    /// Lets a row be found by these terms.
    pub(super) async fn add_terms(
        &mut self,
        terms: impl IntoIterator<Item = search_term::ActiveModel>,
    ) -> Result<()> {
        self.pending.terms.extend(terms);
        self.write_if_full().await
    }

    /// Keeps the key of the command that this transaction does.
    pub(super) fn keep(&mut self, command: command::ActiveModel) {
        self.pending.command = Some(command);
    }

    async fn write_if_full(&mut self) -> Result<()> {
        if self.pending.is_full() {
            let pending = std::mem::take(&mut self.pending);
            pending.write(self).await?;
        }
        Ok(())
    }

    /// Begins another epoch of the log, with the next fact.
    pub(crate) fn begin_epoch(&mut self, epoch: i64) {
        self.head.epoch = epoch;
    }

    /// Moves the test clock. Later facts of this transaction happen then.
    pub(crate) fn move_clock(&mut self, to: Moment) {
        self.head.clock_at = Some(to);
        self.now = to;
    }

    /// Makes everything durable, facts included, and wakes those who follow.
    ///
    /// # Errors
    ///
    /// [`Error::OutcomeUnknown`] where the commit itself failed: it may have
    /// reached the disk all the same.
    pub async fn commit(mut self) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        pending.write(&self).await?;
        let head = tenant::ActiveModel {
            id: Set(self.head.id),
            last_position: Set(self.position),
            last_at: Set(self.now),
            clock_at: Set(self.head.clock_at),
            epoch: Set(self.head.epoch),
            ..Default::default()
        };
        tenant::Entity::update(head).exec(&self).await?;
        self.engine.db.check_file()?;
        self.meter.add(1);
        if let Err(error) = self.db.commit().await {
            // The connection may still be in the transaction: it is not used again.
            self.engine.db.discard_connections();
            return Err(Error::OutcomeUnknown(error));
        }
        self.engine.wakes.send(self.head.id);
        Ok(())
    }
}
