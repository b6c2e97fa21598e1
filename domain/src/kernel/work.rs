//! Work that the server does of its own accord: noted down in the transaction
//! that causes it, done in bounded steps, and crossed off by the last of them.

use std::time::{Duration, Instant};

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{Condition, JoinType, QueryOrder, QuerySelect};

use crate::clock::Moment;
use crate::entity::tenant;
use crate::entity::work::{self, Kind};
use crate::error::Result;
use crate::ids::TenantId;
use crate::kernel::engine::Engine;
use crate::kernel::scope::Scope;
use crate::kernel::transaction::Tx;

/// How long a server may keep a piece of work to itself.
const LEASE: Duration = Duration::from_secs(60);

/// The longest between two attempts at work that fails.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// Pieces of work of one tenant that a server takes at a time.
const BATCH: u64 = 32;

/// How a piece of work went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// It is finished, and was crossed off in the transaction that finished it.
    Done,
    /// A step is done and there are more.
    More,
    /// There is nothing to do for so long.
    Wait(Duration),
}

/// How long a step of work goes on before others get their turn.
const STEP: Duration = Duration::from_secs(5);

/// A step of work that is done in many short transactions.
pub(crate) struct Step(Instant);

impl Step {
    /// Begins one.
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Whether the rest is for the next one.
    pub(crate) fn is_over(&self) -> bool {
        self.0.elapsed() >= STEP
    }
}

impl Tx {
    /// Notes down work for the server: at once, or from `due_at` on the
    /// tenant's clock. Noting the same work down again makes it due again.
    pub(crate) async fn enqueue(
        &self,
        kind: Kind,
        subject: Uuid,
        due_at: Option<Moment>,
    ) -> Result<()> {
        let anew = due_anew();
        self.note(kind, subject, due_at, Duration::ZERO, anew).await
    }

    /// The same, with a head start for whoever does it anyway.
    pub(crate) async fn enqueue_after(
        &self,
        kind: Kind,
        subject: Uuid,
        due_at: Option<Moment>,
        head_start: Duration,
    ) -> Result<()> {
        let anew = due_anew();
        self.note(kind, subject, due_at, head_start, anew).await
    }

    /// Notes down work that is due by `due_at`, unless it is due before already.
    pub(crate) async fn enqueue_no_later(
        &self,
        kind: Kind,
        subject: Uuid,
        due_at: Moment,
    ) -> Result<()> {
        let noted = Expr::col((work::Entity, work::Column::DueAt));
        let mut anew = due_anew();
        anew.action_and_where(noted.gt(due_at));
        let due_at = Some(due_at);
        self.note(kind, subject, due_at, Duration::ZERO, anew).await
    }

    async fn note(
        &self,
        kind: Kind,
        subject: Uuid,
        due_at: Option<Moment>,
        head_start: Duration,
        if_noted: OnConflict,
    ) -> Result<()> {
        let row = work::ActiveModel {
            tenant_id: Set(self.tenant()),
            kind: Set(kind),
            subject: Set(subject),
            due_at: Set(due_at),
            not_before: Set(self.machine_now().plus(head_start)),
            attempts: Set(0),
            lease_until: Set(None),
            failure: Set(None),
        };
        work::Entity::insert(row)
            .on_conflict(if_noted)
            .exec_without_returning(self)
            .await?;
        Ok(())
    }

    /// Crosses work off.
    pub(crate) async fn complete(&self, kind: Kind, subject: Uuid) -> Result<()> {
        work::Entity::delete_by_id((self.tenant(), kind, subject))
            .exec(self)
            .await?;
        Ok(())
    }

    /// Makes all work of a kind due at once, as when the test clock moved.
    pub(crate) async fn hasten(&self, kind: Kind) -> Result<()> {
        work::Entity::update_many()
            .col_expr(work::Column::NotBefore, Expr::value(self.machine_now()))
            .filter(work::Column::TenantId.eq(self.tenant()))
            .filter(work::Column::Kind.eq(kind))
            .exec(self)
            .await?;
        Ok(())
    }
}

/// Work that is noted down already is due anew.
fn due_anew() -> OnConflict {
    let key = [
        work::Column::TenantId,
        work::Column::Kind,
        work::Column::Subject,
    ];
    let again = [
        work::Column::DueAt,
        work::Column::NotBefore,
        work::Column::Attempts,
        work::Column::LeaseUntil,
        work::Column::Failure,
    ];
    OnConflict::columns(key).update_columns(again).to_owned()
}

