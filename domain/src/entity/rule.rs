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
    /// Rules of one group compete: of those that apply, the lowest precedence is used.
    /// Today each role is a group with one rule.
    pub rule_group: String,
    /// Its place in the group, from 1.
    pub precedence: i32,
    /// How it is computed.
    pub kind: Kind,
    /// For a plugin: which.
    pub plugin_id: Option<PluginId>,
    /// For a plugin: the version that decides, until an activation says otherwise.
    pub plugin_version_id: Option<PluginVersionId>,
    /// Its configuration, as JSON text, in the form of its kind.
    #[sea_orm(column_type = "Text")]
    pub config: String,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(RuleId, Rule);
