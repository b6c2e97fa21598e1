//! Collections: what customers pay, and what is refunded to them.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::json;

use crate::access::Permission;
use crate::clock::Moment;
use crate::entity::{Owned, collection, deal};
use crate::error::{About, Conflict, Error, Result};
use crate::ids::{CollectionId, DealId};
use crate::kernel::check::{Check, Given};
use crate::money::Money;
use crate::reads::Visible;
use crate::scope::{Fact, Scope, Tx};
use crate::{commissions, idempotency, limits};

/// Which way the money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The customer paid.
    Received,
    /// The customer was paid back.
    Refunded,
}

/// A payment or refund as it is sent.
#[derive(Debug)]
pub struct NewCollection {
    /// The deal.
    pub deal: Given<DealId>,
    /// Which way the money went.
    pub direction: Direction,
    /// How much: positive either way, in the deal's currency.
    pub amount: Given<Money>,
    /// When the money moved; not in the future. Now, if not given.
    pub received_at: Option<Moment>,
    /// The tenant's own reference.
    pub reference: Option<String>,
}

/// A payment or refund, once it is read. Keys are compared by it.
#[derive(Debug, Serialize)]
struct Draft {
    deal: DealId,
    direction: Direction,
    amount: Money,
    received_at: Option<Moment>,
    reference: Option<String>,
}

impl Draft {
    fn read(new: NewCollection) -> Result<Self> {
        let mut check = Check::default();
        let deal = check.given(new.deal)?;
        let amount = check.given(new.amount)?;
        let reference = new.reference.as_deref();
        let reference = reference.map(|text| limits::name("reference", text));
        let reference = check.take(reference.transpose())?;
        let (Some(deal), Some(amount), Some(reference)) = (deal, amount, reference) else {
            return Err(check.failed());
        };
        Ok(Self {
            deal,
            direction: new.direction,
            amount,
            received_at: new.received_at,
            reference,
        })
    }
}

/// Records what the customer paid or was refunded, and brings the earnings of
/// the deal's commissions up to it.
///
/// Money that comes in before the deal is won is kept, and releases nothing
/// until the deal is won. A lost deal takes none, and what came in before can
/// still be refunded. A refund of more than was collected is refused.
pub async fn record(scope: &Scope, key: &str, new: NewCollection) -> Result<collection::Model> {
    scope.require(Permission::CollectionRecord)?;
    let new = Draft::read(new)?;
    let mut tx = scope.begin().await?;
    let claim = idempotency::claim(&tx, "collection.record", key, &new).await?;
    if let Some(id) = claim.done {
        return collection::Entity::get(&tx, tx.tenant(), CollectionId(id)).await;
    }
    let deal = deal::Entity::get(&tx, tx.tenant(), new.deal)
        .await
        .at("dealId")?;
    if deal.state == deal::State::ClosedLost && new.direction == Direction::Received {
        return Err(Error::conflict(Conflict::DealLost, "the deal is lost"));
    }
    let collection = insert(&mut tx, &deal, new).await?;
    commissions::release(&mut tx, &deal).await?;
    claim.keep(&tx, collection.id.0).await?;
    tx.commit().await?;
    Ok(collection)
}

/// The amount with its sign, if the deal's collections have room for it.
fn signed(new: &Draft, deal: &deal::Model, collected: i64) -> Result<i64> {
    let amount = limits::positive("amount", new.amount, deal.currency)?;
    let signed = match new.direction {
        Direction::Received => amount,
        Direction::Refunded => -amount,
    };
    match collected.checked_add(signed) {
        Some(sum) if sum < 0 => {
            let collected = Money::new(collected, deal.currency);
            let message = format!("only {collected} was collected on this deal");
            Err(Error::conflict(Conflict::RefundExceedsCollected, message))
        }
        Some(sum) if sum <= limits::LARGEST_AMOUNT => Ok(signed),
        Some(_) | None => Err(Error::invalid("amount", "too large")),
    }
}

async fn insert(tx: &mut Tx, deal: &deal::Model, new: Draft) -> Result<collection::Model> {
    let last = collection::Entity::of(tx.tenant())
        .filter(collection::Column::DealId.eq(deal.id))
        .order_by_desc(collection::Column::Ordinal)
        .one(tx)
        .await?;
    let last = last.map_or(0, |last| last.ordinal);
    let collected = sum_upto(tx, deal.id, last).await?;
    let mut check = Check::default();
    let signed = check.take(signed(&new, deal, collected))?;
    let received_at = new.received_at.unwrap_or(tx.now());
    if received_at > tx.now() {
        check.take::<()>(Err(Error::invalid(
            "receivedAt",
            "must not be in the future",
        )))?;
    }
    let (Some(signed), true) = (signed, received_at <= tx.now()) else {
        return Err(check.failed());
    };
    let row = collection::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(CollectionId::new()),
        deal_id: Set(deal.id),
        ordinal: Set(last + 1),
        amount_minor: Set(signed),
        currency: Set(deal.currency),
        received_at: Set(received_at),
        recorded_at: Set(tx.now()),
        recorded_by: Set(tx.actor()),
        reference: Set(new.reference),
    };
    let collection = row.insert(tx).await?;
    let kind = match new.direction {
        Direction::Received => "collection.received",
        Direction::Refunded => "collection.refunded",
    };
    let data =
        json!({ "amount": new.amount.on_the_wire(), "received_at": received_at.to_string() });
    tx.log(Fact {
        kind,
        subject: &collection.id,
        deal: Some(deal.id),
        data,
    })
    .await?;
    Ok(collection)
}

/// What the first so many collections of a deal add up to, in minor units.
pub(crate) async fn sum_upto(tx: &Tx, deal: DealId, ordinal: i32) -> Result<i64> {
    // PostgreSQL widens the sum of 64-bit integers to an arbitrary precision.
    let sum = ExprTrait::cast_as(collection::Column::AmountMinor.sum(), "bigint");
    let sum = collection::Entity::of(tx.tenant())
        .filter(collection::Column::DealId.eq(deal))
        .filter(collection::Column::Ordinal.lte(ordinal))
        .select_only()
        .column_as(sum, "collected")
        .into_tuple::<Option<i64>>()
        .one(tx)
        .await?;
    Ok(sum.flatten().unwrap_or_default())
}

/// What was collected on deals less what was refunded, in minor units. Deals
/// without collections are absent.
pub async fn collected(scope: &Scope, deals: &[DealId]) -> Result<HashMap<DealId, i64>> {
    // PostgreSQL widens the sum of 64-bit integers to an arbitrary precision.
    let sum = ExprTrait::cast_as(collection::Column::AmountMinor.sum(), "bigint");
    let sums: Vec<(DealId, i64)> = collection::Entity::visible(scope)
        .filter(collection::Column::DealId.is_in(deals.iter().copied()))
        .select_only()
        .column(collection::Column::DealId)
        .column_as(sum, "collected")
        .group_by(collection::Column::DealId)
        .into_tuple()
        .all(&scope.read().await?)
        .await?;
    Ok(sums.into_iter().collect())
}
