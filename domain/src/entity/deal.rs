//! Opportunities.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::entity::Owned;
use crate::error::{Conflict, Error, Result};
use crate::ids::{AccountId, DealId, ProgramId, RegistrationId, TenantId, TermsId};
use crate::money::Currency;

/// Whether a deal is decided.
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
    /// It is being worked.
    Open,
    /// The customer signed.
    ClosedWon,
    /// The customer did not.
    ClosedLost,
}

/// A deal.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deal")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DealId,
    /// The program.
    pub program_id: ProgramId,
    /// The terms it is settled under.
    pub terms_id: TermsId,
    /// The customer.
    pub account_id: AccountId,
    /// The registration it came from.
    pub registration_id: Option<RegistrationId>,
    /// What is sold.
    pub name: String,
    /// What it is worth, in minor units; positive.
    pub amount_minor: i64,
    /// The currency of all its amounts.
    pub currency: Currency,
    /// Open, won or lost.
    pub state: State,
    /// Where it stands in the tenant's own words.
    pub stage: String,
    /// When it was opened.
    pub opened_at: Moment,
    /// The place in the log at which it was opened.
    pub opened_position: i64,
    /// When it was won or lost.
    pub closed_at: Option<Moment>,
    /// The place in the log at which it was won or lost.
    pub closed_position: Option<i64>,
    /// Until when the undecided involvements of a won deal can be decided; none
    /// where its credit is settled, or it is not won.
    pub credit_due_at: Option<Moment>,
    /// Why it was lost.
    pub lost_reason: Option<String>,
    /// When what was left to collect was written off.
    pub written_off_at: Option<Moment>,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

/// The deal, if it is open; a conflict that says how it ended otherwise.
pub(crate) async fn open_in<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    id: DealId,
) -> Result<Model> {
    let deal = Entity::get(db, tenant, id).await?;
    match deal.state {
        State::Open => Ok(deal),
        State::ClosedWon => Err(Error::conflict(
            Conflict::AlreadyWon,
            "the deal is won already",
        )),
        State::ClosedLost => Err(Error::conflict(Conflict::DealLost, "the deal is lost")),
    }
}

super::owned!(DealId, Deal);
super::dated!();
