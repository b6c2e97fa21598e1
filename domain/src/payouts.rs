//! Payouts: sent over a rail, and settled once whatever it answers and however
//! often.
//!
//! The instruction is durable before it leaves and its key never changes, so a
//! crash or a time-out is followed by the same instruction, which the rail
//! knows. Only a certain "no" gives the earnings back.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query;
use sea_orm::{PaginatorTrait, QueryOrder, QuerySelect};
use serde_json::json;

use crate::entity::ledger_transaction::Kind;
use crate::entity::payout::{self, State};
use crate::entity::{Owned, earning, partner, payout_method, payout_run};
use crate::error::{Error, Result};
use crate::ids::{PayoutId, PayoutMethodId, PayoutRunId};
use crate::money::Money;
use crate::rail::{Instruction, Status};
use crate::reads::Visible;
use crate::scope::{Fact, Scope, Tx};
use crate::{balances, ledger, payout_runs, readiness};

impl payout::Model {
    /// Whether the rail's final answer is recorded.
    pub fn is_settled(&self) -> bool {
        matches!(self.state, State::Paid | State::Failed)
    }
}

/// Does what the rail has to do for the tenant: sends what is scheduled, asks
/// after what is on its way, and closes runs that are finished. For the
/// server; repeating it is harmless, also from two servers at once.
pub async fn execute(scope: &Scope) -> Result<()> {
    let runs = payout_run::Entity::of(scope.tenant())
        .filter(
            payout_run::Column::State
                .is_in([payout_run::State::Approved, payout_run::State::Executing]),
        )
        .order_by_asc(payout_run::Column::Id)
        .all(&scope.read().await?)
        .await?;
    let open = payout::Entity::of(scope.tenant())
        .filter(payout::Column::RunId.is_in(runs.iter().map(|run| run.id)))
        .filter(payout::Column::State.is_not_in([State::Paid, State::Failed]))
        // Those that were never sent come first, before all that is asked after.
        .order_by_desc(payout::Column::State.eq(State::Scheduled))
        .order_by_asc(payout::Column::Id)
        .all(&scope.read().await?)
        .await?;
    for payout in open {
        // One payout that cannot be worked on must not stop the others.
        if let Err(error) = advance(scope, payout.id).await {
            tracing::error!(payout = %payout.id, ?error, "a payout could not be advanced");
        }
    }
    for run in runs {
        close(scope, run.id).await?;
    }
    Ok(())
}

