//! Work that the server does of its own accord.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::TenantId;

/// What there is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "snake_case"
)]
pub enum Kind {
    /// Settle the credit of a won deal that waited for decisions until now.
    SettleCredit,
    /// Put a won deal to its rules.
    AssessDeal,
    /// Find out who is paid by a proposed run.
    PrepareRun,
    /// Give back what a cancelled run did not send.
    CancelRun,
    /// Move the earnings of a settled payout to where they belong.
    ApplyPayout,
    /// Bring the payouts of an approved run through their rails.
    ExecuteRun,
    /// Expire the registrations whose protection has run out; about the tenant.
    ExpireRegistrations,
    /// Put terms into force whose date has come.
    BeginTerms,
}

/// Something to do, about one row. Written in the transaction that causes it,
/// and deleted in the one that finishes it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// What there is to do.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: Kind,
    /// The row that it is about.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: Uuid,
    /// From when on, on the tenant's clock; at once, if none.
    pub due_at: Option<Moment>,
    /// Not before this instant of the machine's clock: after a failure it is
    /// tried less and less often.
    pub not_before: Moment,
    /// Times that it was begun since it last got on.
    pub attempts: i32,
    /// Until when a server holds it, on the machine's clock. A hint that saves
    /// doing it twice: doing it twice is harmless.
    pub lease_until: Option<Moment>,
    /// What the last attempt failed with; none if it did not fail.
    #[sea_orm(column_type = "Text", nullable)]
    pub failure: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
