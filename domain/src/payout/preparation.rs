//! Preparing a run: who is paid and who is not, partner by partner, in short
//! transactions. What is due and what waits is as of the proposal; whoever stops
//! in between goes on where the run says it is.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::PaginatorTrait;
use sea_orm::entity::prelude::*;

use crate::entity::payout_hold::{self, Reason};
use crate::entity::payout_run::{self, State};
use crate::entity::{Owned, earning, payout, payout_method, work};
use crate::error::{Error, Result};
use crate::ids::{EarningId, PartnerId, PayoutId, PayoutRunId, TermsId};
use crate::kernel::facts;
use crate::kernel::work::{Progress, Step};
use crate::money::Money;
use crate::partner::readiness::{self, Papers};
use crate::payout::dues::{self, Balance, Unpaid};
use crate::payout::settlement;
use crate::program::terms;
use crate::scope::{Fact, Scope, Tx};

/// Partners that are looked up at a time.
const PARTNERS_A_STEP: u64 = 50;

/// Earnings that one transaction takes into a run.
const EARNINGS_A_STEP: usize = 1_000;

/// Prepares some more of a run.
pub(crate) async fn work(scope: &Scope, id: PayoutRunId) -> Result<Progress> {
    let step = Step::begin();
    let Some(mut run) = counted(scope, id).await? else {
        return Ok(Progress::Wait(settlement::PAUSE));
    };
    loop {
        if run.state != State::Preparing {
            // It was cancelled, or somebody else finished it.
            let tx = scope.begin().await?;
            tx.complete(work::Kind::PrepareRun, id.0).await?;
            tx.commit().await?;
            return Ok(Progress::Done);
        }
        let db = scope.read().await?;
        let partners = dues::partners_after(&db, &run, run.prepared_upto, PARTNERS_A_STEP).await?;
        drop(db);
        scope.end_read().await;
        if partners.is_empty() {
            finish(scope, &run).await?;
            return Ok(Progress::Done);
        }
        for partner in partners {
            match prepare(scope, run, partner, &step).await? {
                Some(prepared) => run = prepared,
                None => return Ok(Progress::More),
            }
            if step.is_over() {
                return Ok(Progress::More);
            }
        }
    }
}

/// The run with the number of earnings to look at; `None` while earnings of its
/// program are still being given back by an earlier one.
async fn counted(scope: &Scope, id: PayoutRunId) -> Result<Option<payout_run::Model>> {
    let db = scope.read().await?;
    let run = payout_run::Entity::get(&db, scope.tenant(), id).await?;
    if run.state != State::Preparing || run.earnings_total.is_some() {
        return Ok(Some(run));
    }
    if settlement::any_unapplied(&db, run.tenant_id, run.program_id).await? {
        return Ok(None);
    }
    let total = dues::unpaid(run.tenant_id, run.program_id, run.as_of_position)
        .count(&db)
        .await?;
    drop(db);
    let tx = scope.begin().await?;
    let run = payout_run::Entity::get(&tx, tx.tenant(), id).await?;
    let mut change: payout_run::ActiveModel = run.into();
    change.earnings_total = Set(Some(i64::try_from(total).unwrap_or(i64::MAX)));
    let run = tx.update(change).await?;
    tx.commit().await?;
    Ok(Some(run))
}

/// The run as it stands, if it is still where the caller believes it to be.
async fn reload_if_unchanged(
    tx: &Tx,
    believed: &payout_run::Model,
) -> Result<Option<payout_run::Model>> {
    let run = payout_run::Entity::get(tx, tx.tenant(), believed.id).await?;
    let same = run.state == State::Preparing && run.prepared_upto == believed.prepared_upto;
    Ok(same.then_some(run))
}