/// Sends one payout, or asks after it.
async fn advance(scope: &Scope, id: PayoutId) -> Result<()> {
    let db = scope.read().await?;
    let mut payout = payout::Entity::get(&db, scope.tenant(), id).await?;
    let method = payout_method::Entity::get(&db, scope.tenant(), payout.method_id).await?;
    drop(db);
    // Nothing is booked as in transit by a server that could not send it.
    let missing = || Error::broken(format!("this server has no rail {}", payout.rail));
    let rail = scope.engine().rail(&payout.rail).ok_or_else(missing)?;
    if payout.state == State::Scheduled {
        payout = prepare(scope, id, &method).await?;
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
    let status = rail.send(instruction).await;
    match (&status, payout.state) {
        // Nothing new: most questions end here, without a write.
        (Status::Accepted { .. }, State::Sent) => Ok(()),
        (Status::Unknown { .. }, State::Unknown | State::Sent) => Ok(()),
        _ => settle(scope, id, payout.attempt, status).await,
    }
}

/// Makes the instruction of a scheduled payout durable, and books the money as
/// in transit; or fails the payout, if something no longer holds.
async fn prepare(
    scope: &Scope,
    id: PayoutId,
    method: &payout_method::Model,
) -> Result<payout::Model> {
    let mut tx = scope.begin().await?;
    let payout = payout::Entity::get(&*tx, tx.tenant(), id).await?;
    if payout.state != State::Scheduled {
        return Ok(payout);
    }
    let run = payout_run::Entity::get(&*tx, tx.tenant(), payout.run_id).await?;
    let payout = match no_longer_ready(&tx, &run, &payout, method.id).await? {
        Some(reason) => fail(&mut tx, payout, &reason, false).await?,
        None => depart(&mut tx, payout).await?,
    };
    if run.state == payout_run::State::Approved {
        let mut change: payout_run::ActiveModel = run.into();
        change.state = Set(payout_run::State::Executing);
        change.update(&*tx).await?;
    }
    tx.commit().await?;
    Ok(payout)
}

/// Books a scheduled payout as sent, before it is.
async fn depart(tx: &mut Tx, payout: payout::Model) -> Result<payout::Model> {
    let money = Money::new(payout.amount_minor, payout.currency);
    let mut change: payout::ActiveModel = payout.into();
    change.state = Set(State::Sending);
    change.sent_at = Set(Some(tx.now()));
    let payout = change.update(&**tx).await?;
    let position = log(tx, "payout.sending", &payout).await?;
    let (subject, partner) = (payout.id.0, payout.partner_id);
    ledger::post(tx, position, Kind::PayoutSent, subject, partner, money).await?;
    Ok(payout)
}

/// Whether anything that must be true when money leaves has ceased to be.
async fn no_longer_ready(
    tx: &Tx,
    run: &payout_run::Model,
    payout: &payout::Model,
    method: PayoutMethodId,
) -> Result<Option<String>> {
    let earnings = earnings_of(tx, payout.id).await?;
    let sum: i64 = earnings.iter().map(|row| row.amount_minor).sum();
    assert_eq!(
        sum, payout.amount_minor,
        "a payout is the sum of its earnings"
    );
    let method = payout_method::Entity::get(&**tx, tx.tenant(), method).await?;
    if method.state != payout_method::State::Verified {
        return Ok(Some("the payout method is no longer verified".to_owned()));
    }
    // What a refund took back since is to be set off before money leaves.
    let others = balances::of_partner(tx, run.program_id, payout.partner_id).await?;
    if others.due_minor < 0 {
        return Ok(Some(
            "something was refunded since the run was proposed".to_owned(),
        ));
    }
    let terms = balances::terms_of(tx, &earnings)
        .await?
        .into_values()
        .collect();
    let partner = partner::Entity::get(&**tx, tx.tenant(), payout.partner_id).await?;
    let papers = readiness::papers(&**tx, tx.tenant(), &[partner.id], tx.now()).await?;
    let papers = papers.get(&partner.id).cloned().unwrap_or_default();
    let reasons = balances::unready(&papers, Some(&partner.state), &terms);
    Ok(reasons.into_iter().next().map(|(_, detail)| detail))
}

/// Records an answer of the rail to one attempt. Answers to a payout that is
/// settled, or to an earlier attempt, change nothing.
async fn settle(scope: &Scope, id: PayoutId, attempt: i32, status: Status) -> Result<()> {
    let mut tx = scope.begin().await?;
    let payout = payout::Entity::get(&*tx, tx.tenant(), id).await?;
    if payout.is_settled() || payout.attempt != attempt || payout.state == State::Scheduled {
        return Ok(());
    }
    match status {
        Status::Accepted { reference } => {
            if payout.state == State::Sent {
                return Ok(());
            }
            mark(
                &mut tx,
                payout,
                State::Sent,
                Some(reference),
                None,
                "payout.sent",
            )
            .await?;
        }
        Status::Unknown { reason } => {
            if matches!(payout.state, State::Unknown | State::Sent) {
                return Ok(());
            }
            mark(
                &mut tx,
                payout,
                State::Unknown,
                None,
                Some(reason),
                "payout.unknown",
            )
            .await?;
        }
        Status::Paid { reference } => pay(&mut tx, payout, reference).await?,
        Status::Failed { reason } => {
            fail(&mut tx, payout, &reason, true).await?;
        }
    }
    tx.commit().await
}

async fn mark(
    tx: &mut Tx,
    payout: payout::Model,
    state: State,
    reference: Option<String>,
    reason: Option<String>,
    kind: &'static str,
) -> Result<(payout::Model, i64)> {
    let reference = reference.or(payout.reference.clone());
    let settled = matches!(state, State::Paid | State::Failed).then_some(tx.now());
    let mut change: payout::ActiveModel = payout.into();
    change.state = Set(state);
    change.reference = Set(reference);
    change.reason = Set(reason);
    change.settled_at = Set(settled);
    let payout = change.update(&**tx).await?;
    let position = log(tx, kind, &payout).await?;
    Ok((payout, position))
}

async fn pay(tx: &mut Tx, payout: payout::Model, reference: String) -> Result<()> {
    let money = Money::new(payout.amount_minor, payout.currency);
    let (payout, position) = mark(
        tx,
        payout,
        State::Paid,
        Some(reference),
        None,
        "payout.paid",
    )
    .await?;
    let (subject, partner) = (payout.id.0, payout.partner_id);
    ledger::post(tx, position, Kind::PayoutSettled, subject, partner, money).await?;
    earning::Entity::update_many()
        .col_expr(earning::Column::State, Expr::value(earning::State::Paid))
        .filter(earning::Column::TenantId.eq(tx.tenant()))
        .filter(earning::Column::PayoutId.eq(payout.id))
        .exec(&**tx)
        .await?;
    Ok(())
}

/// Fails a payout: its earnings wait for the next run. `departed` says whether
/// the money was booked as in transit.
pub(crate) async fn fail(
    tx: &mut Tx,
    payout: payout::Model,
    reason: &str,
    departed: bool,
) -> Result<payout::Model> {
    let money = Money::new(payout.amount_minor, payout.currency);
    let payout = give_back(tx, payout, reason).await?;
    let position = log(tx, "payout.failed", &payout).await?;
    if departed {
        let (subject, partner) = (payout.id.0, payout.partner_id);
        ledger::post(tx, position, Kind::PayoutFailed, subject, partner, money).await?;
    }
    Ok(payout)
}

/// Ends a payout that nothing was paid for, and frees its earnings.
async fn give_back(tx: &Tx, payout: payout::Model, reason: &str) -> Result<payout::Model> {
    earning::Entity::update_many()
        .col_expr(earning::Column::State, Expr::value(earning::State::Held))
        .col_expr(earning::Column::PayoutId, Expr::value(None::<PayoutId>))
        .filter(earning::Column::TenantId.eq(tx.tenant()))
        .filter(earning::Column::PayoutId.eq(payout.id))
        .exec(&**tx)
        .await?;
    let mut change: payout::ActiveModel = payout.into();
    change.state = Set(State::Failed);
    change.reason = Set(Some(reason.to_owned()));
    change.settled_at = Set(Some(tx.now()));
    Ok(change.update(&**tx).await?)
}

async fn log(tx: &mut Tx, kind: &'static str, payout: &payout::Model) -> Result<i64> {
    let data = json!({
        "partner": payout.partner_id,
        "amount": Money::new(payout.amount_minor, payout.currency).on_the_wire(),
        "rail": payout.rail,
        "reason": payout.reason,
    });
    tx.log(Fact {
        kind,
        subject: &payout.id,
        deal: None,
        data,
    })
    .await
}

/// Closes a run once all its payouts are settled.
async fn close(scope: &Scope, id: PayoutRunId) -> Result<()> {
    let open = payout::Entity::of(scope.tenant())
        .filter(payout::Column::RunId.eq(id))
        .filter(payout::Column::State.is_not_in([State::Paid, State::Failed]))
        .count(&scope.read().await?)
        .await?;
    if open > 0 {
        return Ok(());
    }
    let mut tx = scope.begin().await?;
    let run = payout_run::Entity::get(&*tx, tx.tenant(), id).await?;
    if run.state == payout_run::State::Done {
        return Ok(());
    }
    payout_runs::finish(&mut tx, run).await?;
    let left = payout_run::Entity::of(tx.tenant())
        .filter(
            payout_run::Column::State
                .is_in([payout_run::State::Approved, payout_run::State::Executing]),
        )
        .count(&*tx)
        .await?;
    tx.note_open_run(left > 0);
    tx.commit().await
}

async fn earnings_of(tx: &Tx, payout: PayoutId) -> Result<Vec<earning::Model>> {
    let query = earning::Entity::of(tx.tenant()).filter(earning::Column::PayoutId.eq(payout));
    Ok(query.all(&**tx).await?)
}

/// The payouts of a run, in order of id.
pub(crate) async fn of_run(tx: &Tx, run: PayoutRunId) -> Result<Vec<payout::Model>> {
    let query = payout::Entity::of(tx.tenant())
        .filter(payout::Column::RunId.eq(run))
        .order_by_asc(payout::Column::Id);
    Ok(query.all(&**tx).await?)
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
