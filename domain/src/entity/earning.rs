//! Released amounts.

use sea_orm::Condition;
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

/// Where an earning stands at a moment: a hold ends by itself, with nothing written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Released, and its hold has not ended; or taken back, and not set off yet.
    Held,
    /// Its hold has ended.
    Payable,
    /// In a payout that is not finished.
    InPayout,
    /// The partner has it, or it was set off against what was taken back.
    Paid,
}

/// The filter that earnings pass which stand so at a moment.
pub fn standing_in(standings: &[Standing], now: Moment) -> Condition {
    let stored = |state: State| Condition::all().add(Column::State.eq(state));
    let payable = || {
        Condition::all()
            .add(Column::AmountMinor.gte(0))
            .add(Column::PayableAt.lte(now))
    };
    if standings.is_empty() {
        return Condition::all().add(Expr::value(false));
    }
    standings.iter().fold(Condition::any(), |any, standing| {
        any.add(match standing {
            Standing::Held => stored(State::Held).add(payable().not()),
            Standing::Payable => stored(State::Held).add(payable()),
            Standing::InPayout => stored(State::InPayout),
            Standing::Paid => stored(State::Paid),
        })
    })
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
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether a refund took it back.
    pub fn is_taken_back(&self) -> bool {
        self.amount_minor < 0
    }

    /// Where it stands at a moment.
    pub fn standing_at(&self, now: Moment) -> Standing {
        match self.state {
            State::Held if self.is_taken_back() || self.payable_at > now => Standing::Held,
            State::Held => Standing::Payable,
            State::InPayout => Standing::InPayout,
            State::Paid => Standing::Paid,
        }
    }
}

super::owned!(EarningId, Earning);
super::dated!();
