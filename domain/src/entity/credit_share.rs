//! Partners' shares of settled credit.

use sea_orm::entity::prelude::*;

use crate::ids::{CreditId, InvolvementId, PartnerId, TenantId};

/// The two ways in which a partner is credited.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "snake_case"
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It brought the deal.
    Sourced,
    /// It moved the win.
    Influenced,
}

/// One partner's share of one version of the credit.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credit_share")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub credit_id: CreditId,
    /// The partner.
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: PartnerId,
    /// Sourced or influenced.
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: Role,
    /// Its share of that role: so many parts…
    pub share_numerator: i32,
    /// …of so many. Both positive; the shares of a role add up to 1.
    pub share_denominator: i32,
    /// The involvement it rests on.
    pub involvement_id: InvolvementId,
    /// Why.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// The version, as a row.
    #[sea_orm(belongs_to, from = "(tenant_id, credit_id)", to = "(tenant_id, id)")]
    pub credit: BelongsTo<super::credit::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
