//! Payout runs: proposed, prepared, approved by a second person, and stopped.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect};

use crate::access::Permission;
use crate::entity::payout_hold;
use crate::entity::payout_method::RailName;
use crate::entity::payout_run::{self, State};
use crate::entity::{Owned, payout, program, work};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::Command;
use crate::ids::{PayoutRunId, ProgramId};
use crate::kernel::audience;
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::kernel::work::{Progress, Step};
use crate::payout::{dues, exports, settlement};
use crate::scope::{Fact, Scope, Tx};
use crate::{idempotency, people, rails, reads};

pub use crate::kernel::audience::{RunProgress, progress_of};

/// Proposes a run over everything of a program that is not paid, as of now. The
/// server prepares it: what is due to ready partners goes into payouts, everything
/// else is listed with the reason. With `rail`, all of it is paid over that one,
/// whatever the partners' payout methods are on: what is paid outside goes over
/// the manual rail.
pub async fn propose(
    scope: &Scope,
    key: &str,
    program: impl Into<Given<ProgramId>>,
    rail: Option<RailName>,
) -> Result<payout_run::Model> {
    scope.require(Permission::PayoutPropose)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let program = check.given(program)?;
    let rail = rail.map(|name| rails::known(scope, name).map(|rail| rail.name()));
    let rail = check.take(rail.transpose())?;
    let (Some(key), Some(program), Some(rail)) = (key, program, rail) else {
        return Err(reads::failed::<program::Entity>(check, scope, "programId", program).await);
    };
    let arguments = (program, &rail);
    let command = Command::new("payout_run.propose", Some(key), &arguments)?;
    let done = command.once::<payout_run::Entity>(scope, async |tx: &mut Tx| {
        let program = program::Entity::get(tx, tx.tenant(), program)
            .await
            .at("programId")?;
        if let Some(name) = rail {
            rails::for_tenant(scope, tx.head().kind, name)?;
        }
        refuse_second_run(tx, program.id).await?;
        let anything = dues::unpaid(tx.tenant(), program.id, i64::MAX).limit(1);
        if anything.one(tx).await?.is_none() {
            let message = "nobody has anything to be paid";
            return Err(Error::conflict(Conflict::NothingToPay, message));
        }
        let run = insert(tx, &program, rail).await?;
        Ok(run)
    });
    done.await
}

async fn refuse_second_run(tx: &Tx, program: ProgramId) -> Result<()> {
    let unfinished = payout_run::Entity::of(tx.tenant())
        .filter(payout_run::Column::ProgramId.eq(program))
        .filter(payout_run::Column::State.is_in(State::UNFINISHED));
    match unfinished.one(tx).await? {
        None => Ok(()),
        Some(run) => {
            let message = format!("{} is not finished: approve or cancel it first", run.id);
            let ids = vec![run.id.to_string()];
            Err(Error::in_the_way(Conflict::RunInProgress, message, ids))
        }
    }
}

async fn insert(
    tx: &mut Tx,
    program: &program::Model,
    rail: Option<RailName>,
) -> Result<payout_run::Model> {
    let id = PayoutRunId::new();
    let fact = Fact::PayoutRunProposed(facts::ProposedRun {
        program: program.id,
    });
    let position = tx.record(id, None, fact).await?;
    let row = payout_run::ActiveModel {
        updated_at: Set(tx.now()),
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        program_id: Set(program.id),
        currency: Set(program.currency),
        rail: Set(rail),
        state: Set(State::Preparing),
        as_of_position: Set(position),
        prepared_upto: Set(None),
        earnings_total: Set(None),
        earnings_done: Set(0),
        proposed_by: Set(tx.actor()),
        proposed_at: Set(tx.now()),
        approved_by: Set(None),
        approved_at: Set(None),
        finished_at: Set(None),
    };
    tx.enqueue(work::Kind::PrepareRun, id.0, None).await?;
    Ok(row.insert(tx).await?)
}

/// Approves a run that somebody else proposed; the rail is then at work.
/// Approving it again is harmless.
pub async fn approve(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<PayoutRunId>>,
) -> Result<payout_run::Model> {
    scope.require(Permission::PayoutApprove)?;
    let (key, id) = idempotency::on_row::<payout_run::Entity>(scope, key, id).await?;
    let command = Command::repeatable("payout_run.approve", key, &id)?;
    let done = command.once::<payout_run::Entity>(scope, async |tx: &mut Tx| {
        let run = payout_run::Entity::get(tx, tx.tenant(), id)
            .await
            .at("id")?;
        let refused = match run.state {
            State::Draft => None,
            State::Preparing => Some("the run is being prepared: look at it before you approve it"),
            State::Cancelling | State::Cancelled => Some("the run is cancelled"),
            State::Approved | State::Executing | State::Done => return Ok(run),
        };
        if let Some(message) = refused {
            return Err(Error::conflict(Conflict::WrongState, message));
        }
        let message = "whoever proposed a run cannot approve it: ask a second person";
        people::require_second(tx, run.proposed_by, message).await?;
        let mut change: payout_run::ActiveModel = run.into();
        change.state = Set(State::Approved);
        change.approved_by = Set(Some(tx.actor()));
        change.approved_at = Set(Some(tx.now()));
        let run = tx.update(change).await?;
        let fact = Fact::PayoutRunApproved(facts::ApprovedRun {
            proposed_by: run.proposed_by,
        });
        tx.record(id, None, fact).await?;
        tx.enqueue(work::Kind::ExecuteRun, id.0, None).await?;
        Ok(run)
    });
    done.await
}

