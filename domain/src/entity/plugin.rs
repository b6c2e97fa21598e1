//! Tenants' rules in WebAssembly.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{PluginId, TenantId};

/// A plugin.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plugin")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PluginId,
    /// Its name; unique in the tenant.
    pub name: String,
    /// When it was first published.
    pub created_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(PluginId, Plugin);
