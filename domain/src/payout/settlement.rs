//! What the end of a payout does: to the books at once, to its earnings in short
//! steps, and to its run once all are through.

use std::time::Duration;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect, QueryTrait, UpdateMany};

use crate::commission::ledger;
use crate::entity::ledger_transaction::Kind;
use crate::entity::payout::{self, State};
use crate::entity::{Owned, earning, payout_run, work};
use crate::error::{Error, Result};
use crate::ids::{EarningId, PayoutId, PayoutRunId, ProgramId, TenantId};
use crate::kernel::facts;
use crate::kernel::work::{Progress, Step};
use crate::money::Money;
use crate::scope::{Fact, Scope, Tx};
use crate::sums::whole_sum;

/// Until something that others do is looked at again.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// Earnings that one transaction moves.
const EARNINGS_A_STEP: u64 = 1_000;

/// Moves a payout on, and appends that to the log.
pub(crate) async fn mark(
    tx: &mut Tx,
    payout: payout::Model,
    state: State,
    reference: Option<String>,
    reason: Option<String>,
) -> Result<(payout::Model, i64)> {
    let reference = reference.or(payout.reference.clone());
    let mut change: payout::ActiveModel = payout.into();
    change.state = Set(state);
    change.reference = Set(reference);
    change.reason = Set(reason);
    if state == State::Sending {
        change.sent_at = Set(Some(tx.now()));
        change.called_at = Set(Some(tx.machine_now()));
    }
    if State::SETTLED.contains(&state) {
        change.settled_at = Set(Some(tx.now()));
        change.settled_position = Set(Some(tx.next_position()));
    }
    let payout = tx.update(change).await?;
    let moved = facts::PayoutMoved {
        partner: payout.partner_id,
        amount: facts::Amount(Money::new(payout.amount_minor, payout.currency)),
        rail: payout.rail,
        reason: payout.reason.clone(),
    };
    let fact = match state {
        State::Sending => Fact::PayoutStarted(moved),
        State::Unknown => Fact::PayoutBecameUnknown(moved),
        State::Sent => Fact::PayoutSent(moved),
        State::Paid => Fact::PayoutPaid(moved),
        State::Failed => Fact::PayoutFailed(moved),
        State::Scheduled => return Err(Error::broken("an attempt is declined first")),
    };
    let position = tx.record(payout.id, None, fact).await?;
    Ok((payout, position))
}

/// Books a scheduled payout as sent, before it is.
pub(crate) async fn depart(tx: &mut Tx, payout: payout::Model) -> Result<payout::Model> {
    let (payout, position) = mark(tx, payout, State::Sending, None, None).await?;
    post(tx, position, Kind::PayoutSent, &payout).await?;
    Ok(payout)
}

/// Notes that a payout, which may have left, is sent again now. No fact: a rail that
/// fails is tried for as long as it does.
pub(crate) async fn depart_again(tx: &Tx, payout: payout::Model) -> Result<()> {
    let mut change: payout::ActiveModel = payout.into();
    change.called_at = Set(Some(tx.machine_now()));
    tx.update(change).await?;
    Ok(())
}

/// Minutes from an attempt that was declined to the next one; after the last of them a
/// payout fails.
const RETRY_MINUTES: [i32; 4] = [1, 10, 60, 360];

/// Records that an attempt was declined: the money is on no way any more, and leaves once
/// more later, or the payout fails.
pub(crate) async fn decline(tx: &mut Tx, payout: payout::Model, reason: String) -> Result<()> {
    let made = usize::try_from(payout.attempt).map_err(|_| Error::broken("a negative attempt"))?;
    let Some(minutes) = RETRY_MINUTES.get(made.saturating_sub(1)) else {
        return fail_and_close(tx, payout, reason).await;
    };
    let retry_at = tx.now().plus_minutes(*minutes);
    let fact = Fact::PayoutAttemptDeclined(facts::DeclinedAttempt {
        partner: payout.partner_id,
        amount: facts::Amount(Money::new(payout.amount_minor, payout.currency)),
        rail: payout.rail,
        attempt: payout.attempt,
        reason: reason.clone(),
        retry_at: facts::Time(retry_at),
    });
    let position = tx.record(payout.id, None, fact).await?;
    post(tx, position, Kind::PayoutFailed, &payout).await?;
    let attempt = payout.attempt + 1;
    let mut change: payout::ActiveModel = payout.into();
    change.state = Set(State::Scheduled);
    change.attempt = Set(attempt);
    change.retry_at = Set(Some(retry_at));
    change.reference = Set(None);
    change.reason = Set(Some(reason));
    tx.update(change).await?;
    Ok(())
}

