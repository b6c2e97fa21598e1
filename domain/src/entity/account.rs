//! Customer companies.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{AccountId, TenantId};

/// An account.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// Its name, as first heard.
    pub name: String,
    /// The name without case, marks and legal form.
    pub normalized_name: String,
    /// When it was first heard of.
    pub created_at: Moment,
    /// The place in the log at which it was first heard of.
    pub created_position: i64,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(AccountId, Account);
