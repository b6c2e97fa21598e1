//! Earnings: what collections release of a commission, and take back.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::clock::Moment;
use crate::commission::ledger;
use crate::entity::earning::{self, Cause, State};
use crate::entity::ledger_transaction::Kind;
use crate::entity::{Owned, collection, commission, deal, terms};
use crate::error::{Error, Result};
use crate::ids::{CommissionId, EarningId};
use crate::kernel::facts;
use crate::money::{Money, round_release_target};
use crate::reads::Visible;
use crate::scope::{Fact, Scope, Tx};
use crate::sums::whole_sum;

/// Collections times commissions that one transaction looks at.
const EARNINGS_A_STEP: u64 = 1_000;

/// What there is of one commission so far, in minor units of its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// What collections released, less what refunds took back.
    pub earned_minor: i64,
    /// What of it the partner has.
    pub paid_minor: i64,
}

/// The sums of commissions, all in one statement. One without earnings that
/// the actor may see is absent.
pub async fn sums(
    scope: &Scope,
    commissions: &[CommissionId],
) -> Result<HashMap<CommissionId, Sums>> {
    let sum = whole_sum(earning::Column::AmountMinor);
    let rows: Vec<(CommissionId, State, i64)> = earning::Entity::visible(scope)
        .filter(earning::Column::CommissionId.is_in(commissions.iter().copied()))
        .select_only()
        .column(earning::Column::CommissionId)
        .column(earning::Column::State)
        .column_as(sum, "amount")
        .group_by(earning::Column::CommissionId)
        .group_by(earning::Column::State)
        .into_tuple()
        .all(&scope.read().await?)
        .await?;
    let mut found: HashMap<CommissionId, Sums> = HashMap::new();
    for (commission, state, amount) in rows {
        let sums = found.entry(commission).or_default();
        sums.earned_minor += amount;
        if state == State::Paid {
            sums.paid_minor += amount;
        }
    }
    Ok(found)
}

/// How many earnings one transaction may still release.
pub(crate) struct Room(u64);

impl Room {
    /// As many as a transaction can write without keeping others waiting.
    pub(crate) fn of_a_step() -> Self {
        Self(EARNINGS_A_STEP)
    }
}

/// Brings the earnings of an assessed commission up to the collections: each
/// collection that is not looked at yet gets the difference between the cumulative
/// target after it and what is released already. Tells whether all are looked at; the
/// rest is for the next step.
///
/// What is released waits for the hold, which begins when the customer's money
/// arrived and not before the deal was won.
pub(crate) async fn release(
    tx: &mut Tx,
    deal: &deal::Model,
    commission: &commission::Model,
    room: &mut Room,
) -> Result<bool> {
    let last = commission.released_ordinal;
    let collections = collection::Entity::of(tx.tenant())
        .filter(collection::Column::DealId.eq(deal.id))
        .filter(collection::Column::Ordinal.gt(last))
        .order_by_asc(collection::Column::Ordinal)
        .limit(room.0)
        .all(tx)
        .await?;
    let Some(newest) = collections.last().map(|row| row.ordinal) else {
        return Ok(room.0 > 0);
    };
    room.0 -= collections.len() as u64;
    let terms = terms::Entity::get(tx, tx.tenant(), deal.terms_id).await?;
    let total = commission.total()?;
    let mut collected = match last {
        0 => 0,
        _ => collection::sum_upto(tx, tx.tenant(), deal.id, last).await?,
    };
    let (mut released, mut number) = so_far(tx, commission.id).await?;
    for collection in collections {
        let overflow = || Error::broken("collections overflow");
        collected = collected
            .checked_add(collection.amount_minor)
            .ok_or_else(overflow)?;
        let amount = round_release_target(total, collected, deal.amount_minor) - released;
        if amount == 0 {
            continue;
        }
        released += amount;
        if !(0..=total).contains(&released) {
            return Err(Error::broken("more is released than the entitlement"));
        }
        let won_at = deal
            .closed_at
            .ok_or_else(|| Error::broken("an earning before the win"))?;
        let payable_at = if amount > 0 {
            collection
                .received_at
                .max(won_at)
                .plus_days(terms.hold_days)
        } else {
            tx.now()
        };
        number += 1;
        let part = Part {
            number,
            amount_minor: amount,
            payable_at,
        };
        insert(tx, deal, commission, &collection, part).await?;
    }
    let change = commission::ActiveModel {
        updated_at: Set(tx.now()),
        tenant_id: Set(tx.tenant()),
        id: Set(commission.id),
        released_ordinal: Set(newest),
        ..Default::default()
    };
    commission::Entity::update(change).exec(tx).await?;
    Ok(room.0 > 0)
}

/// What was released of a commission, less what was taken back.
pub(crate) async fn released(tx: &Tx, commission: CommissionId) -> Result<i64> {
    Ok(so_far(tx, commission).await?.0)
}

/// What was released of a commission so far, and the number of its newest earning.
async fn so_far(tx: &Tx, commission: CommissionId) -> Result<(i64, i32)> {
    let sum = whole_sum(earning::Column::AmountMinor);
    let found = earning::Entity::of(tx.tenant())
        .filter(earning::Column::CommissionId.eq(commission))
        .select_only()
        .column_as(sum, "amount")
        .column_as(earning::Column::Number.max(), "number")
        .into_tuple::<(Option<i64>, Option<i32>)>()
        .one(tx)
        .await?;
    let (amount, number) = found.unwrap_or_default();
    Ok((amount.unwrap_or_default(), number.unwrap_or_default()))
}

/// What one collection releases of a commission.
struct Part {
    number: i32,
    amount_minor: i64,
    payable_at: Moment,
}

async fn insert(
    tx: &mut Tx,
    deal: &deal::Model,
    commission: &commission::Model,
    collection: &collection::Model,
    part: Part,
) -> Result<()> {
    let Part {
        number,
        amount_minor,
        payable_at,
    } = part;
    let id = EarningId::new();
    let money = Money::new(amount_minor, commission.currency);
    let fact = Fact::EarningReleased(facts::Release {
        partner: commission.partner_id,
        commission: commission.id,
        amount: facts::Amount(money),
        payable_at: facts::Time(payable_at),
    });
    let position = tx.record(id, Some(deal.id), fact).await?;
    let row = earning::ActiveModel {
        updated_at: Set(tx.now()),
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        commission_id: Set(commission.id),
        number: Set(number),
        cause: Set(if collection.amount_minor >= 0 {
            Cause::Collection
        } else {
            Cause::Refund
        }),
        collection_id: Set(Some(collection.id)),
        deal_id: Set(deal.id),
        program_id: Set(deal.program_id),
        terms_id: Set(deal.terms_id),
        partner_id: Set(commission.partner_id),
        amount_minor: Set(amount_minor),
        currency: Set(commission.currency),
        state: Set(State::Held),
        payable_at: Set(payable_at),
        run_id: Set(None),
        payout_id: Set(None),
        held_since: Set(position),
        created_at: Set(tx.now()),
        position: Set(position),
    };
    earning::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    let kind = match commission.state {
        commission::State::Closed => Kind::LateRelease,
        _ => Kind::Release,
    };
    ledger::post(tx, position, kind, id.0, commission.partner_id, money).await
}
