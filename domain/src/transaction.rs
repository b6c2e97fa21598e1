//! Transactions: pinned to a tenant, and for writing, at the head of its log.

use std::ops::Deref;

use sea_orm::entity::prelude::*;
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{
    ActiveValue::Set, DatabaseTransaction, DbBackend, IsolationLevel, QuerySelect, RuntimeErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::sync::watch;

use crate::clock::Moment;
use crate::entity::{event, tenant};
use crate::error::{Error, Result};
use crate::gates::Turn;
use crate::ids::{DealId, EventId, Noun, PartnerId, TenantId};
use crate::scope::Scope;

/// Times a transaction is begun again when the database asks for it.
const BEGIN_ATTEMPTS: u32 = 5;

/// A transaction for reading.
pub(crate) async fn read(db: &DatabaseConnection, tenant: TenantId) -> Result<DatabaseTransaction> {
    let options = options(db, SqliteTransactionMode::Deferred);
    let tx = db.begin_with_options(options).await?;
    pin(&tx, tenant).await?;
    Ok(tx)
}

/// A transaction for writing, begun again where the database asks for it.
pub(crate) async fn begin(scope: &Scope, turn: Turn) -> Result<Tx> {
    let mut attempt = 1;
    let (db, head) = loop {
        match lock(&scope.engine().db, scope.tenant()).await {
            Err(Error::Storage(error)) if attempt < BEGIN_ATTEMPTS && is_passing(&error) => {
                attempt += 1;
            }
            result => break result?,
        }
    };
    Ok(Tx {
        db,
        now: scope.engine().now(&head),
        position: head.last_position,
        head,
        actor: scope.person().to_owned(),
        partner: scope.partner(),
        wake: scope.engine().wake.clone(),
        _turn: turn,
    })
}

/// Takes the head of a tenant's log.
async fn lock(
    db: &DatabaseConnection,
    tenant: TenantId,
) -> Result<(DatabaseTransaction, tenant::Model)> {
    let options = options(db, SqliteTransactionMode::Immediate);
    let tx = db.begin_with_options(options).await?;
    pin(&tx, tenant).await?;
    let head = tenant::Entity::find_by_id(tenant).lock_exclusive();
    let head = head.one(&tx).await?.ok_or(Error::NotFound(Noun::Tenant))?;
    Ok((tx, head))
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
    partner: Option<PartnerId>,
    wake: watch::Sender<u64>,
    /// Given back last, after the connection.
    _turn: Turn,
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

    /// The partner they speak for; none for the tenant's own people.
    pub fn partner(&self) -> Option<PartnerId> {
        self.partner
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