/// Takes what is due to one partner into the run, and lists what is not. `None` if
/// somebody else is at it too, or the rest is for the next step.
async fn prepare(
    scope: &Scope,
    run: payout_run::Model,
    partner: PartnerId,
    step: &Step,
) -> Result<Option<payout_run::Model>> {
    let db = scope.read().await?;
    let balance = dues::as_of_run(&db, &run, partner).await?;
    drop(db);
    scope.end_read().await;
    let free: Vec<&Unpaid> = balance.due.iter().filter(|row| row.is_free).collect();
    let mut chunks = free.chunks(EARNINGS_A_STEP).peekable();
    loop {
        let mut tx = scope.begin().await?;
        let Some(run) = reload_if_unchanged(&tx, &run).await? else {
            return Ok(None);
        };
        let papers = readiness::papers(&tx, tx.tenant(), &[partner], tx.now()).await?;
        let papers = papers.get(&partner).cloned().unwrap_or_default();
        let minimums = terms::payout_minimums(&tx, run.program_id).await?;
        // What is begun is finished, whatever became of the papers: they are looked
        // at again before money leaves.
        let decision = match decision_already_begun(&tx, &run, partner).await? {
            Some(begun) => begun,
            None => decide(&balance, &papers, &minimums),
        };
        let chunk: Vec<EarningId> = match &decision {
            Decision::Held(_) => Vec::new(),
            _ => chunks
                .next()
                .into_iter()
                .flatten()
                .map(|row| row.id)
                .collect(),
        };
        let last = matches!(decision, Decision::Held(_)) || chunks.peek().is_none();
        if !take_earnings(&tx, &run, partner, &balance, &papers, &decision, chunk).await? {
            return Ok(None);
        }
        if last {
            let run = record_holds_and_advance(&mut tx, run, partner, &balance, &decision).await?;
            tx.commit().await?;
            return Ok(Some(run));
        }
        tx.commit().await?;
        if step.is_over() {
            return Ok(None);
        }
    }
}

/// What becomes of what is due to a partner.
enum Decision {
    /// It is paid.
    Paid,
    /// It adds up to nothing, and is set off.
    SetOff,
    /// It waits, for these reasons; often nothing is due at all.
    Held(Vec<Reason>),
}

fn decide(balance: &Balance, papers: &Papers, minimums: &BTreeMap<TermsId, i64>) -> Decision {
    let reasons = dues::reasons(balance, papers, minimums);
    match balance.due_minor {
        0 if !balance.due.is_empty() => Decision::SetOff,
        1.. if reasons.is_empty() && papers.method.is_some() => Decision::Paid,
        _ => Decision::Held(reasons),
    }
}

/// What was decided when the first of a partner's earnings were taken, if any were.
async fn decision_already_begun(
    tx: &Tx,
    run: &payout_run::Model,
    partner: PartnerId,
) -> Result<Option<Decision>> {
    if payout_of(tx, run, partner).await?.is_some() {
        return Ok(Some(Decision::Paid));
    }
    let taken = earning::Entity::of(tx.tenant())
        .filter(earning::Column::RunId.eq(run.id))
        .filter(earning::Column::PartnerId.eq(partner))
        .one(tx)
        .await?;
    Ok(taken.map(|_| Decision::SetOff))
}

async fn payout_of(
    tx: &Tx,
    run: &payout_run::Model,
    partner: PartnerId,
) -> Result<Option<payout::Model>> {
    let query = payout::Entity::of(tx.tenant())
        .filter(payout::Column::RunId.eq(run.id))
        .filter(payout::Column::PartnerId.eq(partner));
    Ok(query.one(tx).await?)
}