/// What of the work in `work` is due, where its tenant is joined.
fn due(engine: &Engine) -> Condition {
    let now = engine.clock.now();
    let tenants_now = Expr::col((tenant::Entity, tenant::Column::ClockAt)).if_null(now);
    Condition::all()
        .add(work::Column::NotBefore.lte(now))
        .add(
            Condition::any()
                .add(work::Column::LeaseUntil.is_null())
                .add(work::Column::LeaseUntil.lte(now)),
        )
        .add(
            Condition::any()
                .add(work::Column::DueAt.is_null())
                .add(Expr::col((work::Entity, work::Column::DueAt)).lte(tenants_now)),
        )
}

/// The tenants that have work which is due, and for how long it has been. The table of
/// work stands outside row-level security, like that of tenants: it holds nothing but ids.
pub async fn tenants(engine: &Engine) -> Result<Vec<(TenantId, Duration)>> {
    let found: Vec<(TenantId, Moment)> = work::Entity::find()
        .join(JoinType::InnerJoin, joined())
        .filter(due(engine))
        .select_only()
        .column(work::Column::TenantId)
        .column_as(work::Column::NotBefore.min(), "earliest")
        .group_by(work::Column::TenantId)
        .into_tuple()
        .all(&*engine.db)
        .await?;
    let now = engine.clock.now();
    let waited = |earliest: Moment| u64::try_from(now.0 - earliest.0).unwrap_or_default();
    let found = found.into_iter();
    Ok(found
        .map(|(tenant, earliest)| (tenant, Duration::from_millis(waited(earliest))))
        .collect())
}

fn joined() -> RelationDef {
    work::Entity::belongs_to(tenant::Entity)
        .from(work::Column::TenantId)
        .to(tenant::Column::Id)
        .into()
}

/// Takes some of the tenant's work that is due, longest waiting first, and
/// keeps other servers from it for a while.
pub(crate) async fn take(scope: &Scope) -> Result<Vec<work::Model>> {
    let engine = scope.engine();
    let found = work::Entity::find()
        .join(JoinType::InnerJoin, joined())
        .filter(work::Column::TenantId.eq(scope.tenant()))
        .filter(due(engine))
        .order_by_asc(work::Column::NotBefore)
        .limit(BATCH)
        .all(&*engine.db)
        .await?;
    let mut taken = Vec::new();
    for item in found {
        let now = engine.clock.now();
        let _turn = engine.queue.enter(scope.tenant()).await;
        let free = Condition::any()
            .add(work::Column::LeaseUntil.is_null())
            .add(work::Column::LeaseUntil.lte(now));
        let updated = work::Entity::update_many()
            .col_expr(work::Column::LeaseUntil, Expr::value(now.plus(LEASE)))
            .col_expr(
                work::Column::Attempts,
                Expr::col(work::Column::Attempts).add(1),
            )
            .filter(this(&item))
            .filter(free)
            .exec(&*engine.db)
            .await?;
        if updated.rows_affected == 1 {
            taken.push(item);
        }
    }
    Ok(taken)
}

/// Gives work back after an attempt, unless it was crossed off.
pub(crate) async fn give_back(
    scope: &Scope,
    item: &work::Model,
    outcome: &Result<Progress>,
) -> Result<()> {
    let engine = scope.engine();
    let (pause, attempts, failure) = match outcome {
        Ok(Progress::Done) => return Ok(()),
        Ok(Progress::More) => (Duration::ZERO, 0, None),
        Ok(Progress::Wait(pause)) => (*pause, 0, None),
        Err(error) => {
            let attempts = item.attempts.saturating_add(1);
            (backoff(attempts), attempts, Some(error.to_string()))
        }
    };
    let _turn = engine.queue.enter(scope.tenant()).await;
    let next = engine.clock.now().plus(pause);
    work::Entity::update_many()
        .col_expr(work::Column::LeaseUntil, Expr::value(None::<Moment>))
        .col_expr(work::Column::NotBefore, Expr::value(next))
        .col_expr(work::Column::Attempts, Expr::value(attempts))
        .col_expr(work::Column::Failure, Expr::value(failure))
        .filter(this(item))
        .exec(&*engine.db)
        .await?;
    Ok(())
}

fn this(item: &work::Model) -> Condition {
    Condition::all()
        .add(work::Column::TenantId.eq(item.tenant_id))
        .add(work::Column::Kind.eq(item.kind))
        .add(work::Column::Subject.eq(item.subject))
}

/// The pause after so many failures in a row: one second, doubled each time.
fn backoff(failures: i32) -> Duration {
    let doublings = u32::try_from(failures - 1).unwrap_or(0);
    let pause = 1_u64
        .checked_shl(doublings)
        .map_or(MAX_BACKOFF, Duration::from_secs);
    std::cmp::min(pause, MAX_BACKOFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_work_is_tried_less_and_less_often() {
        let pauses = [1, 2, 3, 6, 7, 100].map(|failures| backoff(failures).as_secs());
        assert_eq!(pauses, [1, 2, 4, 32, 60, 60]);
    }
}
