//! Released amounts.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{
    CollectionId, CommissionId, DealId, EarningId, PartnerId, PayoutId, PayoutRunId, ProgramId,
    TenantId, TermsId,
};
use crate::money::Currency;

/// Where an earning stands.
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
    /// Released, and not in a payout.
    Held,
    /// In a payout that is not finished.
    InPayout,
    /// The partner has it, or it was set off against what the partner has.
    Paid,
}

/// Why an earning was released, or taken back.
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
pub enum Cause {
    /// The customer paid.
    Collection,
    /// The customer was paid back.
    Refund,
}

/// An earning. Its amount is never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "earning")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EarningId,
    /// The commission.
    pub commission_id: CommissionId,
    /// Its number on the commission, from 1.
    pub number: i32,
    /// Why it was released, or taken back.
    pub cause: Cause,
    /// The collection that released it; none where the cause is no collection.
    pub collection_id: Option<CollectionId>,
    /// The deal.
    pub deal_id: DealId,
    /// The deal's program.
    pub program_id: ProgramId,
    /// The deal's terms.
    pub terms_id: TermsId,
    /// The partner.
    pub partner_id: PartnerId,
    /// What was released, in minor units; negative where a refund took it back.
    pub amount_minor: i64,
    /// The deal's currency.
    pub currency: Currency,
    /// Where it stands.
    pub state: State,
    /// When the hold ends.
    pub payable_at: Moment,
    /// The run that took it, into a payout or as set off.
    pub run_id: Option<PayoutRunId>,
    /// The payout that carries it.
    pub payout_id: Option<PayoutId>,
    /// The place in the log since which it is in no run; kept while it is in one.
    pub held_since: i64,
    /// When it was released.
    pub created_at: Moment,
    /// The place in the log at which it was released.
    pub position: i64,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(EarningId, Earning);
