//! Commissions: entitlements, assessed by a rule and released by collections.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{PaginatorTrait, QueryOrder};

use crate::access::Permission;
use crate::calculator::Fault;
use crate::commission::earnings::Room;
use crate::commission::{assessments, earnings, ledger};
use crate::entity::commission::{self, State};
use crate::entity::ledger_transaction::Kind;
use crate::entity::{Owned, credit, credit_share, deal, rule, work};
use crate::error::{About, Error, Result};
use crate::idempotency::{self, Command};
use crate::ids::{CommissionId, DealId, EvaluationId, PartnerId, RuleId};
use crate::kernel::check::Given;
use crate::kernel::facts;
use crate::kernel::work::Progress;
use crate::money::{Money, round_entitlements};
use crate::reads;
use crate::rule::evaluations::{self, Answer};
use crate::rule::rules;
use crate::rule::versions::AsOf;
use crate::scope::{Fact, Scope, Tx};

/// What the request that won a deal gets to assess it, before the server does.
const HEAD_START: Duration = Duration::from_secs(2);

/// Between two attempts while rules cannot run.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// Creates the commissions of a deal that is being won: one for each credited
/// partner under each rule for its role. They wait to be assessed.
pub(crate) async fn create(
    tx: &mut Tx,
    deal: &deal::Model,
    credit: &credit::Model,
    shares: &[credit_share::Model],
) -> Result<()> {
    let won = (deal.closed_at, deal.closed_position);
    let (Some(as_of_at), Some(as_of_position)) = won else {
        return Err(Error::broken(format!(
            "{} has credit and is not won",
            deal.id
        )));
    };
    let rules = rule::Entity::of(tx.tenant())
        .filter(rule::Column::TermsId.eq(deal.terms_id))
        .all(tx)
        .await?;
    for rule in &rules {
        for share in shares.iter().filter(|share| share.role == rule.role) {
            let row = commission::ActiveModel {
                updated_at: Set(tx.now()),
                tenant_id: Set(tx.tenant()),
                id: Set(CommissionId::new()),
                deal_id: Set(deal.id),
                terms_id: Set(deal.terms_id),
                credit_id: Set(credit.id),
                partner_id: Set(share.partner_id),
                rule_id: Set(rule.id),
                role: Set(share.role),
                state: Set(State::Pending),
                total_minor: Set(None),
                currency: Set(deal.currency),
                explanation: Set(None),
                evaluation_id: Set(None),
                fault_code: Set(None),
                fault_message: Set(None),
                as_of_at: Set(as_of_at),
                as_of_position: Set(as_of_position),
                created_at: Set(tx.now()),
                assessed_at: Set(None),
                released_ordinal: Set(0),
            };
            commission::Entity::insert(row)
                .exec_without_returning(tx)
                .await?;
        }
    }
    tx.enqueue_after(work::Kind::AssessDeal, deal.id.0, None, HEAD_START)
        .await
}

/// Assesses a deal whose commissions wait.
pub(crate) async fn work(scope: &Scope, deal: DealId) -> Result<Progress> {
    assess_deal(scope, deal).await?;
    let mut tx = scope.begin().await?;
    let row = deal::Entity::get(&tx, tx.tenant(), deal).await?;
    let waits = pending(&tx, deal).await? > 0;
    let all_released = release(&mut tx, &row).await?;
    if all_released && !waits {
        tx.complete(work::Kind::AssessDeal, deal.0).await?;
    }
    tx.commit().await?;
    Ok(match (all_released, waits) {
        (false, _) => Progress::More,
        (true, true) => Progress::Wait(BUSY_PAUSE),
        (true, false) => Progress::Done,
    })
}

