//! Payouts: sent over a rail, and settled once whatever it answers and however
//! often.
//!
//! The instruction is durable before it leaves and its key never changes, so a
//! crash or a time-out is followed by the same instruction, which the rail
//! knows. Only a certain "no" gives the earnings back.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query;
use sea_orm::{QueryOrder, QuerySelect};
use serde_json::json;

use crate::entity::ledger_transaction::Kind;
use crate::entity::payout::{self, State};
use crate::entity::payout_hold::Reason;
use crate::entity::{Owned, earning, payout_method, payout_run, work};
use crate::error::{Error, Result};
use crate::ids::{PayoutId, PayoutRunId};
use crate::kernel::work::Progress;
use crate::money::Money;
use crate::rail::{Instruction, Status};
use crate::reads::Visible;
use crate::scope::{Fact, Scope, Tx};
use crate::{balances, ledger, payout_runs, readiness};

/// How long a rail is waited for. Whoever does not answer in time may have paid.
const RAIL_TIME: Duration = Duration::from_secs(10);

/// Between two looks at the payouts of a run that are on their way.
const POLL: Duration = Duration::from_secs(1);

/// Payouts of one tenant that the rail is asked about at the same time.
const AT_ONCE: usize = 4;

impl payout::Model {
    /// Whether the rail's final answer is recorded.
    pub fn is_settled(&self) -> bool {
        State::SETTLED.contains(&self.state)
    }
}

/// Brings the payouts of a run through their rails: sends what is scheduled, and
/// asks after what is on its way.
pub(crate) async fn work(scope: &Scope, run: PayoutRunId) -> Result<Progress> {
    let db = scope.read().await?;
    let mut open = payout::Entity::of(scope.tenant())
        .filter(payout::Column::RunId.eq(run))
        .filter(payout::Column::State.is_not_in(State::SETTLED))
        .order_by_asc(payout::Column::Id)
        .all(&db)
        .await?;
    drop(db);
    scope.end_read().await;
    if open.is_empty() {
        let mut tx = scope.begin().await?;
        payout_runs::close_if_settled(&mut tx, run).await?;
        tx.complete(work::Kind::ExecuteRun, run.0).await?;
        tx.commit().await?;
        return Ok(Progress::Done);
    }
    // Each time another one comes first: those that the rail does not answer
    // for must not keep the others from their turn.
    let start = scope.engine().next_rotation() % open.len().max(1);
    open.rotate_left(start);
    // Those that were never sent come before all that is asked after.
    open.sort_by_key(|payout| payout.state != State::Scheduled);
    stream::iter(open)
        .for_each_concurrent(AT_ONCE, async |payout| {
            // One payout that cannot be worked on must not stop the others.
            if let Err(error) = advance(scope, payout.id).await {
                tracing::error!(payout = %payout.id, ?error, "a payout could not be advanced");
            }
        })
        .await;
    Ok(Progress::Wait(POLL))
}

/// Sends one payout, or asks after it.
async fn advance(scope: &Scope, id: PayoutId) -> Result<()> {
    let db = scope.read().await?;
    let mut payout = payout::Entity::get(&db, scope.tenant(), id).await?;
    let method = payout_method::Entity::get(&db, scope.tenant(), payout.method_id).await?;
    drop(db);
    scope.end_read().await;
    // Nothing is booked as in transit by a server that could not send it. Another
    // one may; or the run is cancelled.
    let missing = || Error::broken(format!("this server has no rail {}", payout.rail));
    let rail = scope.engine().rail(&payout.rail).ok_or_else(missing)?;
    if payout.state == State::Scheduled {
        payout = prepare(scope, id).await?;
    }
    let Some(sent_at) = payout.sent_at.filter(|_| !payout.is_settled()) else {
        return Ok(());
    };
    let instruction = Instruction {
        payout: payout.id,
        attempt: payout.attempt,
        destination: method.destination,
        money: Money::new(payout.amount_minor, payout.currency),
        sent_at,
        now: scope.now().max(sent_at),
    };
    let answer = tokio::time::timeout(RAIL_TIME, rail.send(instruction)).await;
    let status = answer.unwrap_or_else(|_| Status::Unknown {
        reason: format!("the rail did not answer within {RAIL_TIME:?}"),
    });
    match is_news(payout.state, &status) {
        true => settle(scope, id, payout.attempt, status).await,
        // Most questions end here, without a write.
        false => Ok(()),
    }
}

