//! What partners have coming, and what keeps it from being paid.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{Condition, QueryOrder};

use crate::clock::Moment;
use crate::entity::payout_hold::Reason;
use crate::entity::{Owned, deal, earning, partner};
use crate::error::{Error, Result};
use crate::ids::{DealId, PartnerId, ProgramId, TermsId};
use crate::readiness::Papers;
use crate::scope::Tx;

/// What one partner has coming in one program.
#[derive(Default)]
pub(crate) struct Balance {
    pub due: Vec<earning::Model>,
    pub due_minor: i64,
    pub on_hold_minor: i64,
    pub on_hold_until: Option<Moment>,
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
    Ok(query.all(&**tx).await?)
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

/// Divides unpaid earnings by partner, due ones apart from those on hold.
async fn divide(tx: &Tx, unpaid: Vec<earning::Model>) -> Result<BTreeMap<PartnerId, Balance>> {
    let terms = terms_of(tx, &unpaid).await?;
    let mut balances: BTreeMap<PartnerId, Balance> = BTreeMap::new();
    for earning in unpaid {
        let balance = balances.entry(earning.partner_id).or_default();
        let add = |sum: i64| {
            sum.checked_add(earning.amount_minor)
                .ok_or_else(|| Error::broken("balance overflow"))
        };
        if earning.is_payable(tx.now()) {
            balance.due_minor = add(balance.due_minor)?;
            balance.terms.extend(terms.get(&earning.deal_id));
            balance.due.push(earning);
        } else {
            balance.on_hold_minor = add(balance.on_hold_minor)?;
            let first = balance
                .on_hold_until
                .map_or(earning.payable_at, |end| end.min(earning.payable_at));
            balance.on_hold_until = Some(first);
        }
    }
    Ok(balances)
}

/// Ids in one statement: a statement takes some tens of thousands of values.
pub(crate) const CHUNK: usize = 1_000;

/// The terms of the deals that earnings come from.
pub(crate) async fn terms_of(
    tx: &Tx,
    earnings: &[earning::Model],
) -> Result<HashMap<DealId, TermsId>> {
    let ids: BTreeSet<_> = earnings.iter().map(|row| row.deal_id).collect();
    let ids: Vec<DealId> = ids.into_iter().collect();
    let mut terms = HashMap::new();
    for ids in ids.chunks(CHUNK) {
        let query =
            deal::Entity::of(tx.tenant()).filter(deal::Column::Id.is_in(ids.iter().copied()));
        let deals = query.all(&**tx).await?;
        terms.extend(deals.into_iter().map(|row| (row.id, row.terms_id)));
    }
    Ok(terms)
}

/// Why what is due to a partner is not paid; empty if it is, or if nothing is
/// due.
pub(crate) fn reasons(
    balance: &Balance,
    papers: &Papers,
    state: Option<&partner::State>,
    minimum: i64,
) -> Vec<(Reason, String)> {
    if balance.due_minor < 0 {
        let detail = "refunds took back more than is due; it is carried to the next run";
        return vec![(Reason::NegativeBalance, detail.to_owned())];
    }
    if balance.due_minor == 0 {
        return Vec::new();
    }
    let mut reasons = unready(papers, state, &balance.terms);
    if reasons.is_empty() && balance.due_minor < minimum {
        let detail = "less than the terms' minimum; it is carried to the next run";
        reasons.push((Reason::BelowMinimum, detail.to_owned()));
    }
    reasons
}

/// What stands between a partner and being paid for deals under these terms.
pub(crate) fn unready(
    papers: &Papers,
    state: Option<&partner::State>,
    terms: &BTreeSet<TermsId>,
) -> Vec<(Reason, String)> {
    let mut reasons = Vec::new();
    let mut add = |reason, detail: &str| reasons.push((reason, detail.to_owned()));
    if matches!(
        state,
        None | Some(partner::State::Suspended | partner::State::Offboarded)
    ) {
        add(
            Reason::PartnerSuspended,
            "the partner is suspended or has left",
        );
    }
    if !terms.iter().all(|terms| papers.accepted.contains(terms)) {
        add(
            Reason::AgreementMissing,
            "the agreement for the deals' terms is not accepted",
        );
    }
    if !papers.tax_form {
        add(Reason::TaxFormMissing, "no valid tax form is approved");
    }
    if papers.method.is_none() {
        add(Reason::PayoutMethodMissing, "no payout method is verified");
    }
    reasons
}
