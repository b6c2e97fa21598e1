//! Builds of plugins.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{PluginId, PluginVersionId, TenantId};

/// Where a plugin version stands.
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
pub enum State {
    /// It passed every check, and nothing uses it.
    Admitted,
    /// Terms or an activation name it.
    Active,
}

/// A plugin version. Its bytes, which are never changed, are in `plugin_code`.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plugin_version")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PluginVersionId,
    /// The plugin.
    pub plugin_id: PluginId,
    /// The version it gives itself.
    pub version: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
    /// How many bytes.
    pub size_bytes: i64,
    /// What it said of itself, as JSON.
    #[sea_orm(column_type = "Text")]
    pub description: String,
    /// Where it stands.
    pub state: State,
    /// By whom.
    pub published_by: Actor,
    /// When.
    pub published_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(PluginVersionId, PluginVersion);
super::dated!();
