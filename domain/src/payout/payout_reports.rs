//! What people report of payouts that no rail tells of: one says what became of it
//! and shows it, another confirms. So a payout whose fate is unknown ends by
//! evidence, and what was paid by hand is recorded.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use crate::access::Permission;
use crate::clock::Moment;
use crate::entity::Owned;
use crate::entity::payout::{self, State};
use crate::entity::payout_report::{self, Outcome};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::Command;
use crate::ids::PayoutId;
use crate::kernel::audience;
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::payout::departure::CALL_MAY_LAST;
use crate::payout::payouts;
use crate::payout::settlement;
use crate::reads;
use crate::scope::{Fact, Scope, Tx};
use crate::{idempotency, limits, people};

/// What a person reports of a payout.
#[derive(Debug)]
pub struct NewReport {
    /// The payout; sent, and not settled.
    pub payout: Given<PayoutId>,
    /// What became of it.
    pub outcome: Outcome,
    /// When; not in the future. What was paid before the run was proposed is
    /// recorded so as well.
    pub occurred_at: Moment,
    /// What the bank or the provider calls the payment.
    pub reference: String,
    /// What shows it: a bank statement, a letter of the provider.
    pub evidence: String,
}

/// Reports what became of a payout that was sent and is not settled. A later report
/// takes the place of an earlier one.
pub async fn report(scope: &Scope, key: &str, new: NewReport) -> Result<payout::Model> {
    scope.require(Permission::PayoutPropose)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let id = check.given(new.payout)?;
    let reference = check.take(limits::name("reference", &new.reference))?;
    let evidence = check.take(limits::sentence("evidence", &new.evidence))?;
    let arguments = (id, new.outcome, new.occurred_at, &reference, &evidence);
    let command = Command::new("payout.report", key, &arguments)?;
    let done = command.once::<payout::Entity>(scope, async |tx: &mut Tx| {
        let payout = match id {
            Some(id) => check.take(payout::Entity::get(tx, tx.tenant(), id).await.at("id"))?,
            None => None,
        };
        if let Some(payout) = &payout {
            check.take(reportable(scope, payout, new.outcome, tx.now()))?;
        }
        check.take(limits::past("occurredAt", new.occurred_at, tx.now()))?;
        let (Some(payout), Some(reference), Some(evidence)) = (payout, reference, evidence) else {
            return Err(check.failed());
        };
        check.done()?;
        let id = payout.id;
        let row = payout_report::ActiveModel {
            tenant_id: Set(tx.tenant()),
            payout_id: Set(id),
            outcome: Set(new.outcome),
            occurred_at: Set(new.occurred_at),
            reference: Set(reference),
            evidence: Set(evidence),
            reported_by: Set(tx.actor()),
            reported_at: Set(tx.now()),
            confirmed_by: Set(None),
            confirmed_at: Set(None),
        };
        let key = [
            payout_report::Column::TenantId,
            payout_report::Column::PayoutId,
        ];
        let again = OnConflict::columns(key)
            .update_columns([
                payout_report::Column::Outcome,
                payout_report::Column::OccurredAt,
                payout_report::Column::Reference,
                payout_report::Column::Evidence,
                payout_report::Column::ReportedBy,
                payout_report::Column::ReportedAt,
            ])
            .to_owned();
        payout_report::Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(tx)
            .await?;
        let fact = Fact::PayoutOutcomeReported(facts::ReportedOutcome {
            partner: payout.partner_id,
            outcome: new.outcome,
        });
        tx.record(id, None, fact).await?;
        Ok(payout)
    });
    done.await
}