/// Stops a run: what was not sent is given back and waits for the next, what
/// was sent goes on. If nothing was sent, the run is cancelled.
/// Repeating it is harmless.
pub async fn cancel(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<PayoutRunId>>,
) -> Result<payout_run::Model> {
    scope.require(Permission::PayoutPropose)?;
    let (key, id) = idempotency::on_row::<payout_run::Entity>(scope, key, id).await?;
    let command = Command::repeatable("payout_run.cancel", key, &id)?;
    let done = command.once::<payout_run::Entity>(scope, async |tx: &mut Tx| {
        let run = payout_run::Entity::get(tx, tx.tenant(), id)
            .await
            .at("id")?;
        match run.state {
            State::Cancelling | State::Cancelled => return Ok(run),
            State::Preparing | State::Draft | State::Approved | State::Executing => {}
            State::Done => return Err(nothing_left()),
        }
        let sent_all = run.state == State::Executing && unsent(scope, tx, id).await?.is_none();
        if sent_all {
            return Err(nothing_left());
        }
        let mut change: payout_run::ActiveModel = run.into();
        change.state = Set(State::Cancelling);
        let run = tx.update(change).await?;
        tx.record(id, None, Fact::PayoutRunStopped(facts::Nothing {}))
            .await?;
        tx.complete(work::Kind::PrepareRun, id.0).await?;
        tx.complete(work::Kind::ExecuteRun, id.0).await?;
        tx.enqueue(work::Kind::CancelRun, id.0, None).await?;
        Ok(run)
    });
    done.await
}

fn nothing_left() -> Error {
    let message = "everything in the run was sent already";
    Error::conflict(Conflict::WrongState, message)
}

/// A payout of a run that was not sent, or that people were to make and never told of.
async fn unsent(scope: &Scope, tx: &Tx, run: PayoutRunId) -> Result<Option<payout::Model>> {
    let unsent = Condition::any()
        .add(payout::Column::State.eq(payout::State::Scheduled))
        .add(exports::untold(scope));
    let query = payout::Entity::of(tx.tenant())
        .filter(payout::Column::RunId.eq(run))
        .filter(unsent)
        .order_by_asc(payout::Column::Id);
    Ok(query.one(tx).await?)
}

/// Gives back, payout by payout, what a cancelled run did not send; then the run
/// goes on with what it did, or is cancelled.
pub(crate) async fn work_off_cancelled(scope: &Scope, id: PayoutRunId) -> Result<Progress> {
    let step = Step::begin();
    loop {
        let mut tx = scope.begin().await?;
        let run = payout_run::Entity::get(&tx, tx.tenant(), id).await?;
        if run.state != State::Cancelling {
            tx.complete(work::Kind::CancelRun, id.0).await?;
            tx.commit().await?;
            return Ok(Progress::Done);
        }
        if let Some(payout) = unsent(scope, &tx, id).await? {
            settlement::fail(&mut tx, payout, "the run was cancelled".to_owned()).await?;
        } else if let Some(payout) = settlement::unapplied_of(&tx, id).await? {
            settlement::apply(&mut tx, payout).await?;
        } else if settlement::undo_set_off(&tx, id).await? {
            stop(scope, &mut tx, run).await?;
        }
        tx.commit().await?;
        if step.is_over() {
            return Ok(Progress::More);
        }
    }
}

/// Ends the cancelling of a run: with what was sent it goes on.
async fn stop(scope: &Scope, tx: &mut Tx, run: payout_run::Model) -> Result<()> {
    let id = run.id;
    let departed = payout::Entity::of(tx.tenant())
        .filter(payout::Column::RunId.eq(id))
        .filter(payout::Column::SentAt.is_not_null())
        .filter(exports::failed_untold(scope).not())
        .limit(1);
    let goes_on = departed.one(tx).await?.is_some();
    let mut change: payout_run::ActiveModel = run.into();
    if goes_on {
        change.state = Set(State::Executing);
        tx.update(change).await?;
        tx.enqueue(work::Kind::ExecuteRun, id.0, None).await?;
        settlement::close_if_settled(tx, id).await
    } else {
        change.state = Set(State::Cancelled);
        change.finished_at = Set(Some(tx.now()));
        tx.update(change).await?;
        tx.record(id, None, Fact::PayoutRunCancelled(facts::Nothing {}))
            .await?;
        Ok(())
    }
}

/// Who runs do not pay, and why, as far as the actor may see it.
pub async fn holds(scope: &Scope, runs: &[PayoutRunId]) -> Result<Vec<payout_hold::Model>> {
    let query = payout_hold::Entity::find()
        .filter(payout_hold::Column::TenantId.eq(scope.tenant()))
        .filter(payout_hold::Column::RunId.is_in(runs.iter().copied()))
        .filter(audience::holds_shown(scope))
        .order_by_asc(payout_hold::Column::PartnerId)
        .order_by_asc(payout_hold::Column::Reason);
    Ok(query.all(&scope.read().await?).await?)
}
