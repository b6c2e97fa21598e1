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
use sea_orm::{Condition, Order, QueryOrder, QuerySelect};

use crate::entity::payout::{self, State};
use crate::entity::payout_hold::Reason;
use crate::entity::{Owned, earning, payout_method, payout_run, work};
use crate::error::{Error, Result};
use crate::ids::{PayoutId, PayoutRunId, TermsId};
use crate::kernel::work::Progress;
use crate::money::Money;
use crate::rail::{Instruction, Status};
use crate::reads::Visible;
use crate::scope::{Scope, Tx};
use crate::settlement::{self, PAUSE};
use crate::{balances, payout_methods, readiness};

/// How long a rail is waited for. Whoever does not answer in time may have paid.
const RAIL_TIME: Duration = Duration::from_secs(10);

/// Payouts of a run that are worked on in one step.
const BATCH: usize = 200;

/// Payouts of one tenant that the rail is asked about at the same time.
const AT_ONCE: usize = 4;

impl payout::Model {
    /// Whether the rail's final answer is recorded.
    pub fn is_settled(&self) -> bool {
        State::SETTLED.contains(&self.state)
    }
}

/// Brings the payouts of a run through their rails: sends what is scheduled, and
/// asks after what is on its way, some of each run at a time.
pub(crate) async fn work(scope: &Scope, run: PayoutRunId) -> Result<Progress> {
    let open = next(scope, run).await?;
    scope.end_read().await;
    if open.is_empty() {
        return rest(scope, run).await;
    }
    let more = open.len() >= BATCH;
    stream::iter(open)
        .for_each_concurrent(AT_ONCE, async |payout| {
            // One payout that cannot be worked on must not stop the others.
            if let Err(error) = advance(scope, payout).await {
                tracing::error!(%payout, ?error, "a payout could not be advanced");
            }
        })
        .await;
    match more {
        true => Ok(Progress::More),
        false => Ok(Progress::Wait(PAUSE)),
    }
}

/// The payouts of a run to work on next. Those that were never sent come before all
/// that is asked after. Some cannot leave, as their destination does not open: every
/// other time the list is read from its end, and leaves places to the others.
async fn next(scope: &Scope, run: PayoutRunId) -> Result<Vec<PayoutId>> {
    let rails = &scope.engine().rails;
    let known = rails.iter().map(|rail| rail.name());
    let answering = rails.iter().filter(|rail| rail.answers());
    let answering = answering.map(|rail| rail.name());
    let of_run = || {
        payout::Entity::of(scope.tenant())
            .filter(payout::Column::RunId.eq(run))
            .select_only()
            .column(payout::Column::Id)
    };
    let rotation = scope.engine().next_rotation();
    let (order, most) = match rotation.is_multiple_of(2) {
        true => (Order::Asc, BATCH),
        false => (Order::Desc, BATCH / 2),
    };
    let db = scope.read().await?;
    let mut next: Vec<PayoutId> = of_run()
        .filter(payout::Column::State.eq(State::Scheduled))
        .filter(payout::Column::Rail.is_in(known))
        .order_by(payout::Column::Id, order)
        .limit(most as u64)
        .into_tuple()
        .all(&db)
        .await?;
    if next.len() >= BATCH {
        return Ok(next);
    }
    let asked_after = Condition::all()
        .add(payout::Column::State.is_in([State::Unknown, State::Sent]))
        .add(payout::Column::Rail.is_in(answering));
    let mut open: Vec<PayoutId> = of_run()
        .filter(
            Condition::any()
                .add(payout::Column::State.eq(State::Sending))
                .add(asked_after),
        )
        .order_by_asc(payout::Column::Id)
        .into_tuple()
        .all(&db)
        .await?;
    // Each time other ones come first: those that the rail does not answer for must
    // not keep the others from their turn.
    let start = rotation % open.len().max(1);
    open.rotate_left(start);
    open.truncate(BATCH - next.len());
    next.extend(open);
    Ok(next)
}

