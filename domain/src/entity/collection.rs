//! Customers' payments.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{CollectionId, DealId, TenantId};
use crate::money::Currency;

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

super::owned!(CollectionId, Collection);
