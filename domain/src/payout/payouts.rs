//! Payouts: sent over a rail, and settled once whatever it answers and however
//! often.
//!
//! The instruction is durable before it leaves and its key never changes, so a
//! crash or a time-out is followed by the same instruction, which the rail
//! knows. Only a certain "no" gives the earnings back.

use std::collections::HashMap;

use futures_util::StreamExt;
use futures_util::stream;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, Order, QueryOrder, QuerySelect};

use crate::clock::Moment;
use crate::entity::payout::{self, State};
use crate::entity::payout_report::{self, Outcome};
use crate::entity::{Owned, payout_method, work};
use crate::error::{About, Error, Result};
use crate::ids::{PayoutId, PayoutRunId};
use crate::kernel::work::{Progress, Step};
use crate::keyring::Secret;
use crate::money::Money;
use crate::partner::payout_methods;
use crate::payout::departure::{self, Call, Next};
use crate::payout::settlement::{self, PAUSE};
use crate::rail::{Instruction, Rail, Status};
use crate::reads::Visible;
use crate::scope::{Scope, Tx};
use crate::sums::whole_sum;

/// How long a rail that took a payout may say nothing of it before nobody knows
/// what became of it.
const SILENT_DAYS: i32 = 1;

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
        return finish_or_wait(scope, run).await;
    }
    let (step, full) = (Step::begin(), open.len() >= BATCH);
    let left_over = stream::iter(open)
        .map(async |payout| {
            // Others wait for their turn, and another server takes over what is held
            // for too long.
            if step.is_over() {
                return true;
            }
            // One payout that cannot be worked on must not stop the others.
            if let Err(error) = advance(scope, payout).await {
                tracing::error!(%payout, ?error, "a payout could not be advanced");
            }
            false
        })
        .buffer_unordered(AT_ONCE)
        .fold(false, async |any, one| any | one);
    if full | left_over.await {
        Ok(Progress::More)
    } else {
        Ok(Progress::Wait(PAUSE))
    }
}

