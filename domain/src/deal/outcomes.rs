//! How deals end: won, lost, and written off.

use sea_orm::ActiveValue::Set;

use crate::access::Permission;
use crate::commission::commissions;
use crate::deal::decisions::{self, Undecided};
use crate::deal::{credits, protections};
use crate::entity::deal::{self, State};
use crate::entity::{Owned, terms, work};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::Command;
use crate::ids::DealId;
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::money::Money;
use crate::reads;
use crate::scope::{Fact, Scope, Tx};
use crate::{idempotency, limits};

/// Wins a deal: freezes its credit, creates the commissions and has them
/// assessed. A second win is a conflict, unless it repeats the same command.
///
/// Involvements that nobody has decided stand in the way, unless the caller says
/// what becomes of them. The rules run after the win is durable: if the server
/// stops in between, the commissions are pending and are assessed when it is back.
pub async fn win(
    scope: &Scope,
    key: &str,
    id: impl Into<Given<DealId>>,
    undecided: Option<Undecided>,
) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    if matches!(undecided, Some(Undecided::Confirm | Undecided::Decline)) {
        scope.require(Permission::InvolvementDecide)?;
    }
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let id = check.given(id)?;
    let (Some(key), Some(id)) = (key, id) else {
        return Err(reads::failed::<deal::Entity>(check, scope, "id", id).await);
    };
    let command = Command::new("deal.win", Some(key), &(id, undecided))?;
    let done = command.once::<deal::Entity>(scope, async |tx: &mut Tx| {
        let deal = deal::open_in(tx, tx.tenant(), id).await.at("id")?;
        protections::expire_on(tx, deal.account_id).await?;
        protections::refuse_unlinked(tx, &deal).await?;
        let pending = decisions::at_win(tx, id, undecided).await?;
        let deal = close_won(tx, deal, pending).await?;
        if !pending {
            credits::settle_and_commission(tx, &deal).await?;
        }
        Ok(deal)
    });
    done.await?;
    commissions::assess_if_possible(scope, id).await;
    reads::get::<deal::Entity>(scope, id).await
}

/// Marks a deal as won; with credit that is pending, notes its deadline.
async fn close_won(tx: &mut Tx, deal: deal::Model, pending: bool) -> Result<deal::Model> {
    let (id, registration) = (deal.id, deal.registration_id);
    let amount = facts::Amount(Money::new(deal.amount_minor, deal.currency));
    let fact = Fact::DealClosedWon(facts::Worth { amount });
    let position = tx.record(id, Some(id), fact).await?;
    let due_at = if pending {
        let terms = terms::Entity::get(tx, tx.tenant(), deal.terms_id).await?;
        let due_at = tx.now().plus_days(terms.credit_decision_days);
        tx.enqueue(work::Kind::SettleCredit, id.0, Some(due_at))
            .await?;
        Some(due_at)
    } else {
        None
    };
    let mut change: deal::ActiveModel = deal.into();
    change.state = Set(State::ClosedWon);
    change.closed_at = Set(Some(tx.now()));
    change.closed_position = Set(Some(position));
    change.credit_due_at = Set(due_at);
    let deal = tx.update(change).await?;
    if let Some(registration) = registration {
        protections::release(tx, registration).await?;
    }
    Ok(deal)
}

/// Loses a deal, with a reason. Losing it again is harmless.
pub async fn lose(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<DealId>>,
    reason: &str,
) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    let (key, id, reason) =
        idempotency::with_reason::<deal::Entity>(scope, key, id, reason).await?;
    let command = Command::repeatable("deal.lose", key, &(id, &reason))?;
    let done = command.once::<deal::Entity>(scope, async |tx: &mut Tx| {
        let deal = deal::Entity::get(tx, tx.tenant(), id).await.at("id")?;
        if deal.state == State::ClosedLost {
            return Ok(deal);
        }
        let deal = deal::open_in(tx, tx.tenant(), id).await.at("id")?;
        if let Some(registration) = deal.registration_id {
            protections::release(tx, registration).await?;
        }
        let fact = Fact::DealClosedLost(facts::Reason {
            reason: reason.clone(),
        });
        let position = tx.record(id, Some(id), fact).await?;
        let mut change: deal::ActiveModel = deal.into();
        change.state = Set(State::ClosedLost);
        change.closed_at = Set(Some(tx.now()));
        change.closed_position = Set(Some(position));
        change.lost_reason = Set(Some(reason));
        tx.update(change).await
    });
    done.await
}

/// Writes off what a won deal has left to collect: nothing more is expected of
/// its customer. What was entitled and not released is taken out of the books, and
/// a payment that comes all the same puts its part back.
pub async fn write_off(
    scope: &Scope,
    key: &str,
    id: impl Into<Given<DealId>>,
    reason: &str,
) -> Result<deal::Model> {
    scope.require(Permission::DealWriteOff)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let id = check.given(id)?;
    let reason = check.take(limits::sentence("reason", reason))?;
    let (Some(key), Some(id), Some(reason)) = (key, id, reason) else {
        return Err(reads::failed::<deal::Entity>(check, scope, "id", id).await);
    };
    let command = Command::new("deal.write_off", Some(key), &(id, &reason))?;
    let done = command.once::<deal::Entity>(scope, async |tx: &mut Tx| {
        let deal = deal::Entity::get(tx, tx.tenant(), id).await.at("id")?;
        let refused = match deal.state {
            State::ClosedWon if deal.credit_due_at.is_some() => {
                Some("its credit is not settled yet")
            }
            State::ClosedWon if deal.written_off_at.is_some() => Some("it is written off already"),
            State::ClosedWon => None,
            State::Open | State::ClosedLost => Some("only what is won can be written off"),
        };
        if let Some(message) = refused {
            return Err(Error::conflict(Conflict::WrongState, message));
        }
        let fact = Fact::DealWrittenOff(facts::Reason { reason });
        tx.record(id, Some(id), fact).await?;
        commissions::write_off(tx, id).await?;
        let mut change: deal::ActiveModel = deal.into();
        change.written_off_at = Set(Some(tx.now()));
        let deal = tx.update(change).await?;
        Ok(deal)
    });
    done.await
}