/// Confirms what another person reported of a payout, and settles it so. Whoever
/// confirms says themselves what became of it and under which reference. Repeating
/// it is harmless.
pub async fn confirm(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<PayoutId>>,
    outcome: Outcome,
    reference: &str,
) -> Result<payout::Model> {
    scope.require(Permission::PayoutApprove)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read_optional(key))?;
    let id = check.given(id)?;
    let reference = check.take(limits::name("reference", reference))?;
    let (Some(key), Some(id), Some(reference)) = (key, id, reference) else {
        return Err(reads::failed::<payout::Entity>(check, scope, "id", id).await);
    };
    let command = Command::repeatable("payout.confirm", key, &(id, outcome, &reference))?;
    if let Some(payout) = command.before::<payout::Entity>(scope).await? {
        return Ok(payout);
    }
    payouts::ask_a_last_time(scope, id).await?;
    let done = command.once::<payout::Entity>(scope, async |tx: &mut Tx| {
        let payout = payout::Entity::get(tx, tx.tenant(), id).await.at("id")?;
        let report = payout_report::Entity::find_by_id((tx.tenant(), id));
        let Some(report) = report.one(tx).await? else {
            let message = "nobody has reported what became of it";
            return Err(Error::conflict(Conflict::WrongState, message));
        };
        let agrees = report.outcome == outcome && report.reference == reference;
        if agrees && report.confirmed_by.is_some() {
            return Ok(payout);
        }
        reportable(scope, &payout, outcome, tx.now())?;
        if !agrees {
            let message = "another outcome or reference was reported: look again, or report yours";
            return Err(Error::conflict(Conflict::WrongState, message));
        }
        let message =
            "whoever reported what became of a payout cannot confirm it: ask a second person";
        people::require_second(tx, report.reported_by, message).await?;
        refuse_while_call_may_pay(tx, &payout)?;
        let mut change: payout_report::ActiveModel = report.into();
        change.confirmed_by = Set(Some(tx.actor()));
        change.confirmed_at = Set(Some(tx.now()));
        change.update(tx).await?;
        match outcome {
            Outcome::Paid => settlement::pay(tx, payout, reference).await?,
            Outcome::Failed => {
                let reason = "reported as failed".to_owned();
                settlement::fail_and_close(tx, payout, reason).await?;
            }
        }
        payout::Entity::get(tx, tx.tenant(), id).await
    });
    done.await
}

/// Fails unless people can say what became of a payout: it may have left, and nothing
/// certain is known of it. What a rail has taken may fail by the rail's word alone.
fn reportable(scope: &Scope, payout: &payout::Model, outcome: Outcome, now: Moment) -> Result<()> {
    let message = match (payout.state, outcome) {
        (State::Sending | State::Unknown, _) | (State::Sent, Outcome::Paid) => return Ok(()),
        (State::Sent, Outcome::Failed) => match scope.engine().rail(payout.rail) {
            Some(rail) if !rail.answers() => return Ok(()),
            Some(_) => {
                "the rail has it and tells how it ends: it can be reported as failed once \
                 nobody knows"
            }
            // Another server may have the rail, which may still pay.
            None if has_been_silent(payout, now) => return Ok(()),
            None => {
                "this server does not have the rail: it can be reported as failed 30 days \
                 after it was sent"
            }
        },
        (State::Scheduled, _) => "it was not sent yet",
        (State::Paid | State::Failed, _) => "what became of it is known already",
    };
    Err(Error::conflict(Conflict::WrongState, message))
}

/// Whether a payout was sent so long ago that no provider has it any more.
fn has_been_silent(payout: &payout::Model, now: Moment) -> bool {
    payout
        .sent_at
        .is_some_and(|sent_at| sent_at.plus_days(30) <= now)
}

/// Fails while a call may still be on its way that pays.
fn refuse_while_call_may_pay(tx: &Tx, payout: &payout::Model) -> Result<()> {
    let until = payout
        .called_at
        .map(|called_at| called_at.plus(CALL_MAY_LAST));
    let waits = until.is_some_and(|until| until > tx.machine_now());
    match payout.state {
        State::Sent => Ok(()),
        State::Unknown if !waits => Ok(()),
        _ => {
            let message =
                "it was being sent moments ago, and may still be made: confirm in six minutes";
            Err(Error::conflict(Conflict::WrongState, message))
        }
    }
}

/// What was reported of payouts, as far as the actor may see it; those without a report
/// are absent.
pub async fn of(
    scope: &Scope,
    payouts: &[PayoutId],
) -> Result<HashMap<PayoutId, payout_report::Model>> {
    let query = payout_report::Entity::find()
        .filter(payout_report::Column::TenantId.eq(scope.tenant()))
        .filter(payout_report::Column::PayoutId.is_in(payouts.iter().copied()))
        .filter(audience::reports_shown(scope));
    let rows = query.all(&scope.read().await?).await?;
    Ok(rows.into_iter().map(|row| (row.payout_id, row)).collect())
}
