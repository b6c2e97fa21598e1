//! Programs.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{ProgramId, TenantId};
use crate::money::Currency;

/// How the partners of a program work.
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
pub enum ProgramModel {
    /// They bring a customer and step back.
    Referral,
    /// They sell on their own paper.
    Reseller,
    /// They sell together with the tenant.
    CoSell,
    /// They integrate a product.
    Technology,
}

/// Where a program stands.
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
    /// No terms are published.
    Draft,
    /// Partners work under it.
    Open,
}

/// A program.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "program")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProgramId,
    /// Its name.
    pub name: String,
    /// How its partners work.
    pub model: ProgramModel,
    /// The currency of its deals and payouts.
    pub currency: Currency,
    /// Whether partners can work under it.
    pub state: State,
    /// When it was created.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(ProgramId, Program);
super::dated!();
