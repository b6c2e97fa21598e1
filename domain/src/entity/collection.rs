//! Customers' payments.

use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::entity::Owned;
use crate::error::Result;
use crate::ids::{CollectionId, DealId, TenantId};
use crate::money::Currency;
use crate::sums::whole_sum;

/// A collection. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "collection")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CollectionId,
    /// The deal.
    pub deal_id: DealId,
    /// Its place among the deal's collections, from 1.
    pub ordinal: i32,
    /// What came in, in minor units; a refund is negative.
    pub amount_minor: i64,
    /// The deal's currency.
    pub currency: Currency,
    /// When the money moved.
    pub received_at: Moment,
    /// When it was recorded.
    pub recorded_at: Moment,
    /// By whom.
    pub recorded_by: Actor,
    /// The tenant's own reference, as an invoice number.
    pub reference: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

/// What the first so many collections of a deal add up to, in minor units.
pub(crate) async fn sum_upto<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    deal: DealId,
    ordinal: i32,
) -> Result<i64> {
    let sum = whole_sum(Column::AmountMinor);
    let sum = Entity::of(tenant)
        .filter(Column::DealId.eq(deal))
        .filter(Column::Ordinal.lte(ordinal))
        .select_only()
        .column_as(sum, "collected")
        .into_tuple::<Option<i64>>()
        .one(db)
        .await?;
    Ok(sum.flatten().unwrap_or_default())
}

super::owned!(CollectionId, Collection);
