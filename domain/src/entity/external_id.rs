//! The ids that things have in the tenant's own systems.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::ids::TenantId;

/// The id of one row elsewhere. No two rows of a noun share one.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "external_id")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The prefix of the noun's ids.
    #[sea_orm(primary_key, auto_increment = false)]
    pub noun: String,
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: Uuid,
    /// Its id elsewhere.
    pub external_id: String,
}

impl ActiveModelBehavior for ActiveModel {}
