//! The bytes of plugins, apart from what is said of them.

use sea_orm::entity::prelude::*;

use crate::ids::TenantId;

/// A component. It is never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plugin_code")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// SHA-256 of the bytes, in hexadecimal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    /// The component.
    pub bytes: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
