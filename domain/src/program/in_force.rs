//! Which terms are in force: the newest whose date has come.
//!
//! Terms come into force by the first command that asks for them on or after their
//! date, or else by the server's own work; so nothing begins under terms whose time is
//! over.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::access::Permission;
use crate::entity::work::Kind;
use crate::entity::{Owned, program, terms};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::{self, Command};
use crate::ids::{ProgramId, TermsId};
use crate::kernel::check::Given;
use crate::kernel::facts;
use crate::kernel::work::Progress;
use crate::reads::{self, Visible};
use crate::scope::{Fact, Scope, Tx};

/// The terms in force of programs; those without are absent.
pub async fn current(scope: &Scope, programs: &[ProgramId]) -> Result<Vec<terms::Model>> {
    let query = terms::Entity::visible(scope)
        .filter(terms::Column::ProgramId.is_in(programs.iter().copied()))
        .filter(terms::Column::State.eq(terms::State::InForce));
    Ok(query.all(&scope.read().await?).await?)
}

/// The terms in force of an open program.
///
/// # Errors
///
/// Where there are none.
pub(crate) async fn of_open(tx: &mut Tx, id: ProgramId) -> Result<(program::Model, terms::Model)> {
    let program = program::Entity::get(tx, tx.tenant(), id).await?;
    of(tx, program).await
}

/// The terms in force of a program that was read in this transaction.
///
/// # Errors
///
/// Where there are none.
pub(crate) async fn of(
    tx: &mut Tx,
    mut program: program::Model,
) -> Result<(program::Model, terms::Model)> {
    let id = program.id;
    let states = [terms::State::Scheduled, terms::State::InForce];
    let query = terms::Entity::of(tx.tenant())
        .filter(terms::Column::ProgramId.eq(id))
        .filter(terms::Column::State.is_in(states));
    let found = query.all(tx).await?.into_iter();
    // One of each at most.
    let (waiting, in_force): (Vec<_>, Vec<_>) =
        found.partition(|terms| terms.state == terms::State::Scheduled);
    let mut in_force = in_force.into_iter().next();
    if let Some(begun) = begin_if_due(tx, waiting.into_iter().next()).await? {
        in_force = Some(begun);
        program = program::Entity::get(tx, tx.tenant(), id).await?;
    }
    match in_force {
        Some(terms) if program.state == program::State::Open => Ok((program, terms)),
        _ => {
            let message = "the program is not open";
            Err(Error::conflict(Conflict::ProgramNotOpen, message))
        }
    }
}

/// Puts the terms into force whose date has come, if there are any.
pub(super) async fn catch_up(tx: &mut Tx, program: ProgramId) -> Result<()> {
    let waiting = in_state(tx, program, terms::State::Scheduled).await?;
    begin_if_due(tx, waiting).await?;
    Ok(())
}

/// Puts terms that wait into force, if their date has come.
async fn begin_if_due(tx: &mut Tx, waiting: Option<terms::Model>) -> Result<Option<terms::Model>> {
    match waiting {
        Some(terms) if terms.effective_at <= tx.now() => Ok(Some(begin(tx, terms).await?)),
        _ => Ok(None),
    }
}

/// Puts new terms into force, or notes down when that is to be done.
pub(super) async fn schedule(tx: &mut Tx, terms: terms::Model) -> Result<terms::Model> {
    if terms.effective_at <= tx.now() {
        return begin(tx, terms).await;
    }
    let from = Some(terms.effective_at);
    tx.enqueue(Kind::BeginTerms, terms.id.0, from).await?;
    Ok(terms)
}

/// Fails while terms of the program wait for their date: two that wait would leave it
/// open which supersedes which.
pub(super) async fn refuse_second(tx: &Tx, program: ProgramId) -> Result<()> {
    let Some(waiting) = in_state(tx, program, terms::State::Scheduled).await? else {
        return Ok(());
    };
    let message = format!(
        "version {} is to be in force from {}: withdraw it first",
        waiting.version, waiting.effective_at
    );
    let ids = vec![waiting.id.to_string()];
    Err(Error::in_the_way(Conflict::TermsScheduled, message, ids))
}

/// Supersedes the terms in force by these, and opens the program.
async fn begin(tx: &mut Tx, terms: terms::Model) -> Result<terms::Model> {
    let id = terms.program_id;
    if let Some(earlier) = in_state(tx, id, terms::State::InForce).await? {
        let mut change: terms::ActiveModel = earlier.into();
        change.state = Set(terms::State::Superseded);
        tx.update(change).await?;
    }
    let mut change: terms::ActiveModel = terms.into();
    change.state = Set(terms::State::InForce);
    let terms = tx.update(change).await?;
    let program = program::Entity::get(tx, tx.tenant(), id).await?;
    if program.state == program::State::Draft {
        let mut change: program::ActiveModel = program.into();
        change.state = Set(program::State::Open);
        tx.update(change).await?;
    }
    tx.complete(Kind::BeginTerms, terms.id.0).await?;
    let fact = Fact::TermsTookEffect(facts::TermsNumber {
        program: id,
        version: terms.version,
    });
    tx.record(terms.id, None, fact).await?;
    Ok(terms)
}

/// Puts terms into force on their date.
pub(crate) async fn work(scope: &Scope, id: TermsId) -> Result<Progress> {
    let mut tx = scope.begin().await?;
    let terms = terms::Entity::get(&tx, tx.tenant(), id).await?;
    catch_up(&mut tx, terms.program_id).await?;
    tx.commit().await?;
    Ok(Progress::Done)
}

/// Withdraws terms before their date. Withdrawing them again is harmless.
///
/// # Errors
///
/// Where they are or were in force.
pub async fn withdraw(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<TermsId>>,
    reason: &str,
) -> Result<terms::Model> {
    scope.require(Permission::ProgramManage)?;
    let (key, id, reason) =
        idempotency::with_reason::<terms::Entity>(scope, key, id, reason).await?;
    let command = Command::repeatable("terms.withdraw", key, &(id, &reason))?;
    let done = command.once::<terms::Entity>(scope, async |tx: &mut Tx| {
        let found = reads::named::<terms::Entity>(scope, tx, id).await;
        let program = found.at("id")?.program_id;
        catch_up(tx, program).await?;
        let terms = terms::Entity::get(tx, tx.tenant(), id).await?;
        match terms.state {
            terms::State::Withdrawn => return Ok(terms),
            terms::State::Scheduled => {}
            terms::State::InForce | terms::State::Superseded => {
                let message = "these terms have come into force: publish others";
                return Err(Error::conflict(Conflict::WrongState, message));
            }
        }
        let fact = Fact::TermsWithdrawn(facts::TermsNotToBe {
            program,
            version: terms.version,
            reason,
        });
        let mut change: terms::ActiveModel = terms.into();
        change.state = Set(terms::State::Withdrawn);
        let terms = tx.update(change).await?;
        tx.complete(Kind::BeginTerms, terms.id.0).await?;
        tx.record(terms.id, None, fact).await?;
        Ok(terms)
    });
    done.await
}

async fn in_state(
    tx: &Tx,
    program: ProgramId,
    state: terms::State,
) -> Result<Option<terms::Model>> {
    let query = terms::Entity::of(tx.tenant())
        .filter(terms::Column::ProgramId.eq(program))
        .filter(terms::Column::State.eq(state));
    Ok(query.one(tx).await?)
}
