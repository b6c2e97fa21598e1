//! Payout runs: who is paid, who is not yet, and why.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, PaginatorTrait, QueryOrder};
use serde_json::json;

use crate::access::Permission;
use crate::balances::{self, Balance};
use crate::entity::payout_hold::{self, Reason};
use crate::entity::payout_run::{self, State};
use crate::entity::{Owned, earning, payout, payout_method, program, work};
use crate::error::{About, Conflict, Error, Result};
use crate::ids::{EarningId, PartnerId, PayoutId, PayoutRunId, ProgramId};
use crate::kernel::check::Given;
use crate::money::Money;
use crate::scope::{Fact, Scope, Tx};
use crate::{idempotency, payouts, people, readiness, terms};

/// Proposes a run over everything of a program that is not paid. What is due
/// to ready partners goes into payouts; everything else is listed with the
/// reason. A run with nothing to send is done at once.
pub async fn propose(
    scope: &Scope,
    key: &str,
    program: impl Into<Given<ProgramId>>,
) -> Result<payout_run::Model> {
    scope.require(Permission::PayoutPropose)?;
    let program = program.into().read()?;
    let mut tx = scope.begin().await?;
    let claim = idempotency::claim(&tx, "payout_run.propose", key, &program).await?;
    if let Some(id) = claim.done {
        return payout_run::Entity::get(&tx, tx.tenant(), PayoutRunId(id)).await;
    }
    let program = program::Entity::get(&tx, tx.tenant(), program)
        .await
        .at("programId")?;
    refuse_second_run(&tx, program.id).await?;
    let balances = balances::of_program(&tx, program.id).await?;
    if balances.is_empty() {
        return Err(Error::conflict(
            Conflict::NothingToPay,
            "nobody has anything to be paid",
        ));
    }
    let run = insert(&tx, &program).await?;
    let total = fill(&tx, &run, balances).await?;
    let money = Money::new(total, run.currency);
    let data = json!({ "program": program.id, "total": money.on_the_wire() });
    log(&mut tx, "payout_run.proposed", run.id, data).await?;
    let run = match total {
        0 => finish(&mut tx, run).await?,
        _ => run,
    };
    claim.keep(&tx, run.id.0).await?;
    tx.commit().await?;
    Ok(run)
}

/// Puts what is due into payouts, lists what is not, and returns what the
/// payouts add up to.
async fn fill(
    tx: &Tx,
    run: &payout_run::Model,
    balances: BTreeMap<PartnerId, Balance>,
) -> Result<i64> {
    let partners: Vec<PartnerId> = balances.keys().copied().collect();
    let mut papers = readiness::papers(tx, tx.tenant(), &partners, tx.now()).await?;
    let minimums = terms::payout_minimums(tx, run.program_id).await?;
    let mut total = 0_i64;
    for (partner, balance) in balances {
        if balance.on_hold_minor > 0 {
            let until = balance
                .on_hold_until
                .map(|end| end.to_string())
                .unwrap_or_default();
            let detail = format!("the first hold ends on {until}");
            hold(
                tx,
                run,
                partner,
                Reason::OnHold,
                balance.on_hold_minor,
                detail,
            )
            .await?;
        }
        let papers = papers.remove(&partner).unwrap_or_default();
        let reasons = balances::reasons(&balance, &papers, &minimums);
        for &reason in &reasons {
            let detail = reason.words().to_owned();
            hold(tx, run, partner, reason, balance.due_minor, detail).await?;
        }
        if let (true, Some(method)) = (reasons.is_empty() && balance.due_minor > 0, papers.method) {
            total = total
                .checked_add(balance.due_minor)
                .ok_or_else(|| Error::broken("a run overflows"))?;
            schedule(tx, run, method, balance).await?;
        }
    }
    Ok(total)
}