/// Brings the earnings of a deal's commissions up to its collections, as many as one
/// transaction can. Tells whether all are; the server goes on with the rest.
pub(crate) async fn release(tx: &mut Tx, deal: &deal::Model) -> Result<bool> {
    let mut room = Room::of_a_step();
    for commission in assessed(tx, deal.id).await? {
        if !earnings::release(tx, deal, &commission, &mut room).await? {
            tx.enqueue(work::Kind::AssessDeal, deal.id.0, None).await?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// How many commissions of a deal wait to be assessed.
async fn pending(tx: &Tx, deal: DealId) -> Result<u64> {
    let query = commission::Entity::of(tx.tenant())
        .filter(commission::Column::DealId.eq(deal))
        .filter(commission::Column::State.eq(State::Pending));
    Ok(query.count(tx).await?)
}

/// Assesses the commissions of one deal that wait. Repeating it is harmless:
/// only what still waits is written.
///
/// The rule runs between two transactions, so that a slow one holds nobody up.
/// Where it could not run at all, the commissions stay pending.
pub(crate) async fn assess_deal(scope: &Scope, id: DealId) -> Result<()> {
    let db = scope.read().await?;
    let deal = deal::Entity::get(&db, scope.tenant(), id).await?;
    let pending = commission::Entity::of(scope.tenant())
        .filter(commission::Column::DealId.eq(id))
        .filter(commission::Column::State.eq(State::Pending))
        .all(&db)
        .await?;
    drop(db);
    scope.end_read().await;
    let mut by_rule: HashMap<RuleId, Vec<commission::Model>> = HashMap::new();
    for commission in pending {
        by_rule
            .entry(commission.rule_id)
            .or_default()
            .push(commission);
    }
    for (rule, commissions) in by_rule {
        let Some(as_of) = commissions.first().map(as_of) else {
            continue;
        };
        let rule = rule::Entity::get(&scope.read().await?, scope.tenant(), rule).await?;
        let case = rules::case(scope, &deal, &rule, &commissions).await?;
        match evaluations::answer(scope, &rule, as_of, case).await? {
            Some(answer) => record(scope, id, &rule, as_of, answer).await?,
            None => tracing::warn!(deal = %id, "a rule could not run; its commissions wait"),
        }
    }
    Ok(())
}

/// Assesses a deal at once if that is possible. The win stands, whatever comes of
/// the rules: what waits is tried again.
pub(crate) async fn assess_if_possible(scope: &Scope, deal: DealId) {
    if let Err(error) = assess_deal(scope, deal).await {
        tracing::warn!(%deal, ?error, "a won deal could not be assessed yet");
    }
}

/// Closes the commissions of a deal of which nothing more is expected, and takes
/// what was entitled and not released out of the books. One that has no total yet is
/// closed once it has one: what was collected is earned all the same.
pub(crate) async fn write_off(tx: &mut Tx, deal: DealId) -> Result<()> {
    for commission in assessed(tx, deal).await? {
        let (id, partner, currency) = (commission.id, commission.partner_id, commission.currency);
        let left = commission.total()? - earnings::released(tx, id).await?;
        let left = Money::new(left, currency);
        let mut change: commission::ActiveModel = commission.into();
        change.state = Set(State::Closed);
        tx.update(change).await?;
        let fact = Fact::CommissionClosed(facts::ClosedCommission {
            partner,
            written_off: facts::Amount(left),
        });
        let position = tx.record(id, Some(deal), fact).await?;
        if left.minor > 0 {
            ledger::post(tx, position, Kind::WriteOff, id.0, partner, left).await?;
        }
    }
    Ok(())
}

/// As of when a commission is put to its rule.
fn as_of(commission: &commission::Model) -> AsOf {
    AsOf {
        position: commission.as_of_position,
        at: commission.as_of_at,
    }
}

/// Writes an answer, which was asked for as of a moment, to the commissions that it is
/// for and that still wait. What else happened to the deal meanwhile counts.
async fn record(
    scope: &Scope,
    deal: DealId,
    rule: &rule::Model,
    asked: AsOf,
    answer: Answer,
) -> Result<()> {
    let mut tx = scope.begin().await?;
    let deal = &deal::Entity::get(&tx, tx.tenant(), deal).await?;
    let waiting = commission::Entity::of(tx.tenant())
        .filter(commission::Column::DealId.eq(deal.id))
        .filter(commission::Column::RuleId.eq(rule.id))
        .filter(commission::Column::State.eq(State::Pending))
        .order_by_asc(commission::Column::PartnerId)
        .all(&tx)
        .await?;
    let Some(as_of) = waiting.first().map(as_of) else {
        return Ok(());
    };
    // Retried meanwhile, perhaps with other code: what waits is put to it again.
    let is_of_then = as_of.position == asked.position;
    if !is_of_then || !evaluations::is_current(&tx, rule, as_of, &answer).await? {
        return Ok(());
    }
    let evaluation = evaluations::store(&tx, deal.id, rule.id, &answer).await?;
    let totals = match &answer.result {
        Ok(verdict) => {
            let exact = rules::parts(&answer.case, verdict);
            let rounded = round_entitlements(&exact).map_err(|_| Fault::CapExceeded);
            rounded.map(|rounded| (exact, rounded))
        }
        Err(fault) => Err(fault.clone()),
    };
    for commission in waiting {
        match &totals {
            Ok((exact, rounded)) => {
                let partner = commission.partner_id;
                let exact = exact.get(&partner).copied().unwrap_or_default();
                let total = rounded.get(&partner).copied().unwrap_or_default();
                assessments::append(&tx, &commission, evaluation, exact, total).await?;
                let why = explanation(&answer, partner);
                approve(&mut tx, deal, commission, evaluation, total, why).await?;
            }
            Err(fault) => hold(&mut tx, commission, evaluation, fault).await?,
        }
    }
    if release(&mut tx, deal).await? && pending(&tx, deal.id).await? == 0 {
        tx.complete(work::Kind::AssessDeal, deal.id.0).await?;
    }
    tx.commit().await
}

/// What the rule said of one partner's amounts, a line for each.
fn explanation(answer: &Answer, partner: PartnerId) -> String {
    let entries = answer.result.iter().flat_map(|verdict| &verdict.entries);
    let own = entries.filter(|entry| entry.partner == partner);
    let lines: Vec<&str> = own.map(|entry| entry.explanation.as_str()).collect();
    if lines.is_empty() {
        "the rule gives nothing here".to_owned()
    } else {
        lines.join("\n")
    }
}

async fn approve(
    tx: &mut Tx,
    deal: &deal::Model,
    commission: commission::Model,
    evaluation: EvaluationId,
    total: i64,
    explanation: String,
) -> Result<()> {
    let money = Money::new(total, commission.currency);
    let mut change: commission::ActiveModel = commission.into();
    // Of a deal that is written off nothing more is expected.
    change.state = Set(match deal.written_off_at {
        None => State::Approved,
        Some(_) => State::Closed,
    });
    change.total_minor = Set(Some(total));
    change.explanation = Set(Some(explanation));
    change.evaluation_id = Set(Some(evaluation));
    change.assessed_at = Set(Some(tx.now()));
    let commission = tx.update(change).await?;
    let fact = Fact::CommissionApproved(facts::Assessed {
        partner: commission.partner_id,
        total: facts::Amount(money),
        evaluation,
    });
    let position = tx.record(commission.id, Some(deal.id), fact).await?;
    if total > 0 && commission.state == State::Approved {
        let (partner, subject) = (commission.partner_id, commission.id.0);
        ledger::post(tx, position, Kind::Accrual, subject, partner, money).await?;
    }
    Ok(())
}

async fn hold(
    tx: &mut Tx,
    commission: commission::Model,
    evaluation: EvaluationId,
    fault: &Fault,
) -> Result<()> {
    let (id, deal, partner) = (commission.id, commission.deal_id, commission.partner_id);
    tracing::warn!(commission = %id, %deal, fault = fault.code(), "a commission is held");
    let mut change: commission::ActiveModel = commission.into();
    change.state = Set(State::Held);
    change.evaluation_id = Set(Some(evaluation));
    change.fault_code = Set(Some(fault.code().to_owned()));
    change.fault_message = Set(Some(fault.to_string()));
    change.assessed_at = Set(Some(tx.now()));
    tx.update(change).await?;
    let fact = Fact::CommissionHeld(facts::Fault {
        partner,
        fault: fault.code().to_owned(),
        evaluation,
    });
    tx.record(id, Some(deal), fact).await?;
    Ok(())
}

/// Puts a held commission, and those held by the same run, to their rule once
/// more, with the code that decides now. For any other it does nothing.
pub async fn retry(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<CommissionId>>,
) -> Result<commission::Model> {
    scope.require(Permission::CommissionManage)?;
    let (key, id) = idempotency::on_row::<commission::Entity>(scope, key, id).await?;
    let command = Command::repeatable("commission.retry", key, &id)?;
    let done = command.once::<commission::Entity>(scope, async |tx: &mut Tx| {
        let found = commission::Entity::get(tx, tx.tenant(), id).await;
        let commission = found.at("id")?;
        let deal = commission.deal_id;
        let waiting = commission::Entity::of(tx.tenant())
            .filter(commission::Column::DealId.eq(deal))
            .filter(commission::Column::RuleId.eq(commission.rule_id))
            .filter(commission::Column::State.eq(State::Held))
            .all(tx)
            .await?;
        if !waiting.iter().any(|row| row.id == id) {
            return Ok(commission);
        }
        let position = tx.next_position();
        for commission in waiting {
            let (id, partner) = (commission.id, commission.partner_id);
            let mut change: commission::ActiveModel = commission.into();
            change.state = Set(State::Pending);
            change.fault_code = Set(None);
            change.fault_message = Set(None);
            change.as_of_at = Set(tx.now());
            change.as_of_position = Set(position);
            tx.update(change).await?;
            let fact = Fact::CommissionRetried(facts::OfPartner { partner });
            tx.record(id, Some(deal), fact).await?;
        }
        tx.enqueue_after(work::Kind::AssessDeal, deal.0, None, HEAD_START)
            .await?;
        Ok(commission)
    });
    assess_deal(scope, done.await?.deal_id).await?;
    reads::get::<commission::Entity>(scope, id).await
}

/// The commissions of a deal that have a total, in order of id.
pub(crate) async fn assessed(tx: &Tx, deal: DealId) -> Result<Vec<commission::Model>> {
    let query = commission::Entity::of(tx.tenant())
        .filter(commission::Column::DealId.eq(deal))
        .filter(commission::Column::TotalMinor.is_not_null())
        .order_by_asc(commission::Column::Id);
    Ok(query.all(tx).await?)
}