/// The payouts of a run to work on next. Those that were never sent come before all
/// that is asked after. Some cannot leave, as their destination does not open: about every
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
    // The high bit of a product with the golden ratio: no two runs keep in step.
    let from_the_end = (rotation as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63;
    let (order, most) = if from_the_end == 0 {
        (Order::Asc, BATCH)
    } else {
        (Order::Desc, BATCH / 2)
    };
    let db = scope.read().await?;
    let mut next: Vec<PayoutId> = of_run()
        .filter(payout::Column::State.eq(State::Scheduled))
        .filter(may_begin(scope.now()))
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

/// Those that wait for no further attempt.
fn may_begin(now: Moment) -> Condition {
    Condition::any()
        .add(payout::Column::RetryAt.is_null())
        .add(payout::Column::RetryAt.lte(now))
}

/// What is left of a run that this server cannot work on: nothing, what people
/// report, or what another server has the rail for.
async fn finish_or_wait(scope: &Scope, run: PayoutRunId) -> Result<Progress> {
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
    if done {
        Ok(Progress::Done)
    } else {
        Ok(Progress::Wait(PAUSE))
    }
}

/// Sends one payout, or asks after it.
async fn advance(scope: &Scope, id: PayoutId) -> Result<()> {
    let db = scope.read().await?;
    let payout = payout::Entity::get(&db, scope.tenant(), id).await?;
    let method = payout_method::Entity::get(&db, scope.tenant(), payout.method_id).await?;
    drop(db);
    scope.end_read().await;
    // Nothing is booked as in transit by a server that could not send it. Another
    // one may; or the run is cancelled.
    let missing = || Error::broken(format!("this server has no rail {:?}", payout.rail));
    let rail = scope.engine().rail(payout.rail).ok_or_else(missing);
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
    if payout.state.is_on_its_way() {
        let status = ask(scope, &*rail, &payout, &destination).await?;
        if !departure::may_leave_again(&payout, &status) {
            return if is_news(scope, &payout, &status) {
                settle(scope, id, payout.attempt, status).await
            } else {
                Ok(())
            };
        }
    }
    match departure::begin(scope, id).await? {
        Next::Send(payout, call) => {
            let instruction = instruction(scope, &payout, &destination)?;
            let status = call.make(rail.send(instruction)).await;
            settle(scope, id, payout.attempt, status).await
        }
        Next::Ask(payout) => {
            let status = ask(scope, &*rail, &payout, &destination).await?;
            settle(scope, id, payout.attempt, status).await
        }
        Next::Skip => Ok(()),
    }
}

/// Asks a last time after a payout on which people report, before they are believed: what
/// the rail knows is recorded. A rail that says nothing stops nobody.
pub(crate) async fn ask_a_last_time(scope: &Scope, id: PayoutId) -> Result<()> {
    let db = scope.read().await?;
    let payout = payout::Entity::get(&db, scope.tenant(), id)
        .await
        .at("id")?;
    let reported = departure::is_reported(&db, scope.tenant(), id).await?;
    drop(db);
    scope.end_read().await;
    let rail = scope.engine().rail(payout.rail);
    let answers = rail.is_some_and(|rail| rail.answers());
    if reported && answers && payout.state.is_on_its_way() {
        // From a report on, this asks and does not send.
        if let Err(error) = advance(scope, id).await {
            tracing::warn!(payout = %id, ?error, "the rail could not be asked a last time");
        }
    }
    Ok(())
}

/// Asks the rail what became of a payout.
async fn ask(
    scope: &Scope,
    rail: &dyn Rail,
    payout: &payout::Model,
    destination: &Secret,
) -> Result<Status> {
    let instruction = instruction(scope, payout, destination)?;
    Ok(Call::begin().make(rail.ask(instruction)).await)
}

fn instruction(scope: &Scope, payout: &payout::Model, destination: &Secret) -> Result<Instruction> {
    let never = || Error::broken(format!("{} is on its way and never left", payout.id));
    let sent_at = payout.sent_at.ok_or_else(never)?;
    Ok(Instruction {
        payout: payout.id,
        attempt: payout.attempt,
        destination: destination.clone(),
        money: Money::new(payout.amount_minor, payout.currency),
        sent_at,
        now: scope.now().max(sent_at),
    })
}

/// Whether an answer says more than is known already.
fn is_news(scope: &Scope, known: &payout::Model, status: &Status) -> bool {
    let silent_for_long = || {
        let until = known.sent_at.map(|sent_at| sent_at.plus_days(SILENT_DAYS));
        until.is_none_or(|until| until <= scope.now())
    };
    match status {
        Status::Accepted { .. } => known.state != State::Sent,
        Status::Unknown { .. } | Status::NeverArrived => match known.state {
            State::Sent => silent_for_long(),
            other => other != State::Unknown,
        },
        Status::Paid { .. } | Status::Failed { .. } | Status::Declined { .. } => true,
    }
}

/// Records an answer of the rail to one attempt. Answers to a payout that is
/// settled, or to an earlier attempt, change nothing.
async fn settle(scope: &Scope, id: PayoutId, attempt: i32, status: Status) -> Result<()> {
    let mut tx = scope.begin().await?;
    let payout = payout::Entity::get(&tx, tx.tenant(), id).await?;
    let asked = payout.state != State::Scheduled && payout.attempt == attempt;
    let mut is_noted = false;
    if let Status::Paid { reference } = &status
        && (payout.attempt > attempt || is_second_payment(&tx, &payout, reference).await?)
    {
        // What people settled stands, and so does an attempt that was declined; but
        // somebody has to look at it.
        tracing::error!(payout = %id, reference, "a payout may have been paid twice");
        settlement::note_second_payment(&mut tx, &payout, reference).await?;
        is_noted = true;
    }
    if !asked || payout.is_settled() || !is_news(scope, &payout, &status) {
        return if is_noted { tx.commit().await } else { Ok(()) };
    }
    match status {
        Status::Accepted { reference } => {
            settlement::mark(&mut tx, payout, State::Sent, Some(reference), None).await?;
        }
        Status::Unknown { reason } => {
            settlement::mark(&mut tx, payout, State::Unknown, None, Some(reason)).await?;
        }
        Status::NeverArrived => {
            let reason = "the rail does not know it".to_owned();
            settlement::mark(&mut tx, payout, State::Unknown, None, Some(reason)).await?;
        }
        Status::Declined { reason } if departure::is_reported(&tx, tx.tenant(), id).await? => {
            // Whoever says that it was paid otherwise, or never will be, is to be confirmed.
            settlement::mark(&mut tx, payout, State::Unknown, None, Some(reason)).await?;
        }
        Status::Declined { reason } => settlement::decline(&mut tx, payout, reason).await?,
        Status::Paid { reference } => settlement::pay(&mut tx, payout, reference).await?,
        Status::Failed { reason } => {
            settlement::fail_and_close(&mut tx, payout, reason).await?;
        }
    }
    tx.commit().await
}

/// Whether a payment of the rail is beside another one, by what people settled or report:
/// the payout failed, so that its earnings are paid again, or it was paid under another
/// reference.
async fn is_second_payment(tx: &Tx, payout: &payout::Model, reference: &str) -> Result<bool> {
    if payout.state == State::Failed {
        return Ok(true);
    }
    let report = payout_report::Entity::find_by_id((tx.tenant(), payout.id));
    let report = report.one(tx).await?;
    Ok(report
        .is_some_and(|report| report.outcome == Outcome::Paid && report.reference != reference))
}

/// What the payouts of runs add up to, in minor units of the run's currency,
/// failed ones included; all in one statement. A run without payouts that the
/// actor may see is absent.
pub async fn totals(scope: &Scope, runs: &[PayoutRunId]) -> Result<HashMap<PayoutRunId, i64>> {
    let sum = whole_sum(payout::Column::AmountMinor);
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
