//! Partners' parts in deals.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{DealId, InvolvementId, PartnerId, RegistrationId, TenantId};

/// What a partner did.
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
    /// It made the introduction.
    Introduced,
    /// It spoke for the product.
    Vouched,
    /// It shaped what the customer asked for.
    ShapedRequirements,
    /// It checked that it works.
    Validated,
    /// It sold alongside.
    CoSold,
    /// It built the connection.
    Integrated,
}

/// Where an involvement stands.
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
    /// A person has to look.
    Proposed,
    /// It counts.
    Confirmed,
    /// It does not.
    Declined,
}

/// An involvement.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "involvement")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: InvolvementId,
    /// The deal.
    pub deal_id: DealId,
    /// The partner.
    pub partner_id: PartnerId,
    /// Whether it brought the deal or moved it.
    pub role: super::credit_share::Role,
    /// What it did.
    pub kind: Kind,
    /// What shows it.
    #[sea_orm(column_type = "Text")]
    pub evidence: String,
    /// The registration that shows it, where that is the evidence.
    pub registration_id: Option<RegistrationId>,
    /// Where it stands.
    pub state: State,
    /// When it happened.
    pub occurred_at: Moment,
    /// When it was recorded.
    pub recorded_at: Moment,
    /// By whom.
    pub recorded_by: Actor,
    /// Its place in the tenant's log, which decides who was first.
    pub recorded_position: i64,
    /// When it was confirmed or declined.
    pub decided_at: Option<Moment>,
    /// By whom.
    pub decided_by: Option<Actor>,
    /// Why it was declined.
    pub reason: Option<String>,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(InvolvementId, Involvement);
super::dated!();
