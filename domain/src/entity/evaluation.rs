//! Receipts.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{DealId, EvaluationId, PluginVersionId, RuleId, TenantId};

/// The receipt of one rule run. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluation")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EvaluationId,
    /// The deal.
    pub deal_id: DealId,
    /// The rule.
    pub rule_id: RuleId,
    /// The code that ran; none for built-in rules.
    pub plugin_version_id: Option<PluginVersionId>,
    /// SHA-256 of the code, or the name of the built-in rule.
    pub code_digest: String,
    /// SHA-256 of the case.
    pub input_digest: String,
    /// SHA-256 of the configuration.
    pub config_digest: String,
    /// Which engine, limits and prices decided.
    pub policy_digest: String,
    /// SHA-256 of the output.
    pub output_digest: String,
    /// The case, as canonical JSON.
    #[sea_orm(column_type = "Text")]
    pub input: String,
    /// The verdict or the fault, as canonical JSON.
    #[sea_orm(column_type = "Text")]
    pub output: String,
    /// Which fault, if it gave no verdict.
    pub fault_code: Option<String>,
    /// Units of fuel used.
    pub fuel: i64,
    /// When it ran.
    pub created_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(EvaluationId, Evaluation);