async fn refuse_second_run(tx: &Tx, program: ProgramId) -> Result<()> {
    let unfinished = payout_run::Entity::of(tx.tenant())
        .filter(payout_run::Column::ProgramId.eq(program))
        .filter(payout_run::Column::State.is_in([State::Draft, State::Approved]));
    match unfinished.one(tx).await? {
        None => Ok(()),
        Some(run) => {
            let message = format!("{} is not finished: approve or cancel it first", run.id);
            Err(Error::conflict(Conflict::RunInProgress, message))
        }
    }
}

async fn insert(tx: &Tx, program: &program::Model) -> Result<payout_run::Model> {
    let row = payout_run::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(PayoutRunId::new()),
        program_id: Set(program.id),
        currency: Set(program.currency),
        state: Set(State::Draft),
        proposed_by: Set(tx.actor()),
        proposed_at: Set(tx.now()),
        approved_by: Set(None),
        approved_at: Set(None),
        finished_at: Set(None),
    };
    Ok(row.insert(tx).await?)
}

async fn hold(
    tx: &Tx,
    run: &payout_run::Model,
    partner: PartnerId,
    reason: Reason,
    amount_minor: i64,
    detail: String,
) -> Result<()> {
    let row = payout_hold::ActiveModel {
        tenant_id: Set(tx.tenant()),
        run_id: Set(run.id),
        partner_id: Set(partner),
        reason: Set(reason),
        amount_minor: Set(amount_minor),
        currency: Set(run.currency),
        detail: Set(detail),
    };
    payout_hold::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

async fn schedule(
    tx: &Tx,
    run: &payout_run::Model,
    method: payout_method::Model,
    balance: Balance,
) -> Result<()> {
    let id = PayoutId::new();
    let row = payout::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        run_id: Set(run.id),
        partner_id: Set(method.partner_id),
        method_id: Set(method.id),
        amount_minor: Set(balance.due_minor),
        currency: Set(run.currency),
        state: Set(payout::State::Scheduled),
        rail: Set(method.rail),
        attempt: Set(1),
        reference: Set(None),
        reason: Set(None),
        sent_at: Set(None),
        settled_at: Set(None),
    };
    payout::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    let ids: Vec<EarningId> = balance.due.iter().map(|row| row.id).collect();
    for ids in ids.chunks(readiness::CHUNK) {
        let claimed = earning::Entity::update_many()
            .col_expr(
                earning::Column::State,
                Expr::value(earning::State::InPayout),
            )
            .col_expr(earning::Column::PayoutId, Expr::value(id))
            .filter(earning::Column::TenantId.eq(tx.tenant()))
            .filter(earning::Column::Id.is_in(ids.iter().copied()))
            .filter(earning::Column::State.eq(earning::State::Held))
            .exec(tx)
            .await?;
        assert_eq!(
            claimed.rows_affected,
            ids.len() as u64,
            "each earning is in one payout"
        );
    }
    Ok(())
}

/// Approves a run that somebody else proposed; the rail is then at work.
/// Approving it again is harmless.
pub async fn approve(
    scope: &Scope,
    id: impl Into<Given<PayoutRunId>>,
) -> Result<payout_run::Model> {
    scope.require(Permission::PayoutApprove)?;
    let id = id.into().read()?;
    let mut tx = scope.begin().await?;
    let run = payout_run::Entity::get(&tx, tx.tenant(), id)
        .await
        .at("id")?;
    match run.state {
        State::Draft => {}
        State::Cancelled => {
            return Err(Error::conflict(
                Conflict::WrongState,
                "the run is cancelled",
            ));
        }
        _ => return Ok(run),
    }
    let message = "whoever proposed a run cannot approve it: ask a second person";
    people::require_second(&tx, run.proposed_by, message).await?;
    let mut change: payout_run::ActiveModel = run.into();
    change.state = Set(State::Approved);
    change.approved_by = Set(Some(tx.actor()));
    change.approved_at = Set(Some(tx.now()));
    let run = change.update(&tx).await?;
    let data = json!({ "proposed_by": run.proposed_by });
    log(&mut tx, "payout_run.approved", id, data).await?;
    tx.enqueue(work::Kind::ExecuteRun, id.0, None).await?;
    tx.commit().await?;
    Ok(run)
}

