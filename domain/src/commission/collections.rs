//! Collections: what customers pay, and what is refunded to them.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use serde::Serialize;

use crate::access::Permission;
use crate::clock::Moment;
use crate::commission::commissions;
use crate::entity::{Owned, collection, deal};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::Command;
use crate::ids::{CollectionId, DealId};
use crate::kernel::check::{Check, Given};
use crate::kernel::external_ids::{self, Subject};
use crate::kernel::facts;
use crate::money::Money;
use crate::reads::Visible;
use crate::scope::{Fact, Scope, Tx};
use crate::sums::whole_sum;
use crate::{idempotency, limits};

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
    /// Its id in the tenant's own system.
    pub external_id: Option<String>,
}

/// What of a payment or refund can be read without looking anything up. Keys are
/// compared by it.
#[derive(Debug, Serialize)]
struct Draft {
    deal: Option<DealId>,
    direction: Direction,
    amount: Option<Money>,
    received_at: Option<Moment>,
    reference: Option<String>,
    external_id: Option<String>,
}

impl Draft {
    fn read(new: NewCollection, check: &mut Check) -> Result<Self> {
        let reference = new.reference.as_deref();
        let reference = reference.map(|text| limits::name("reference", text));
        Ok(Self {
            deal: check.given(new.deal)?,
            direction: new.direction,
            amount: check.given(new.amount)?,
            received_at: new.received_at,
            reference: check.take(reference.transpose())?.flatten(),
            external_id: check
                .take(external_ids::read(new.external_id.as_deref()))?
                .flatten(),
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
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let new = Draft::read(new, &mut check)?;
    let command = Command::new("collection.record", key, &new)?;
    let done = command.once::<collection::Entity>(scope, async |tx: &mut Tx| {
        let deal = match new.deal {
            Some(id) => check.take(taking(tx, id, new.direction).await.at("dealId"))?,
            None => None,
        };
        let money = match (&deal, new.amount) {
            (Some(deal), Some(amount)) => {
                let placed = place(tx, deal, new.direction, amount).await;
                check
                    .take(placed)?
                    .map(|(ordinal, minor)| (ordinal, minor, amount))
            }
            _ => None,
        };
        let received_at = new.received_at.unwrap_or(tx.now());
        check.take(limits::past("receivedAt", received_at, tx.now()))?;
        let (Some(deal), Some((ordinal, minor, amount))) = (deal, money) else {
            return Err(check.failed());
        };
        check.done()?;
        let row = collection::ActiveModel {
            tenant_id: Set(tx.tenant()),
            id: Set(CollectionId::new()),
            deal_id: Set(deal.id),
            ordinal: Set(ordinal),
            amount_minor: Set(minor),
            currency: Set(deal.currency),
            received_at: Set(received_at),
            recorded_at: Set(tx.now()),
            recorded_by: Set(tx.actor()),
            reference: Set(new.reference),
        };
        let collection = row.insert(tx).await?;
        if let Some(external_id) = &new.external_id {
            external_ids::keep(tx, Subject::Collection(collection.id), external_id).await?;
        }
        let payment = facts::Payment {
            amount: facts::Amount(amount),
            received_at: facts::Time(received_at),
        };
        let fact = match new.direction {
            Direction::Received => Fact::CollectionReceived(payment),
            Direction::Refunded => Fact::CollectionRefunded(payment),
        };
        tx.record(collection.id, Some(deal.id), fact).await?;
        commissions::release(tx, &deal).await?;
        Ok(collection)
    });
    done.await
}

/// The deal, if money can go this way on it.
async fn taking(tx: &Tx, id: DealId, direction: Direction) -> Result<deal::Model> {
    let deal = deal::Entity::get(tx, tx.tenant(), id).await?;
    if deal.state == deal::State::ClosedLost && direction == Direction::Received {
        return Err(Error::conflict(Conflict::DealLost, "the deal is lost"));
    }
    Ok(deal)
}

/// The next place among the collections of a deal, and the amount with its sign, if
/// they have room for it.
async fn place(
    tx: &Tx,
    deal: &deal::Model,
    direction: Direction,
    amount: Money,
) -> Result<(i32, i64)> {
    let last = collection::Entity::of(tx.tenant())
        .filter(collection::Column::DealId.eq(deal.id))
        .order_by_desc(collection::Column::Ordinal)
        .one(tx)
        .await?;
    let last = last.map_or(0, |last| last.ordinal);
    let collected = collection::sum_upto(tx, tx.tenant(), deal.id, last).await?;
    let amount = limits::positive("amount", amount, deal.currency)?;
    let signed = match direction {
        Direction::Received => amount,
        Direction::Refunded => -amount,
    };
    match collected.checked_add(signed) {
        Some(sum) if sum < 0 => {
            let collected = Money::new(collected, deal.currency);
            let message = format!("only {collected} was collected on this deal");
            Err(Error::conflict(Conflict::RefundExceedsCollected, message))
        }
        Some(sum) if sum <= limits::LARGEST_AMOUNT_MINOR => Ok((last + 1, signed)),
        Some(_) | None => Err(Error::invalid("amount", "too large")),
    }
}

/// What was collected on deals less what was refunded, in minor units. Deals
/// without collections are absent.
pub async fn collected(scope: &Scope, deals: &[DealId]) -> Result<HashMap<DealId, i64>> {
    let sum = whole_sum(collection::Column::AmountMinor);
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
