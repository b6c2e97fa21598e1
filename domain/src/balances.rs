//! What partners have coming, and what keeps it from being paid.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{Condition, QueryOrder, QuerySelect};

use crate::clock::Moment;
use crate::entity::payout_hold::Reason;
use crate::entity::{Owned, deal, earning};
use crate::error::{Error, Result};
use crate::ids::{CommissionId, DealId, EarningId, PartnerId, ProgramId, TermsId};
use crate::readiness::{CHUNK, Papers};
use crate::scope::Tx;

/// What one partner has coming in one program.
#[derive(Default)]
pub(crate) struct Balance {
    pub due: Vec<earning::Model>,
    pub due_minor: i64,
    pub on_hold_minor: i64,
    pub on_hold_until: Option<Moment>,
    /// The terms of the deals that what is due comes from.
    pub terms: BTreeSet<TermsId>,
}

/// The unpaid earnings of a program, oldest first; of one partner, if named.
async fn unpaid(
    tx: &Tx,
    program: ProgramId,
    partner: Option<PartnerId>,
) -> Result<Vec<earning::Model>> {
    let deals = Query::select()
        .column(deal::Column::Id)
        .from(deal::Entity)
        .and_where(deal::Column::TenantId.eq(tx.tenant()))
        .and_where(deal::Column::ProgramId.eq(program))
        .to_owned();
    let own = partner.map(|partner| earning::Column::PartnerId.eq(partner));
    let query = earning::Entity::of(tx.tenant())
        .filter(earning::Column::State.eq(earning::State::Held))
        .filter(earning::Column::DealId.in_subquery(deals))
        .filter(Condition::all().add_option(own))
        .order_by_asc(earning::Column::Position);
    Ok(query.all(tx).await?)
}

/// What one partner has coming in a program.
pub(crate) async fn of_partner(tx: &Tx, program: ProgramId, partner: PartnerId) -> Result<Balance> {
    let unpaid = unpaid(tx, program, Some(partner)).await?;
    let mut balances = divide(tx, unpaid).await?;
    Ok(balances.remove(&partner).unwrap_or_default())
}

/// What all partners have coming in a program.
pub(crate) async fn of_program(
    tx: &Tx,
    program: ProgramId,
) -> Result<BTreeMap<PartnerId, Balance>> {
    let unpaid = unpaid(tx, program, None).await?;
    divide(tx, unpaid).await
}

/// Divides unpaid earnings by partner, due ones apart from those that wait.
async fn divide(tx: &Tx, unpaid: Vec<earning::Model>) -> Result<BTreeMap<PartnerId, Balance>> {
    let terms = terms_of(tx, &unpaid).await?;
    let waiting = waiting(&unpaid, tx.now())?;
    let mut balances: BTreeMap<PartnerId, Balance> = BTreeMap::new();
    for earning in unpaid {
        let balance = balances.entry(earning.partner_id).or_default();
        if waiting.contains(&earning.id) {
            balance.on_hold_minor = add(balance.on_hold_minor, &earning)?;
            if !earning.is_taken_back() {
                let (first, end) = (balance.on_hold_until, earning.payable_at);
                balance.on_hold_until = Some(first.map_or(end, |first| first.min(end)));
            }
        } else {
            balance.due_minor = add(balance.due_minor, &earning)?;
            balance.terms.extend(terms.get(&earning.deal_id));
            balance.due.push(earning);
        }
    }
    Ok(balances)
}

/// The earnings that are not due yet, of unpaid ones in the order of the log.
///
/// What a refund took back is set off first against what the same commission
/// had on hold by then, and waits with it. Where it exceeds that, because the
/// partner has been paid already or is about to be, all of it is due at once: a
/// debt, which nothing that is released later and has a hold of its own lessens.
fn waiting(unpaid: &[earning::Model], now: Moment) -> Result<HashSet<EarningId>> {
    let mut on_hold: HashMap<CommissionId, (i64, Vec<EarningId>)> = HashMap::new();
    for earning in unpaid.iter().filter(|row| !row.is_payable(now)) {
        let (sum, waiting) = on_hold.entry(earning.commission_id).or_default();
        *sum = add(*sum, earning)?;
        waiting.push(earning.id);
        if *sum < 0 {
            (*sum, *waiting) = (0, Vec::new());
        }
    }
    Ok(on_hold.into_values().flat_map(|(_, ids)| ids).collect())
}

fn add(sum: i64, earning: &earning::Model) -> Result<i64> {
    sum.checked_add(earning.amount_minor)
        .ok_or_else(|| Error::broken("balance overflow"))
}

/// The terms of the deals that earnings come from.
pub(crate) async fn terms_of(
    tx: &Tx,
    earnings: &[earning::Model],
) -> Result<HashMap<DealId, TermsId>> {
    let ids: BTreeSet<_> = earnings.iter().map(|row| row.deal_id).collect();
    let ids: Vec<DealId> = ids.into_iter().collect();
    let mut terms = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let deals: Vec<(DealId, TermsId)> = deal::Entity::of(tx.tenant())
            .filter(deal::Column::Id.is_in(ids.iter().copied()))
            .select_only()
            .column(deal::Column::Id)
            .column(deal::Column::TermsId)
            .into_tuple()
            .all(tx)
            .await?;
        terms.extend(deals);
    }
    Ok(terms)
}

/// Why what is due to a partner is not paid; empty if it is, or if nothing is
/// due. The least amount is that of the terms it was earned under: of several,
/// the smallest.
pub(crate) fn reasons(
    balance: &Balance,
    papers: &Papers,
    minimums: &HashMap<TermsId, i64>,
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
