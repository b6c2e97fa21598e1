//! The log.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{DealId, EventId, PartnerId, TenantId};

/// One fact in a tenant's log. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its place in the tenant's log, from 1, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// Its id.
    pub id: EventId,
    /// What happened, as `deal.closed_won`.
    pub kind: String,
    /// The version of its data.
    pub version: i32,
    /// The id of the row it happened to.
    pub subject: String,
    /// The partner it concerns, if it concerns one.
    pub partner_id: Option<PartnerId>,
    /// The deal it concerns.
    pub deal_id: Option<DealId>,
    /// The facts, as JSON.
    #[sea_orm(column_type = "Text")]
    pub data: String,
    /// Who did it.
    pub actor: Actor,
    /// When, on the tenant's clock.
    pub occurred_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}
