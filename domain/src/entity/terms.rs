//! Versions of a program's terms.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{ProgramId, TenantId, TermsId};

/// Where terms stand.
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
    /// In force from a date that has not come.
    Scheduled,
    /// In force for what begins now.
    InForce,
    /// In force only for what began under them.
    Superseded,
    /// Withdrawn before their date; never in force.
    Withdrawn,
}

/// Terms. Never changed once published, but for their state.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "terms")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TermsId,
    /// The program.
    pub program_id: ProgramId,
    /// Their number within the program, from 1.
    pub version: i32,
    /// Whether they are, were or will be in force.
    pub state: State,
    /// What a partner agrees to, in words.
    #[sea_orm(column_type = "Text")]
    pub agreement_text: String,
    /// All that a partner agrees to, as JSON text: the words, the terms, the rules
    /// with their configurations, and the digests of the code that decides.
    #[sea_orm(column_type = "Text")]
    pub document: String,
    /// SHA-256 of the document, in hexadecimal.
    pub document_digest: String,
    /// How long an approved registration protects, in days from approval.
    pub protection_days: i32,
    /// Whether a registration without conflict is approved at once.
    pub auto_approve: bool,
    /// How long an earning waits after its collection, in days.
    pub hold_days: i32,
    /// Days after the win until undecided involvements are declined.
    pub credit_decision_days: i32,
    /// The least that is paid out, in minor units.
    pub payout_minimum_minor: i64,
    /// The most that one rule may give on one deal, in ten-thousandths of its amount.
    pub commission_cap_bps: i32,
    /// When their document was published.
    pub published_at: Moment,
    /// The place in the log of that.
    pub published_position: i64,
    /// From when on they are in force, unless they are withdrawn before.
    pub effective_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(TermsId, Terms);
super::dated!();
