//! Transactions of the ledger.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::TenantId;
use uuid::Uuid;

/// What a posting books.
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
    /// A commission became an entitlement.
    Accrual,
    /// A collection released an earning.
    Release,
    /// What a closed commission had left to release was taken back.
    WriteOff,
    /// A collection released an earning of a closed commission.
    LateRelease,
    /// A payout left for the rail.
    PayoutSent,
    /// The rail said it arrived.
    PayoutSettled,
    /// The rail said it did not.
    PayoutFailed,
}

/// One balanced posting. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_transaction")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The place in the log of the event that it books.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i64,
    /// What was booked.
    pub kind: Kind,
    /// The row it books: a commission, earning or payout.
    pub subject: Uuid,
    /// When.
    pub posted_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}
