//! Partners in programs.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{EnrollmentId, PartnerId, ProgramId, TenantId};

/// Where an enrollment stands.
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
    /// The agreement is not accepted.
    Invited,
    /// It works under the terms.
    Active,
}

/// An enrollment.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enrollment")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EnrollmentId,
    /// The partner.
    pub partner_id: PartnerId,
    /// The program.
    pub program_id: ProgramId,
    /// Its tier there, in the tenant's words.
    pub tier: Option<String>,
    /// Where it stands.
    pub state: State,
    /// When it was invited.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(EnrollmentId, Enrollment);
super::dated!();
