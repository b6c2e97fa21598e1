//! What people say became of payouts that no rail tells of.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{PayoutId, TenantId};

/// What became of a payout.
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
pub enum Outcome {
    /// The partner has the money.
    Paid,
    /// It certainly did not and will not get it.
    Failed,
}

/// What one person reported of a payout; the newest report alone. It counts once
/// another person confirms it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_report")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The payout.
    #[sea_orm(primary_key, auto_increment = false)]
    pub payout_id: PayoutId,
    /// What became of it.
    pub outcome: Outcome,
    /// When.
    pub occurred_at: Moment,
    /// What the bank or the provider calls the payment.
    pub reference: String,
    /// What shows it.
    #[sea_orm(column_type = "Text")]
    pub evidence: String,
    /// Who says so.
    pub reported_by: Actor,
    /// Since when.
    pub reported_at: Moment,
    /// Who confirmed it: another person.
    pub confirmed_by: Option<Actor>,
    /// When.
    pub confirmed_at: Option<Moment>,
}

impl ActiveModelBehavior for ActiveModel {}
