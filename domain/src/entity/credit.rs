//! Settled credit.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{CreditId, DealId, TenantId};

/// One version of the credit on a deal. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credit")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CreditId,
    /// The deal.
    pub deal_id: DealId,
    /// Its number on the deal, from 1.
    pub version: i32,
    /// Why this version was made.
    pub reason: String,
    /// By whom.
    pub settled_by: Actor,
    /// When.
    pub settled_at: Moment,
    /// Its place in the tenant's log.
    pub settled_position: i64,
    /// The deal, as a row.
    #[sea_orm(belongs_to, from = "(tenant_id, deal_id)", to = "(tenant_id, id)")]
    pub deal: BelongsTo<super::deal::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(CreditId, Credit);
