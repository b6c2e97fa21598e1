//! Payouts.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{PartnerId, PayoutId, PayoutMethodId, PayoutRunId, TenantId};
use crate::money::Currency;

/// Where a payout stands.
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
    /// Not sent, or to be sent once more after an attempt that was declined.
    Scheduled,
    /// About to be sent, or sent and not answered.
    Sending,
    /// Sent, and the answer proves nothing.
    Unknown,
    /// The rail has it.
    Sent,
    /// The partner has it.
    Paid,
    /// Certainly not paid; its earnings wait for the next run.
    Failed,
}

impl State {
    /// Once the rail's final answer is recorded.
    pub const SETTLED: [Self; 2] = [Self::Paid, Self::Failed];

    /// Whether it was sent, and its end is not known.
    pub fn is_on_its_way(self) -> bool {
        matches!(self, Self::Unknown | Self::Sent)
    }
}

/// A payout.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutId,
    /// The run.
    pub run_id: PayoutRunId,
    /// Its number among the payouts of one partner in one currency in the run, from 1.
    pub part: i32,
    /// Who is paid.
    pub partner_id: PartnerId,
    /// Where to.
    pub method_id: PayoutMethodId,
    /// How much, in minor units; positive.
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
    /// Where it stands.
    pub state: State,
    /// The rail that pays it.
    pub rail: super::payout_method::RailName,
    /// The attempt, from 1; part of the rail's idempotency key.
    pub attempt: i32,
    /// When the next attempt may begin, after one that was declined.
    pub retry_at: Option<Moment>,
    /// Once settled: whether its earnings are where they belong.
    pub is_applied: bool,
    /// The rail's own id for it.
    pub reference: Option<String>,
    /// Why it failed, or is not known.
    pub reason: Option<String>,
    /// When people were first told to pay it by hand.
    pub exported_at: Option<Moment>,
    /// When the last attempt first left.
    pub sent_at: Option<Moment>,
    /// When the last call that may pay began, on the machine's clock.
    pub called_at: Option<Moment>,
    /// When the rail's final answer was recorded.
    pub settled_at: Option<Moment>,
    /// The place of that in the log.
    pub settled_position: Option<i64>,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(PayoutId, Payout);
super::dated!();
