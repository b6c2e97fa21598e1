//! Tax forms.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{PartnerId, TaxFormId, TenantId};

/// Which tax form.
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
    /// United States: a person or company there.
    W9,
    /// United States: a person abroad.
    W8Ben,
    /// United States: a company abroad.
    W8BenE,
    /// India: permanent account number.
    Pan,
    /// India: goods and services tax number.
    Gstin,
}

/// Where a tax form stands.
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
    /// Nobody has looked at it.
    Submitted,
    /// It is good.
    Approved,
    /// It is not.
    Rejected,
    /// It was approved, and its time is over. Told by [`Model::state_at`] and
    /// not stored: nothing has to happen for it.
    Expired,
}

/// A tax form. Of the tax id only the last four characters are kept.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tax_form")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaxFormId,
    /// The partner.
    pub partner_id: PartnerId,
    /// Which form.
    pub kind: Kind,
    /// The last four characters of the tax id.
    pub tax_id_last4: String,
    /// Who signed it.
    pub signer_name: String,
    /// Where it stands.
    pub state: State,
    /// Who filed it.
    pub submitted_by: Actor,
    /// When it was filed.
    pub submitted_at: Moment,
    /// When it was approved or rejected.
    pub decided_at: Option<Moment>,
    /// By whom.
    pub decided_by: Option<Actor>,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// When it stops being valid, if it does.
    pub expires_at: Option<Moment>,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The state at an instant: validity ends by itself.
    pub fn state_at(&self, now: Moment) -> State {
        match (self.state, self.expires_at) {
            (State::Approved, Some(end)) if end <= now => State::Expired,
            (state, _) => state,
        }
    }
}

/// The filter that forms pass which are in one of these states at an instant.
pub fn in_states(states: &[State], now: Moment) -> Condition {
    let lapsed = || {
        Condition::all()
            .add(Column::State.eq(State::Approved))
            .add(Column::ExpiresAt.is_not_null())
            .add(Column::ExpiresAt.lte(now))
    };
    let stored = Condition::all()
        .add(Column::State.is_in(states.to_vec()))
        .add(lapsed().not());
    let expired = states.contains(&State::Expired).then(lapsed);
    Condition::any().add(stored).add_option(expired)
}

super::owned!(TaxFormId, TaxForm);
super::dated!();
