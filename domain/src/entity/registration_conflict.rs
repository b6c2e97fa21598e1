//! Why registrations are in conflict.

use sea_orm::entity::prelude::*;

use crate::ids::{AccountId, DealId, RegistrationId, TenantId};

/// What a registration can compete with.
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
    /// Another registration protects the account.
    LiveRegistration,
    /// A deal with the account is open.
    OpenDeal,
    /// The account has bought before.
    ExistingCustomer,
    /// Another account has the same name.
    PossibleDuplicate,
}

/// One reason why a registration is in conflict.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registration_conflict")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// The registration in conflict.
    #[sea_orm(primary_key, auto_increment = false)]
    pub registration_id: RegistrationId,
    /// Its place among the reasons, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ordinal: i32,
    /// What it competes with.
    pub kind: Kind,
    /// The registration it competes with.
    pub competing_registration_id: Option<RegistrationId>,
    /// The deal it competes with.
    pub competing_deal_id: Option<DealId>,
    /// The account it may duplicate.
    pub competing_account_id: Option<AccountId>,
}

impl ActiveModelBehavior for ActiveModel {}
