//! Decisions on parts in deals: one by one, and with the win.

use serde::Serialize;

use crate::access::Permission;
use crate::commission::commissions;
use crate::deal::{credits, involvements};
use crate::entity::involvement::{self, State};
use crate::entity::{Owned, deal};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::Command;
use crate::ids::{DealId, InvolvementId};
use crate::kernel::check::{Check, Given};
use crate::scope::{Scope, Tx};
use crate::{idempotency, limits, reads};

/// What becomes of involvements that nobody has decided when a deal is won.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Undecided {
    /// They are confirmed.
    Confirm,
    /// They are declined.
    Decline,
    /// They stay undecided, and the credit with them, until all are decided or
    /// the deadline of the terms passes.
    LeaveOpen,
}

/// Confirms an involvement, or declines it with a reason, while the deal is open
/// or won with credit that is pending. Until then a decision may be reversed; a late
/// repetition of an earlier one does not undo a later one: it has its key.
///
/// The last decision on a won deal settles its credit.
pub async fn decide(
    scope: &Scope,
    key: &str,
    id: impl Into<Given<InvolvementId>>,
    decline: Option<&str>,
) -> Result<involvement::Model> {
    scope.require(Permission::InvolvementDecide)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let id = check.given(id)?;
    let reason = decline.map(|text| limits::sentence("reason", text));
    let reason = check.take(reason.transpose())?;
    let (Some(key), Some(id), Some(reason)) = (key, id, reason) else {
        return Err(reads::failed::<involvement::Entity>(check, scope, "id", id).await);
    };
    let command = Command::new("involvement.decide", Some(key), &(id, &reason))?;
    let mut is_credit_due = false;
    let done = command.once::<involvement::Entity>(scope, async |tx: &mut Tx| {
        let involvement = involvement::Entity::get(tx, tx.tenant(), id)
            .await
            .at("id")?;
        let deal = deal::Entity::get(tx, tx.tenant(), involvement.deal_id).await?;
        // Of a lost deal nothing depends on it; but it can be decided, and is then done.
        if deal.credit_due_at.is_none() && deal.state != deal::State::ClosedLost {
            deal::open_in(tx, tx.tenant(), deal.id).await?;
        }
        if involvement.registration_id.is_some() {
            let message = "this rests on an approved registration and is not decided again";
            return Err(Error::conflict(Conflict::WrongState, message));
        }
        if reason.is_none() && involvement.state == State::Declined {
            involvements::has_room(tx, deal.id, involvement.partner_id).await?;
        }
        let involvement = involvements::set_decision(tx, involvement, reason).await?;
        credits::settle_if_decided(tx, deal.id).await?;
        is_credit_due = deal.credit_due_at.is_some();
        Ok(involvement)
    });
    let involvement = done.await?;
    if is_credit_due {
        commissions::assess_if_possible(scope, involvement.deal_id).await;
    }
    Ok(involvement)
}

/// Applies what the winner of a deal says of involvements that nobody has
/// decided, and tells whether any are left to decide.
///
/// # Errors
///
/// [`Conflict::InvolvementUndecided`] with their ids, where it says nothing.
pub(crate) async fn at_win(tx: &mut Tx, deal: DealId, say: Option<Undecided>) -> Result<bool> {
    match say {
        None => {
            let open = involvements::undecided(tx, deal).all(tx).await?;
            if open.is_empty() {
                return Ok(false);
            }
            let message = "nobody has decided on these parts in the deal: decide, or say what \
                           becomes of them";
            let ids = open.iter().map(|row| row.id.to_string()).collect();
            Err(Error::in_the_way(
                Conflict::InvolvementUndecided,
                message,
                ids,
            ))
        }
        Some(Undecided::Confirm) => {
            for involvement in involvements::undecided(tx, deal).all(tx).await? {
                involvements::set_decision(tx, involvement, None).await?;
            }
            Ok(false)
        }
        Some(Undecided::Decline) => {
            let why = "undecided when the deal was won, and declined with it";
            involvements::decline_undecided(tx, deal, why).await?;
            Ok(false)
        }
        Some(Undecided::LeaveOpen) => involvements::any_undecided(tx, deal).await,
    }
}
