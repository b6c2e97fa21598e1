//! From when on versions of plugins decide.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{ActivationId, PluginId, PluginVersionId, TenantId};

/// Where an activation stands.
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
    /// A second person has to look at it.
    Proposed,
    /// The version decides from the date on.
    Approved,
    /// It was withdrawn before it decided anything.
    Cancelled,
}

/// An activation. Never changed once it decides.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activation")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActivationId,
    /// The plugin.
    pub plugin_id: PluginId,
    /// The version that is to decide.
    pub plugin_version_id: PluginVersionId,
    /// Where it stands.
    pub state: State,
    /// From when on the version decides.
    pub effective_at: Moment,
    /// Why.
    pub reason: String,
    /// By whom it was proposed.
    pub proposed_by: Actor,
    /// When.
    pub proposed_at: Moment,
    /// By whom it was approved or cancelled.
    pub decided_by: Option<Actor>,
    /// When.
    pub decided_at: Option<Moment>,
    /// The place in the log of its approval.
    pub approved_position: Option<i64>,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(ActivationId, Activation);
super::dated!();
