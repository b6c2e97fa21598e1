//! Rules of terms.

use sea_orm::entity::prelude::*;

use crate::ids::{PluginId, PluginVersionId, RuleId, TenantId, TermsId};

/// How a rule is computed.
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
    /// A part of the deal's amount, up to a cap.
    Percentage,
    /// By the tenant's own code.
    Plugin,
}

/// A rule: how one role's credit becomes money under one terms version.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RuleId,
    /// The terms it belongs to.
    pub terms_id: TermsId,
    /// Which credit it pays.
    pub role: super::credit_share::Role,
    /// How it is computed.
    pub kind: Kind,
    /// For a percentage: per cent, as decimal text.
    pub rate: Option<String>,
    /// For a percentage: the most it pays on one deal, in minor units.
    pub cap_minor: Option<i64>,
    /// For a plugin: which.
    pub plugin_id: Option<PluginId>,
    /// For a plugin: the version that decides, until an activation says otherwise.
    pub plugin_version_id: Option<PluginVersionId>,
    /// For a plugin: its configuration, as JSON text.
    #[sea_orm(column_type = "Text")]
    pub config: String,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(RuleId, Rule);