/// Records that a payout arrived.
pub(crate) async fn pay(tx: &mut Tx, payout: payout::Model, reference: String) -> Result<()> {
    let (payout, position) = mark(tx, payout, State::Paid, Some(reference), None).await?;
    post(tx, position, Kind::PayoutSettled, &payout).await?;
    apply_and_close(tx, payout).await
}

/// Records that a payout certainly did not and will not arrive.
pub(crate) async fn fail_and_close(
    tx: &mut Tx,
    payout: payout::Model,
    reason: String,
) -> Result<()> {
    let payout = fail(tx, payout, reason).await?;
    apply_and_close(tx, payout).await
}

/// Fails a payout: its earnings are given back and wait for the next run.
pub(crate) async fn fail(
    tx: &mut Tx,
    payout: payout::Model,
    reason: String,
) -> Result<payout::Model> {
    let departed = payout.state != State::Scheduled;
    let (payout, position) = mark(tx, payout, State::Failed, None, Some(reason)).await?;
    if departed {
        post(tx, position, Kind::PayoutFailed, &payout).await?;
    }
    Ok(payout)
}

/// Records that a rail paid what people had settled or reported otherwise: a person has to
/// look whether it was paid twice, and to recover one of the two payments.
pub(crate) async fn note_second_payment(
    tx: &mut Tx,
    payout: &payout::Model,
    reference: &str,
) -> Result<()> {
    let fact = Fact::PayoutSecondPaymentDetected(facts::LatePayment {
        partner: payout.partner_id,
        amount: facts::Amount(Money::new(payout.amount_minor, payout.currency)),
        reference: reference.to_owned(),
    });
    tx.record(payout.id, None, fact).await?;
    Ok(())
}

async fn post(tx: &Tx, position: i64, kind: Kind, payout: &payout::Model) -> Result<()> {
    let money = Money::new(payout.amount_minor, payout.currency);
    ledger::post(tx, position, kind, payout.id.0, payout.partner_id, money).await
}

async fn apply_and_close(tx: &mut Tx, payout: payout::Model) -> Result<()> {
    let (id, run) = (payout.id, payout.run_id);
    if apply(tx, payout).await? {
        close_if_settled(tx, run).await
    } else {
        tx.enqueue(work::Kind::ApplyPayout, id.0, None).await
    }
}

