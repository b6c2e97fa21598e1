//! What is due to partners, and what keeps it from being paid.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SimpleExpr, WindowStatement};
use sea_orm::{Condition, Order, QueryOrder, QuerySelect, QueryTrait, Select};

use crate::clock::Moment;
use crate::entity::payout_hold::Reason;
use crate::entity::{Owned, earning, payout_run};
use crate::error::{Error, Result};
use crate::ids::{CommissionId, EarningId, PartnerId, ProgramId, TenantId, TermsId};
use crate::partner::readiness::Papers;
use crate::scope::Tx;

/// What of an earning decides whether it is due. Of one partner there may be
/// hundreds of thousands.
#[derive(Clone, Debug)]
pub(crate) struct Unpaid {
    pub id: EarningId,
    commission: CommissionId,
    terms: TermsId,
    minor: i64,
    payable_at: Moment,
    position: i64,
    /// Whether it is still to be taken into the run.
    pub is_free: bool,
}

impl Unpaid {
    fn is_taken_back(&self) -> bool {
        self.minor < 0
    }

    fn is_payable(&self, now: Moment) -> bool {
        !self.is_taken_back() && self.payable_at <= now
    }
}

/// What one partner has coming in one program.
#[derive(Default)]
pub(crate) struct Balance {
    pub due: Vec<Unpaid>,
    pub due_minor: i64,
    pub on_hold_minor: i64,
    pub on_hold_until: Option<Moment>,
    /// The terms of the deals that what is due comes from.
    pub terms: BTreeSet<TermsId>,
    /// How many earnings were looked at.
    pub count: u64,
}

/// The earnings of a program that have been unpaid since a place in the log.
pub(crate) fn unpaid(tenant: TenantId, program: ProgramId, upto: i64) -> Select<earning::Entity> {
    earning::Entity::of(tenant)
        .filter(earning::Column::ProgramId.eq(program))
        .filter(earning::Column::State.eq(earning::State::Held))
        .filter(earning::Column::HeldSince.lte(upto))
}

/// The first partners after one that have something unpaid in the program of a
/// run, as of the run, in order of id.
pub(crate) async fn partners_after<C: ConnectionTrait>(
    db: &C,
    run: &payout_run::Model,
    after: Option<PartnerId>,
    most: u64,
) -> Result<Vec<PartnerId>> {
    let later = after.map(|after| earning::Column::PartnerId.gt(after));
    let query = unpaid(run.tenant_id, run.program_id, run.as_of_position)
        .filter(Condition::all().add_option(later))
        .select_only()
        .column(earning::Column::PartnerId)
        .group_by(earning::Column::PartnerId)
        .order_by_asc(earning::Column::PartnerId)
        .limit(most);
    Ok(query.into_tuple().all(db).await?)
}

/// What one partner has coming as of a run that is being prepared, what the run has
/// taken of it already included. Nothing but the run changes it.
pub(crate) async fn as_of_run<C: ConnectionTrait>(
    db: &C,
    run: &payout_run::Model,
    partner: PartnerId,
) -> Result<Balance> {
    let free = unpaid(run.tenant_id, run.program_id, run.as_of_position)
        .filter(earning::Column::PartnerId.eq(partner));
    let taken = earning::Entity::of(run.tenant_id)
        .filter(earning::Column::RunId.eq(run.id))
        .filter(earning::Column::PartnerId.eq(partner));
    let mut all = Vec::new();
    for query in [free, taken] {
        all.extend(rows(db, query).await?);
    }
    all.sort_by_key(|row| row.position);
    divide(all, run.proposed_at)
}

async fn rows<C: ConnectionTrait>(db: &C, query: Select<earning::Entity>) -> Result<Vec<Unpaid>> {
    type Row = (
        EarningId,
        CommissionId,
        TermsId,
        i64,
        Moment,
        i64,
        earning::State,
    );
    let rows: Vec<Row> = query
        .select_only()
        .column(earning::Column::Id)
        .column(earning::Column::CommissionId)
        .column(earning::Column::TermsId)
        .column(earning::Column::AmountMinor)
        .column(earning::Column::PayableAt)
        .column(earning::Column::Position)
        .column(earning::Column::State)
        .order_by_asc(earning::Column::Position)
        .into_tuple()
        .all(db)
        .await?;
    let unpaid = |(id, commission, terms, minor, payable_at, position, state)| Unpaid {
        id,
        commission,
        terms,
        minor,
        payable_at,
        position,
        is_free: state == earning::State::Held,
    };
    Ok(rows.into_iter().map(unpaid).collect())
}

/// Divides unpaid earnings of one partner, in the order of the log: due ones apart
/// from those that wait.
fn divide(unpaid: Vec<Unpaid>, now: Moment) -> Result<Balance> {
    let waiting = waiting(&unpaid, now)?;
    let mut balance = Balance {
        count: unpaid.len() as u64,
        ..Balance::default()
    };
    for earning in unpaid {
        if waiting.contains(&earning.id) {
            balance.on_hold_minor = add(balance.on_hold_minor, &earning)?;
            if !earning.is_taken_back() {
                let (first, end) = (balance.on_hold_until, earning.payable_at);
                balance.on_hold_until = Some(first.map_or(end, |first| std::cmp::min(first, end)));
            }
        } else {
            balance.due_minor = add(balance.due_minor, &earning)?;
            balance.terms.insert(earning.terms);
            balance.due.push(earning);
        }
    }
    Ok(balance)
}

