//! Batches of payouts.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{PartnerId, PayoutRunId, ProgramId, TenantId};
use crate::money::Currency;

/// Where a payout run stands.
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
    /// Proposed, and not ready to be looked at.
    Preparing,
    /// Ready to be approved; nothing is sent.
    Draft,
    /// A second person approved it.
    Approved,
    /// Its payouts are being sent.
    Executing,
    /// Every payout is paid or failed.
    Done,
    /// It is being stopped: what was not sent is given back.
    Cancelling,
    /// It was stopped before anything was sent.
    Cancelled,
}

impl State {
    /// While another run of the program has to wait.
    pub const UNFINISHED: [Self; 4] = [
        Self::Preparing,
        Self::Draft,
        Self::Approved,
        Self::Cancelling,
    ];
    /// While the rail has something to do for the run.
    pub const AT_WORK: [Self; 2] = [Self::Approved, Self::Executing];
}

/// A payout run.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_run")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutRunId,
    /// The program whose partners are paid.
    pub program_id: ProgramId,
    /// The currency of all its payouts.
    pub currency: Currency,
    /// The rail that all of it is paid over; that of each payout method, if none.
    pub rail: Option<super::payout_method::RailName>,
    /// Where it stands.
    pub state: State,
    /// The place in the log as of which it is: what was released later is not in it.
    pub as_of_position: i64,
    /// While it is prepared: the last partner that is done.
    pub prepared_upto: Option<PartnerId>,
    /// How many unpaid earnings there were; none until they were counted.
    pub earnings_total: Option<i64>,
    /// How many of them were looked at so far.
    pub earnings_done: i64,
    /// Who proposed it.
    pub proposed_by: Actor,
    /// When: earnings whose hold ended by then are in it.
    pub proposed_at: Moment,
    /// Who approved it: another person.
    pub approved_by: Option<Actor>,
    /// When.
    pub approved_at: Option<Moment>,
    /// When the last payout was settled.
    pub finished_at: Option<Moment>,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(PayoutRunId, PayoutRun);
super::dated!();