/// Takes some earnings into the run; false if somebody else took one of them since
/// they were looked up, and nothing of this may be committed.
async fn take_earnings(
    tx: &Tx,
    run: &payout_run::Model,
    partner: PartnerId,
    balance: &Balance,
    papers: &Papers,
    decision: &Decision,
    ids: Vec<EarningId>,
) -> Result<bool> {
    let (state, payout) = match decision {
        Decision::Held(_) => return Ok(true),
        Decision::SetOff => (earning::State::Paid, None),
        Decision::Paid => {
            let payout = match (payout_of(tx, run, partner).await?, &papers.method) {
                (Some(payout), _) => payout.id,
                (None, Some(method)) => schedule(tx, run, method, balance).await?,
                (None, None) => return Err(Error::broken("a payout without a method")),
            };
            (earning::State::InPayout, Some(payout))
        }
    };
    let taken = earning::Entity::update_many()
        .col_expr(earning::Column::State, Expr::value(state))
        .col_expr(earning::Column::PayoutId, Expr::value(payout))
        .col_expr(earning::Column::RunId, Expr::value(run.id))
        .col_expr(earning::Column::UpdatedAt, Expr::value(tx.now()))
        .filter(earning::Column::TenantId.eq(tx.tenant()))
        .filter(earning::Column::Id.is_in(ids.iter().copied()))
        .filter(earning::Column::State.eq(earning::State::Held))
        .exec(tx)
        .await?;
    Ok(taken.rows_affected == ids.len() as u64)
}

async fn schedule(
    tx: &Tx,
    run: &payout_run::Model,
    method: &payout_method::Model,
    balance: &Balance,
) -> Result<PayoutId> {
    let id = PayoutId::new();
    let row = payout::ActiveModel {
        updated_at: Set(tx.now()),
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        run_id: Set(run.id),
        part: Set(1),
        partner_id: Set(method.partner_id),
        method_id: Set(method.id),
        amount_minor: Set(balance.due_minor),
        currency: Set(run.currency),
        state: Set(payout::State::Scheduled),
        is_applied: Set(false),
        rail: Set(run.rail.unwrap_or(method.rail)),
        attempt: Set(1),
        retry_at: Set(None),
        reference: Set(None),
        reason: Set(None),
        exported_at: Set(None),
        sent_at: Set(None),
        called_at: Set(None),
        settled_at: Set(None),
        settled_position: Set(None),
    };
    payout::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(id)
}

/// Lists what of a partner is not paid, and moves the run past it.
async fn record_holds_and_advance(
    tx: &mut Tx,
    run: payout_run::Model,
    partner: PartnerId,
    balance: &Balance,
    decision: &Decision,
) -> Result<payout_run::Model> {
    if balance.on_hold_minor > 0 {
        let until = balance.on_hold_until.map(|end| end.to_string());
        let detail = format!("the first hold ends on {}", until.unwrap_or_default());
        let amount = balance.on_hold_minor;
        hold(tx, &run, partner, Reason::OnHold, amount, detail).await?;
    }
    match decision {
        Decision::Held(reasons) => {
            for &reason in reasons {
                let detail = reason.words().to_owned();
                hold(tx, &run, partner, reason, balance.due_minor, detail).await?;
            }
        }
        Decision::SetOff => {
            let earnings = balance.due.len();
            let fact = Fact::PayoutRunEarningsSetOff(facts::SetOff { partner, earnings });
            tx.record(run.id, None, fact).await?;
        }
        Decision::Paid => {}
    }
    let done = run.earnings_done + i64::try_from(balance.count).unwrap_or(i64::MAX);
    let mut change: payout_run::ActiveModel = run.into();
    change.prepared_upto = Set(Some(partner));
    change.earnings_done = Set(done);
    tx.update(change).await
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

/// Ends the preparation of a run: it waits for approval, or is done where it has
/// nothing to send.
async fn finish(scope: &Scope, run: &payout_run::Model) -> Result<()> {
    let mut tx = scope.begin().await?;
    let Some(run) = reload_if_unchanged(&tx, run).await? else {
        return Ok(());
    };
    let id = run.id;
    let total = settlement::total(&tx, id).await?;
    let money = facts::Amount(Money::new(total, run.currency));
    let fact = Fact::PayoutRunPrepared(facts::PreparedRun { total: money });
    tx.record(id, None, fact).await?;
    tx.complete(work::Kind::PrepareRun, id.0).await?;
    if total == 0 {
        settlement::finish(&mut tx, run).await?;
    } else {
        let mut change: payout_run::ActiveModel = run.into();
        change.state = Set(State::Draft);
        tx.update(change).await?;
    }
    tx.commit().await
}
