//! Lines of the ledger.

use sea_orm::entity::prelude::*;

use crate::ids::{EntryId, PartnerId, TenantId};
use crate::money::Currency;

/// The accounts of the ledger, each kept per partner and currency.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
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
pub enum LedgerAccount {
    /// What partners cost the tenant.
    CommissionExpense,
    /// Owed once the customer pays.
    Accrued,
    /// Owed now.
    Payable,
    /// With a rail.
    InTransit,
    /// Paid.
    Cash,
}

/// One line of a posting. Never changed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "entry")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EntryId,
    /// The posting it belongs to, by its place in the log.
    pub position: i64,
    /// Which account of the ledger.
    pub account: LedgerAccount,
    /// Whose; none where it is nobody's, as what is owed to an authority.
    pub partner_id: Option<PartnerId>,
    /// Minor units: positive is debit, negative is credit.
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(EntryId, Entry);
