//! Partners.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{PartnerId, PersonId, TenantId};

/// Where a partner stands.
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
    /// Its paperwork is not complete.
    Onboarding,
    /// Its paperwork was complete once. What has lapsed since is for
    /// `readiness` to tell.
    Active,
    /// It is stopped for now.
    Suspended,
}

/// A partner organisation.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "partner")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PartnerId,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: State,
    /// Who of the tenant's people looks after it; none while nobody does.
    pub responsible_id: Option<PersonId>,
    /// When it was invited.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(PartnerId, Partner);
super::dated!();