/// The earnings that are not due yet, of unpaid ones in the order of the log.
///
/// What a refund took back is set off first against what the same commission
/// had on hold by then, and waits with it. Where it exceeds that, because the
/// partner has been paid already or is about to be, all of it is due at once: a
/// debt, which nothing that is released later and has a hold of its own lessens.
fn waiting(unpaid: &[Unpaid], now: Moment) -> Result<HashSet<EarningId>> {
    let mut on_hold: HashMap<CommissionId, (i64, Vec<EarningId>)> = HashMap::new();
    for earning in unpaid.iter().filter(|row| !row.is_payable(now)) {
        let (sum, waiting) = on_hold.entry(earning.commission).or_default();
        *sum = add(*sum, earning)?;
        waiting.push(earning.id);
        if *sum < 0 {
            (*sum, *waiting) = (0, Vec::new());
        }
    }
    Ok(on_hold.into_values().flat_map(|(_, ids)| ids).collect())
}

fn add(sum: i64, earning: &Unpaid) -> Result<i64> {
    sum.checked_add(earning.minor)
        .ok_or_else(|| Error::broken("balance overflow"))
}

/// Whether a partner owes more than is due to it, beside what a run has taken:
/// something was refunded since the run was proposed.
///
/// The same as [`divide`], by the database, as there may be hundreds of thousands of
/// earnings: what of a commission waits is its running sum, never below zero, so what
/// of it is due beside its payable earnings is the lowest that the sum ever fell to.
pub(crate) async fn is_in_debt(
    tx: &Tx,
    run: &payout_run::Model,
    partner: PartnerId,
) -> Result<bool> {
    let own = || {
        unpaid(tx.tenant(), run.program_id, i64::MAX).filter(earning::Column::PartnerId.eq(partner))
    };
    let taken_back = earning::Column::AmountMinor.lt(0);
    let refunded = own()
        .filter(taken_back.clone())
        .select_only()
        .distinct()
        .column(earning::Column::CommissionId)
        .into_query();
    let payable = own()
        .filter(taken_back.clone().not())
        .filter(earning::Column::PayableAt.lte(tx.now()))
        .select_only()
        .column_as(whole(earning::Column::AmountMinor.sum()), "due");
    let mut waiting = own()
        .filter(taken_back.or(earning::Column::PayableAt.gt(tx.now())))
        .filter(earning::Column::CommissionId.in_subquery(refunded))
        .select_only()
        .column(earning::Column::CommissionId)
        .into_query();
    let in_order = WindowStatement::partition_by(earning::Column::CommissionId)
        .order_by(earning::Column::Position, Order::Asc)
        .to_owned();
    waiting.expr_window_as(earning::Column::AmountMinor.sum(), in_order, "running");
    let lowest = Query::select()
        .expr_as(Expr::col("running").min(), "lowest")
        .from_subquery(waiting, "waiting")
        .group_by_col("commission_id")
        .to_owned();
    let owed = Query::select()
        .expr_as(whole(Expr::col("lowest").sum()), "owed")
        .from_subquery(lowest, "lows")
        .and_where(Expr::col("lowest").lt(0))
        .to_owned();
    let payable = payable.into_tuple::<Option<i64>>().one(tx).await?;
    let owed = tx.query_one(&owed).await?;
    let owed: Option<i64> = owed
        .map(|row| row.try_get("", "owed"))
        .transpose()?
        .flatten();
    let payable = payable.flatten().unwrap_or_default();
    Ok(payable.saturating_add(owed.unwrap_or_default()) < 0)
}

/// A sum of 64-bit integers as one: PostgreSQL widens it to an arbitrary precision.
fn whole(sum: impl ExprTrait) -> SimpleExpr {
    sum.cast_as("bigint")
}

/// Why what is due to a partner is not paid; empty if it is, or if nothing is
/// due. The least amount is that of the terms it was earned under: of several,
/// the smallest.
pub(crate) fn reasons(
    balance: &Balance,
    papers: &Papers,
    minimums: &BTreeMap<TermsId, i64>,
) -> Vec<Reason> {
    match balance.due_minor {
        0 => return Vec::new(),
        ..0 => return vec![Reason::NegativeBalance],
        _ => {}
    }
    let obstacles = papers.obstacles_under(&balance.terms);
    let minimum = balance.terms.iter().filter_map(|id| minimums.get(id)).min();
    if obstacles.is_empty() && minimum.is_some_and(|&least| balance.due_minor < least) {
        return vec![Reason::BelowMinimum];
    }
    obstacles.into_iter().map(Reason::from).collect()
}
