//! Entitlements.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::ids::{
    CommissionId, CreditId, DealId, EvaluationId, PartnerId, RuleId, TenantId, TermsId,
};
use crate::money::Currency;

/// Where a commission stands.
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
    /// It is not assessed yet.
    Pending,
    /// Its total stands; collections release it.
    Approved,
    /// Its rule faulted; nothing is released until it is tried again.
    Held,
    /// Its deal is written off: nothing more is expected. What the customer pays
    /// all the same is released.
    Closed,
}

/// A commission.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "commission")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CommissionId,
    /// The deal.
    pub deal_id: DealId,
    /// The deal's terms.
    pub terms_id: TermsId,
    /// The version of the credit it rests on.
    pub credit_id: CreditId,
    /// The partner.
    pub partner_id: PartnerId,
    /// The rule.
    pub rule_id: RuleId,
    /// The role it pays.
    pub role: super::credit_share::Role,
    /// Where it stands.
    pub state: State,
    /// The entitlement, in minor units, once it is assessed.
    pub total_minor: Option<i64>,
    /// The deal's currency.
    pub currency: Currency,
    /// How the figure came about, for the partner.
    #[sea_orm(column_type = "Text", nullable)]
    pub explanation: Option<String>,
    /// The receipt of the newest run that decided it.
    pub evaluation_id: Option<EvaluationId>,
    /// While held: which fault.
    pub fault_code: Option<String>,
    /// While held: the fault in words.
    #[sea_orm(column_type = "Text", nullable)]
    pub fault_message: Option<String>,
    /// When the deal was won, or when the commission was last put to its rule anew:
    /// what was decided later has no part in its total.
    pub as_of_at: Moment,
    /// The place of that moment in the log.
    pub as_of_position: i64,
    /// When its credit was settled.
    pub created_at: Moment,
    /// When it was assessed or held.
    pub assessed_at: Option<Moment>,
    /// The last of the deal's collections whose part is released, by its ordinal; 0
    /// before any is.
    pub released_ordinal: i32,
    /// When it was last changed.
    pub updated_at: Moment,
    /// The deal, as a row.
    #[sea_orm(belongs_to, from = "(tenant_id, deal_id)", to = "(tenant_id, id)")]
    pub deal: BelongsTo<super::deal::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The total that an assessed commission must have.
    pub(crate) fn total(&self) -> Result<i64> {
        let missing = || Error::broken(format!("{} has no total", self.id));
        self.total_minor.ok_or_else(missing)
    }
}

super::owned!(CommissionId, Commission);
super::dated!();
