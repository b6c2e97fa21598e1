//! Registrations of opportunities.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{AccountId, DealId, PartnerId, ProgramId, RegistrationId, TenantId, TermsId};
use crate::money::Currency;

/// Where a registration stands.
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
    /// It waits for a person.
    Submitted,
    /// It competes with something; a person settles it.
    InConflict,
    /// It protects the account.
    Approved,
    /// It was turned down.
    Rejected,
    /// The partner gave it up.
    Withdrawn,
    /// Its protection ran out.
    Expired,
    /// It became a deal.
    Converted,
}

/// A registration.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "registration")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegistrationId,
    /// The program.
    pub program_id: ProgramId,
    /// The terms it was made under.
    pub terms_id: TermsId,
    /// The partner that registers.
    pub partner_id: PartnerId,
    /// The customer.
    pub account_id: AccountId,
    /// What is to be sold, in the partner's words.
    pub opportunity: String,
    /// The customer's name as the partner wrote it.
    pub submitted_name: String,
    /// The same without case, marks and legal form.
    pub normalized_name: String,
    /// The customer's domain or address as the partner wrote it.
    pub submitted_domain: String,
    /// The expected amount, in minor units.
    pub expected_minor: Option<i64>,
    /// The currency of the expected amount.
    pub currency: Currency,
    /// Where it stands.
    pub state: State,
    /// Whether it keeps others off the account. At most one of an account does.
    pub protects: bool,
    /// When protection ends, unless it is converted first.
    pub protected_until: Option<Moment>,
    /// The deal it became.
    pub deal_id: Option<DealId>,
    /// Why it was decided as it was.
    pub reason: Option<String>,
    /// Who decided: a person, or `policy`.
    pub decided_by: Option<Actor>,
    /// Who sent it.
    pub submitted_by: Actor,
    /// When, by the server's clock.
    pub submitted_at: Moment,
    /// Its place in the log: decides who was first.
    pub submitted_position: i64,
    /// When it was decided.
    pub decided_at: Option<Moment>,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(RegistrationId, Registration);

impl Model {
    /// The state at an instant: protection ends by itself.
    pub fn state_at(&self, now: Moment) -> State {
        match (self.state, self.protected_until) {
            (State::Approved, Some(until)) if until <= now => State::Expired,
            (state, _) => state,
        }
    }
}

/// The filter that registrations in one of these states at an instant pass, as
/// [`Model::state_at`] tells them; all of them, where no state is named.
pub fn in_states(states: &[State], now: Moment) -> Condition {
    let lapsed = Condition::all()
        .add(Column::State.eq(State::Approved))
        .add(Column::ProtectedUntil.lte(now));
    let stored = Condition::all()
        .add(Column::State.is_in(states.to_vec()))
        .add(lapsed.clone().not());
    let expired = states.contains(&State::Expired).then_some(lapsed);
    Condition::any().add(stored).add_option(expired)
}
super::dated!();
