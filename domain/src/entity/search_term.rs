//! What people find rows by: words and parts of words.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::ids::TenantId;

/// One term of one row, for one audience. Written with the row, and never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "search_term")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The prefix of the noun's ids.
    #[sea_orm(primary_key, auto_increment = false)]
    pub noun: String,
    /// The term: a word after `=`, or three letters of one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub term: String,
    /// Who finds the row by it: a partner by its id, or everybody or the tenant's own people
    /// alone by an id that no partner has.
    #[sea_orm(primary_key, auto_increment = false)]
    pub audience: Uuid,
    /// The row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
