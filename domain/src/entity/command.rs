//! Commands that were done.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::TenantId;
use uuid::Uuid;

/// One idempotency key that was used.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "command")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The key, as the caller chose it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// The verb.
    pub operation: String,
    /// SHA-256 of the arguments.
    pub arguments_digest: String,
    /// The prefix of the ids of what it made or changed.
    pub noun: String,
    /// The row it made or changed.
    pub subject: Uuid,
    /// When.
    pub done_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}