/// Whether an answer says more than is known already.
fn is_news(known: State, status: &Status) -> bool {
    match status {
        Status::Accepted { .. } => known != State::Sent,
        Status::Unknown { .. } => !matches!(known, State::Unknown | State::Sent),
        Status::Paid { .. } | Status::Failed { .. } => true,
    }
}

/// Makes the instruction of a scheduled payout durable, and books the money as
/// in transit; or fails the payout, if something no longer holds.
async fn prepare(scope: &Scope, id: PayoutId) -> Result<payout::Model> {
    let mut tx = scope.begin().await?;
    let payout = payout::Entity::get(&tx, tx.tenant(), id).await?;
    if payout.state != State::Scheduled {
        return Ok(payout);
    }
    let run = payout_run::Entity::get(&tx, tx.tenant(), payout.run_id).await?;
    let unready = no_longer_ready(&tx, &run, &payout).await?;
    start(&tx, run).await?;
    let payout = match unready {
        Some(reason) => fail_and_close(&mut tx, payout, reason.to_owned()).await?,
        None => depart(&mut tx, payout).await?,
    };
    tx.commit().await?;
    Ok(payout)
}

/// Marks a run as one that the rail is at work on.
async fn start(tx: &Tx, run: payout_run::Model) -> Result<()> {
    if run.state == payout_run::State::Approved {
        let mut change: payout_run::ActiveModel = run.into();
        change.state = Set(payout_run::State::Executing);
        change.update(tx).await?;
    }
    Ok(())
}

/// Books a scheduled payout as sent, before it is.
async fn depart(tx: &mut Tx, payout: payout::Model) -> Result<payout::Model> {
    let (payout, position) = mark(tx, payout, State::Sending, None, None).await?;
    post(tx, position, Kind::PayoutSent, &payout).await?;
    Ok(payout)
}

/// What must be true when money leaves and has ceased to be.
async fn no_longer_ready(
    tx: &Tx,
    run: &payout_run::Model,
    payout: &payout::Model,
) -> Result<Option<&'static str>> {
    let earnings = earnings_of(tx, payout.id).await?;
    let sum: i64 = earnings.iter().map(|row| row.amount_minor).sum();
    if sum != payout.amount_minor {
        let what = format!("{} is not the sum of its earnings", payout.id);
        return Err(Error::broken(what));
    }
    let papers = readiness::papers(tx, tx.tenant(), &[payout.partner_id], tx.now()).await?;
    let papers = papers.get(&payout.partner_id).cloned().unwrap_or_default();
    let terms = balances::terms_of(tx, &earnings).await?;
    let obstacles = papers.obstacles_under(&terms.into_values().collect());
    if let Some(&obstacle) = obstacles.first() {
        return Ok(Some(Reason::from(obstacle).words()));
    }
    if papers
        .method
        .is_none_or(|method| method.id != payout.method_id)
    {
        return Ok(Some("the payout method is no longer the partner's"));
    }
    // What a refund took back since is to be set off before money leaves.
    let others = balances::of_partner(tx, run.program_id, payout.partner_id).await?;
    Ok((others.due_minor < 0).then_some("something was refunded since the run was proposed"))
}

/// Records an answer of the rail to one attempt. Answers to a payout that is
/// settled, or to an earlier attempt, change nothing.
async fn settle(scope: &Scope, id: PayoutId, attempt: i32, status: Status) -> Result<()> {
    let mut tx = scope.begin().await?;
    let payout = payout::Entity::get(&tx, tx.tenant(), id).await?;
    let asked = payout.state != State::Scheduled && payout.attempt == attempt;
    if !asked || payout.is_settled() || !is_news(payout.state, &status) {
        return Ok(());
    }
    match status {
        Status::Accepted { reference } => {
            mark(&mut tx, payout, State::Sent, Some(reference), None).await?;
        }
        Status::Unknown { reason } => {
            mark(&mut tx, payout, State::Unknown, None, Some(reason)).await?;
        }
        Status::Paid { reference } => pay(&mut tx, payout, reference).await?,
        Status::Failed { reason } => {
            fail_and_close(&mut tx, payout, reason).await?;
        }
    }
    tx.commit().await
}

