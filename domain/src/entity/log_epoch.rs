//! Where a tenant's log took another course: what came after was restored.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::TenantId;

/// An epoch of a tenant's log, but for the first one, which has no row.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_epoch")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its place among the tenant's epochs, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// What positions name it by: random, so that an epoch which is lost in a second
    /// restore is not taken for the one that replaces it.
    pub epoch: i64,
    /// The last position that the log had when it began.
    pub began_after: i64,
    /// When it began, by the machine's clock.
    pub began_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}