/// Stops a run: what was not sent is given back and waits for the next, what
/// was sent goes on. A run of which nothing was sent is cancelled thereby.
/// Repeating it is harmless.
pub async fn cancel(scope: &Scope, id: impl Into<Given<PayoutRunId>>) -> Result<payout_run::Model> {
    scope.require(Permission::PayoutPropose)?;
    let id = id.into().read()?;
    let mut tx = scope.begin().await?;
    let run = payout_run::Entity::get(&tx, tx.tenant(), id)
        .await
        .at("id")?;
    if run.state == State::Cancelled {
        return Ok(run);
    }
    let payouts = payouts::of_run(&tx, id).await?;
    let unsent = payouts
        .into_iter()
        .filter(|row| row.state == payout::State::Scheduled);
    let unsent: Vec<payout::Model> = unsent.collect();
    if unsent.is_empty() {
        let message = "everything in the run was sent already";
        return Err(Error::conflict(Conflict::WrongState, message));
    }
    for payout in unsent {
        payouts::fail(&mut tx, payout, "the run was cancelled".to_owned()).await?;
    }
    if run.state == State::Executing {
        close_if_settled(&mut tx, id).await?;
    } else {
        let mut change: payout_run::ActiveModel = run.into();
        change.state = Set(State::Cancelled);
        change.finished_at = Set(Some(tx.now()));
        change.update(&tx).await?;
        tx.complete(work::Kind::ExecuteRun, id.0).await?;
        log(&mut tx, "payout_run.cancelled", id, json!({})).await?;
    }
    let run = payout_run::Entity::get(&tx, tx.tenant(), id)
        .await
        .at("id")?;
    tx.commit().await?;
    Ok(run)
}

/// Closes a run once all its payouts are settled, in the transaction that
/// settles the last.
pub(crate) async fn close_if_settled(tx: &mut Tx, id: PayoutRunId) -> Result<()> {
    let open = payout::Entity::of(tx.tenant())
        .filter(payout::Column::RunId.eq(id))
        .filter(payout::Column::State.is_not_in(payout::State::SETTLED))
        .count(tx)
        .await?;
    let run = payout_run::Entity::get(tx, tx.tenant(), id).await?;
    if open > 0 || !State::AT_WORK.contains(&run.state) {
        return Ok(());
    }
    tx.complete(work::Kind::ExecuteRun, id.0).await?;
    finish(tx, run).await?;
    Ok(())
}

async fn finish(tx: &mut Tx, run: payout_run::Model) -> Result<payout_run::Model> {
    let mut change: payout_run::ActiveModel = run.into();
    change.state = Set(State::Done);
    change.finished_at = Set(Some(tx.now()));
    let run = change.update(tx).await?;
    log(tx, "payout_run.done", run.id, json!({})).await?;
    Ok(run)
}

async fn log(
    tx: &mut Tx,
    kind: &'static str,
    run: PayoutRunId,
    data: serde_json::Value,
) -> Result<()> {
    tx.log(Fact {
        kind,
        subject: &run,
        deal: None,
        data,
    })
    .await?;
    Ok(())
}

/// Who runs do not pay, and why. A partner sees its own lines alone.
pub async fn holds(scope: &Scope, runs: &[PayoutRunId]) -> Result<Vec<payout_hold::Model>> {
    let own = scope
        .partner()
        .map(|own| payout_hold::Column::PartnerId.eq(own));
    let query = payout_hold::Entity::find()
        .filter(payout_hold::Column::TenantId.eq(scope.tenant()))
        .filter(payout_hold::Column::RunId.is_in(runs.iter().copied()))
        .filter(Condition::all().add_option(own))
        .order_by_asc(payout_hold::Column::PartnerId)
        .order_by_asc(payout_hold::Column::Reason);
    Ok(query.all(&scope.read().await?).await?)
}
