//! Who a run does not pay, and why.

use sea_orm::entity::prelude::*;

use crate::ids::{PartnerId, PayoutRunId, TenantId};
use crate::money::Currency;

/// Why something is not paid yet.
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
pub enum Reason {
    /// The hold after the collection has not ended.
    OnHold,
    /// The agreement for the terms is not accepted.
    AgreementMissing,
    /// No valid tax form is approved.
    TaxFormMissing,
    /// No payout method is verified.
    PayoutMethodMissing,
    /// It is less than the terms' minimum.
    BelowMinimum,
    /// Refunds took back more than is due.
    NegativeBalance,
    /// The partner is suspended.
    PartnerSuspended,
}

impl Reason {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::OnHold => "the hold has not ended",
            Self::AgreementMissing => "the agreement for the deals' terms is not accepted",
            Self::TaxFormMissing => "no valid tax form is approved",
            Self::PayoutMethodMissing => "no payout method is verified",
            Self::BelowMinimum => {
                "less than the minimum of the deals' terms; it is carried to the next run"
            }
            Self::NegativeBalance => {
                "refunds took back more than is due; it is carried to the next run"
            }
            Self::PartnerSuspended => "the partner is suspended",
        }
    }
}

/// One reason why part of what a partner earned is not in a run.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_hold")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The run.
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: PayoutRunId,
    /// The partner.
    #[sea_orm(primary_key, auto_increment = false)]
    pub partner_id: PartnerId,
    /// Why.
    #[sea_orm(primary_key, auto_increment = false)]
    pub reason: Reason,
    /// How much is held back, in minor units.
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// What it waits for, in words.
    #[sea_orm(column_type = "Text")]
    pub detail: String,
}

impl ActiveModelBehavior for ActiveModel {}
