//! Answers to what a commission adds up to.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{CommissionId, CreditId, EvaluationId, TenantId};

/// One answer to what a commission adds up to: the newest one counts. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assessment")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The commission.
    #[sea_orm(primary_key, auto_increment = false)]
    pub commission_id: CommissionId,
    /// Its number on the commission, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// The version of the credit that it is for.
    pub credit_id: CreditId,
    /// The receipt of the rule.
    pub evaluation_id: EvaluationId,
    /// What the rule gives, in billionths of a minor unit, as text: before rounding.
    pub exact: String,
    /// What that is once it is rounded, in minor units.
    pub total_minor: i64,
    /// The place in the log as of which the rule was asked.
    pub as_of_position: i64,
    /// When it was made.
    pub created_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}