/// Moves a payout on, and appends that to the log.
async fn mark(
    tx: &mut Tx,
    payout: payout::Model,
    state: State,
    reference: Option<String>,
    reason: Option<String>,
) -> Result<(payout::Model, i64)> {
    let kind = match state {
        State::Scheduled => "payout.scheduled",
        State::Sending => "payout.sending",
        State::Unknown => "payout.unknown",
        State::Sent => "payout.sent",
        State::Paid => "payout.paid",
        State::Failed => "payout.failed",
    };
    let reference = reference.or(payout.reference.clone());
    let mut change: payout::ActiveModel = payout.into();
    change.state = Set(state);
    change.reference = Set(reference);
    change.reason = Set(reason);
    if state == State::Sending {
        change.sent_at = Set(Some(tx.now()));
    }
    if State::SETTLED.contains(&state) {
        change.settled_at = Set(Some(tx.now()));
    }
    let payout = change.update(tx).await?;
    let data = json!({
        "partner": payout.partner_id,
        "amount": Money::new(payout.amount_minor, payout.currency).on_the_wire(),
        "rail": payout.rail,
        "reason": payout.reason,
    });
    let fact = Fact {
        kind,
        subject: &payout.id,
        deal: None,
        data,
    };
    let position = tx.log(fact).await?;
    Ok((payout, position))
}

async fn pay(tx: &mut Tx, payout: payout::Model, reference: String) -> Result<()> {
    let (payout, position) = mark(tx, payout, State::Paid, Some(reference), None).await?;
    post(tx, position, Kind::PayoutSettled, &payout).await?;
    earning::Entity::update_many()
        .col_expr(earning::Column::State, Expr::value(earning::State::Paid))
        .filter(earning::Column::TenantId.eq(tx.tenant()))
        .filter(earning::Column::PayoutId.eq(payout.id))
        .exec(tx)
        .await?;
    payout_runs::close_if_settled(tx, payout.run_id).await
}

async fn fail_and_close(
    tx: &mut Tx,
    payout: payout::Model,
    reason: String,
) -> Result<payout::Model> {
    let payout = fail(tx, payout, reason).await?;
    payout_runs::close_if_settled(tx, payout.run_id).await?;
    Ok(payout)
}

/// Fails a payout: its earnings wait for the next run.
pub(crate) async fn fail(
    tx: &mut Tx,
    payout: payout::Model,
    reason: String,
) -> Result<payout::Model> {
    let departed = payout.state != State::Scheduled;
    earning::Entity::update_many()
        .col_expr(earning::Column::State, Expr::value(earning::State::Held))
        .col_expr(earning::Column::PayoutId, Expr::value(None::<PayoutId>))
        .filter(earning::Column::TenantId.eq(tx.tenant()))
        .filter(earning::Column::PayoutId.eq(payout.id))
        .exec(tx)
        .await?;
    let (payout, position) = mark(tx, payout, State::Failed, None, Some(reason)).await?;
    if departed {
        post(tx, position, Kind::PayoutFailed, &payout).await?;
    }
    Ok(payout)
}

async fn post(tx: &Tx, position: i64, kind: Kind, payout: &payout::Model) -> Result<()> {
    let money = Money::new(payout.amount_minor, payout.currency);
    ledger::post(tx, position, kind, payout.id.0, payout.partner_id, money).await
}

async fn earnings_of(tx: &Tx, payout: PayoutId) -> Result<Vec<earning::Model>> {
    let query = earning::Entity::of(tx.tenant()).filter(earning::Column::PayoutId.eq(payout));
    Ok(query.all(tx).await?)
}

/// The payouts of a run, in order of id.
pub(crate) async fn of_run(tx: &Tx, run: PayoutRunId) -> Result<Vec<payout::Model>> {
    let query = payout::Entity::of(tx.tenant())
        .filter(payout::Column::RunId.eq(run))
        .order_by_asc(payout::Column::Id);
    Ok(query.all(tx).await?)
}

/// What the payouts of runs add up to, in minor units of the run's currency,
/// failed ones included; all in one statement. A run without payouts that the
/// actor may see is absent.
pub async fn totals(scope: &Scope, runs: &[PayoutRunId]) -> Result<HashMap<PayoutRunId, i64>> {
    // PostgreSQL widens the sum of 64-bit integers to an arbitrary precision.
    let sum = sea_query::ExprTrait::cast_as(payout::Column::AmountMinor.sum(), "bigint");
    let rows: Vec<(PayoutRunId, i64)> = payout::Entity::visible(scope)
        .filter(payout::Column::RunId.is_in(runs.iter().copied()))
        .select_only()
        .column(payout::Column::RunId)
        .column_as(sum, "total")
        .group_by(payout::Column::RunId)
        .into_tuple()
        .all(&scope.read().await?)
        .await?;
    Ok(rows.into_iter().collect())
}