/// What is left of a run that this server cannot work on: nothing, what people
/// report, or what another server has the rail for.
async fn rest(scope: &Scope, run: PayoutRunId) -> Result<Progress> {
    let mut tx = scope.begin().await?;
    settlement::close_if_settled(&mut tx, run).await?;
    let rails = scope.engine().rails.iter();
    let silent = rails.filter(|rail| !rail.answers()).map(|rail| rail.name());
    let asked_after = Condition::all()
        .add(payout::Column::State.is_in([State::Unknown, State::Sent]))
        .add(payout::Column::Rail.is_not_in(silent));
    let elsewhere = payout::Entity::of(tx.tenant())
        .filter(payout::Column::RunId.eq(run))
        .filter(
            Condition::any()
                .add(payout::Column::State.is_in([State::Scheduled, State::Sending]))
                .add(asked_after),
        )
        .limit(1);
    let done = elsewhere.one(&tx).await?.is_none();
    if done {
        tx.complete(work::Kind::ExecuteRun, run.0).await?;
    }
    tx.commit().await?;
    match done {
        true => Ok(Progress::Done),
        false => Ok(Progress::Wait(PAUSE)),
    }
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
    let rail = scope.engine().rail(&payout.rail).ok_or_else(missing);
    let destination = payout_methods::destination(&scope.engine().keyring, &method);
    let (rail, destination) = match (rail, destination) {
        (Ok(rail), Ok(destination)) => (rail, destination),
        (Err(error), _) | (_, Err(error)) if payout.state == State::Sending => {
            // It may have left: that nobody knows is what people can report on.
            tracing::error!(payout = %id, ?error, "a payout cannot be sent again");
            let reason = "the server can no longer ask the rail about it".to_owned();
            return settle(scope, id, payout.attempt, Status::Unknown { reason }).await;
        }
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    if payout.state == State::Scheduled {
        payout = prepare(scope, id).await?;
    }
    let Some(sent_at) = payout.sent_at.filter(|_| !payout.is_settled()) else {
        return Ok(());
    };
    let instruction = Instruction {
        payout: payout.id,
        attempt: payout.attempt,
        destination,
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
    if !payout_run::State::AT_WORK.contains(&run.state) {
        return Ok(payout);
    }
    let unready = no_longer_ready(&tx, &run, &payout).await?;
    start(&tx, run).await?;
    match unready {
        Some(reason) => settlement::fail_and_close(&mut tx, payout, reason.to_owned()).await?,
        None => {
            settlement::depart(&mut tx, payout).await?;
        }
    }
    let payout = payout::Entity::get(&tx, tx.tenant(), id).await?;
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

/// What must be true when money leaves and has ceased to be.
async fn no_longer_ready(
    tx: &Tx,
    run: &payout_run::Model,
    payout: &payout::Model,
) -> Result<Option<&'static str>> {
    // PostgreSQL widens the sum of 64-bit integers to an arbitrary precision.
    let sum = sea_query::ExprTrait::cast_as(earning::Column::AmountMinor.sum(), "bigint");
    let by_terms: Vec<(TermsId, i64)> = earning::Entity::of(tx.tenant())
        .filter(earning::Column::PayoutId.eq(payout.id))
        .select_only()
        .column(earning::Column::TermsId)
        .column_as(sum, "sum")
        .group_by(earning::Column::TermsId)
        .into_tuple()
        .all(tx)
        .await?;
    if by_terms.iter().map(|(_, sum)| sum).sum::<i64>() != payout.amount_minor {
        let what = format!("{} is not the sum of its earnings", payout.id);
        return Err(Error::broken(what));
    }
    let papers = readiness::papers(tx, tx.tenant(), &[payout.partner_id], tx.now()).await?;
    let papers = papers.get(&payout.partner_id).cloned().unwrap_or_default();
    let obstacles = papers.obstacles_under(&by_terms.into_iter().map(|(terms, _)| terms).collect());
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
    let in_debt = balances::is_in_debt(tx, run, payout.partner_id).await?;
    Ok(in_debt.then_some("something was refunded since the run was proposed"))
}

/// Records an answer of the rail to one attempt. Answers to a payout that is
/// settled, or to an earlier attempt, change nothing.
async fn settle(scope: &Scope, id: PayoutId, attempt: i32, status: Status) -> Result<()> {
    let mut tx = scope.begin().await?;
    let payout = payout::Entity::get(&tx, tx.tenant(), id).await?;
    let asked = payout.state != State::Scheduled && payout.attempt == attempt;
    if let (State::Failed, Status::Paid { reference }) = (payout.state, &status) {
        // What people settled stands; but somebody has to look at it.
        tracing::error!(payout = %id, reference, "the rail paid what was recorded as failed");
    }
    if !asked || payout.is_settled() || !is_news(payout.state, &status) {
        return Ok(());
    }
    match status {
        Status::Accepted { reference } => {
            settlement::mark(&mut tx, payout, State::Sent, Some(reference), None).await?;
        }
        Status::Unknown { reason } => {
            settlement::mark(&mut tx, payout, State::Unknown, None, Some(reason)).await?;
        }
        Status::Paid { reference } => settlement::pay(&mut tx, payout, reference).await?,
        Status::Failed { reason } => {
            settlement::fail_and_close(&mut tx, payout, reason).await?;
        }
    }
    tx.commit().await
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