/// Moves some of the earnings of a settled payout to where they belong: to those
/// that the partner has, or back to those that wait. Tells whether all are.
pub(crate) async fn apply(tx: &mut Tx, payout: payout::Model) -> Result<bool> {
    if payout.is_applied {
        return Ok(true);
    }
    let ids: Vec<EarningId> = earning::Entity::of(tx.tenant())
        .filter(earning::Column::PayoutId.eq(payout.id))
        .filter(earning::Column::State.eq(earning::State::InPayout))
        .select_only()
        .column(earning::Column::Id)
        .limit(EARNINGS_A_STEP)
        .into_tuple()
        .all(tx)
        .await?;
    let count = ids.len() as u64;
    let these = earning::Entity::update_many()
        .col_expr(earning::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(earning::Column::TenantId.eq(tx.tenant()))
        .filter(earning::Column::Id.is_in(ids));
    let moved = match payout.state {
        State::Paid => these.col_expr(earning::Column::State, Expr::value(earning::State::Paid)),
        State::Failed => given_back(these, payout.settled_position.unwrap_or(tx.next_position())),
        other => return Err(Error::broken(format!("{} is {other:?}", payout.id))),
    };
    moved.exec(tx).await?;
    if count == EARNINGS_A_STEP {
        return Ok(false);
    }
    let mut change: payout::ActiveModel = payout.into();
    change.is_applied = Set(true);
    tx.update(change).await?;
    Ok(true)
}

/// Earnings are in no run any more since a place in the log: a run that was proposed
/// before does not take them.
fn given_back(these: UpdateMany<earning::Entity>, since: i64) -> UpdateMany<earning::Entity> {
    these
        .col_expr(earning::Column::State, Expr::value(earning::State::Held))
        .col_expr(earning::Column::PayoutId, Expr::value(None::<PayoutId>))
        .col_expr(earning::Column::RunId, Expr::value(None::<PayoutRunId>))
        .col_expr(earning::Column::HeldSince, Expr::value(since))
}

/// Applies a settled payout with many earnings, chunk by chunk.
pub(crate) async fn work(scope: &Scope, id: PayoutId) -> Result<Progress> {
    let step = Step::begin();
    loop {
        let mut tx = scope.begin().await?;
        let payout = payout::Entity::get(&tx, tx.tenant(), id).await?;
        let run = payout.run_id;
        let done = apply(&mut tx, payout).await?;
        if done {
            close_if_settled(&mut tx, run).await?;
            tx.complete(work::Kind::ApplyPayout, id.0).await?;
        }
        tx.commit().await?;
        if done {
            return Ok(Progress::Done);
        }
        if step.is_over() {
            return Ok(Progress::More);
        }
    }
}

/// Puts back some of what a cancelled run set off. Tells whether all is.
pub(crate) async fn undo_set_off(tx: &Tx, run: PayoutRunId) -> Result<bool> {
    let ids: Vec<EarningId> = earning::Entity::of(tx.tenant())
        .filter(earning::Column::RunId.eq(run))
        .filter(earning::Column::PayoutId.is_null())
        .select_only()
        .column(earning::Column::Id)
        .limit(EARNINGS_A_STEP)
        .into_tuple()
        .all(tx)
        .await?;
    let count = ids.len() as u64;
    let these = earning::Entity::update_many()
        .col_expr(earning::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(earning::Column::TenantId.eq(tx.tenant()))
        .filter(earning::Column::Id.is_in(ids));
    given_back(these, tx.next_position()).exec(tx).await?;
    Ok(count < EARNINGS_A_STEP)
}

/// A settled payout of a run whose earnings are not all where they belong.
pub(crate) async fn unapplied_of(tx: &Tx, run: PayoutRunId) -> Result<Option<payout::Model>> {
    let query = payout::Entity::of(tx.tenant())
        .filter(payout::Column::RunId.eq(run))
        .filter(payout::Column::State.is_in(State::SETTLED))
        .filter(payout::Column::IsApplied.eq(false))
        .order_by_asc(payout::Column::Id);
    Ok(query.one(tx).await?)
}

/// Whether earnings of a program are still on their way back from a payout.
pub(crate) async fn any_unapplied<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    program: ProgramId,
) -> Result<bool> {
    let runs = payout_run::Entity::of(tenant)
        .filter(payout_run::Column::ProgramId.eq(program))
        .select_only()
        .column(payout_run::Column::Id)
        .into_query();
    let query = payout::Entity::of(tenant)
        .filter(payout::Column::IsApplied.eq(false))
        .filter(payout::Column::State.eq(State::Failed))
        .filter(payout::Column::RunId.in_subquery(runs))
        .limit(1);
    Ok(query.one(db).await?.is_some())
}

/// Closes a run once all its payouts are settled and applied, in the transaction
/// that does the last.
pub(crate) async fn close_if_settled(tx: &mut Tx, id: PayoutRunId) -> Result<()> {
    let open = payout::Entity::of(tx.tenant())
        .filter(payout::Column::RunId.eq(id))
        .filter(payout::Column::IsApplied.eq(false))
        .limit(1);
    let run = payout_run::Entity::get(tx, tx.tenant(), id).await?;
    if !payout_run::State::AT_WORK.contains(&run.state) || open.one(tx).await?.is_some() {
        return Ok(());
    }
    tx.complete(work::Kind::ExecuteRun, id.0).await?;
    finish(tx, run).await
}

/// Ends a run that has nothing left to do.
pub(crate) async fn finish(tx: &mut Tx, run: payout_run::Model) -> Result<()> {
    let id = run.id;
    let mut change: payout_run::ActiveModel = run.into();
    change.state = Set(payout_run::State::Done);
    change.finished_at = Set(Some(tx.now()));
    tx.update(change).await?;
    tx.record(id, None, Fact::PayoutRunFinished(facts::Nothing {}))
        .await?;
    Ok(())
}

/// What the payouts of a run add up to, in minor units.
pub(crate) async fn total(tx: &Tx, run: PayoutRunId) -> Result<i64> {
    let sum = whole_sum(payout::Column::AmountMinor);
    let total = payout::Entity::of(tx.tenant())
        .filter(payout::Column::RunId.eq(run))
        .select_only()
        .column_as(sum, "total")
        .into_tuple::<Option<i64>>()
        .one(tx)
        .await?;
    Ok(total.flatten().unwrap_or_default())
}
