//! What accounts are known by.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, TenantId};

/// Kinds of identifiers.
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
pub enum Kind {
    /// A registrable domain.
    Domain,
    /// The id of the company in the tenant's CRM.
    CrmId,
}

/// One identifier of one account; no two accounts of a tenant share one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account_identifier")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// What kind of identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: Kind,
    /// The identifier, normalised.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    /// The account.
    pub account_id: AccountId,
    /// Its place in the tenant's log.
    pub position: i64,
}

impl ActiveModelBehavior for ActiveModel {}
