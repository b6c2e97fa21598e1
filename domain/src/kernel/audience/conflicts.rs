//! What stands against a registration, as its reader may know it.

use std::collections::{HashMap, HashSet};

use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::entity::registration_conflict::{self, Kind};
use crate::entity::{account, deal, partner, registration};
use crate::error::Result;
use crate::ids::{AccountId, DealId, PartnerId, RegistrationId};
use crate::reads::by_ids;
use crate::scope::Scope;

/// One reason why a registration is in conflict.
#[derive(Clone, Debug)]
pub struct ShownConflict {
    /// The registration.
    pub registration: RegistrationId,
    /// What it competes with.
    pub kind: Kind,
    /// The same in a sentence for people.
    pub message: String,
    /// The registration that it competes with, if the reader may see it.
    pub competing_registration: Option<RegistrationId>,
    /// The deal that it competes with, if the reader may see it.
    pub competing_deal: Option<DealId>,
    /// The account that it may duplicate, if the reader may see it.
    pub competing_account: Option<AccountId>,
}

/// Why registrations are in conflict, in order, for those who may see them. What
/// the reader may not see is neither named nor linked.
pub async fn conflicts_of(
    scope: &Scope,
    registrations: &[RegistrationId],
) -> Result<Vec<ShownConflict>> {
    let query = registration_conflict::Entity::find()
        .filter(registration_conflict::Column::TenantId.eq(scope.tenant()))
        .filter(registration_conflict::Column::RegistrationId.is_in(registrations.iter().copied()))
        .order_by_asc(registration_conflict::Column::Ordinal);
    let rows = query.all(&scope.read().await?).await?;
    let rivals = Rivals::seen(scope, &rows).await?;
    let mut shown: Vec<ShownConflict> = rows.iter().map(|row| rivals.describe(row)).collect();
    if scope.partner().is_some() {
        // How many rivals there are is theirs to know: one line for each kind of them.
        let mut told = HashSet::new();
        shown.retain(|conflict| {
            conflict.is_named() || told.insert((conflict.registration, conflict.message.clone()))
        });
    }
    Ok(shown)
}

impl ShownConflict {
    /// Whether the reader may see what the registration competes with.
    fn is_named(&self) -> bool {
        self.competing_registration.is_some()
            || self.competing_deal.is_some()
            || self.competing_account.is_some()
    }
}

/// What conflicts name, as far as the reader may see it.
struct Rivals {
    registrations: HashMap<RegistrationId, registration::Model>,
    partners: HashMap<PartnerId, partner::Model>,
    deals: HashMap<DealId, deal::Model>,
    accounts: HashMap<AccountId, account::Model>,
}

impl Rivals {
    async fn seen(scope: &Scope, rows: &[registration_conflict::Model]) -> Result<Self> {
        let ids: Vec<_> = rows
            .iter()
            .filter_map(|row| row.competing_registration_id)
            .collect();
        let registrations = if ids.is_empty() {
            HashMap::new()
        } else {
            by_ids::<registration::Entity>(scope, &ids).await?
        };
        let ids: Vec<_> = registrations.values().map(|row| row.partner_id).collect();
        let partners = if ids.is_empty() {
            HashMap::new()
        } else {
            by_ids::<partner::Entity>(scope, &ids).await?
        };
        let ids: Vec<_> = rows
            .iter()
            .filter_map(|row| row.competing_deal_id)
            .collect();
        let deals = if ids.is_empty() {
            HashMap::new()
        } else {
            by_ids::<deal::Entity>(scope, &ids).await?
        };
        let ids: Vec<_> = rows
            .iter()
            .filter_map(|row| row.competing_account_id)
            .collect();
        // To a partner a namesake would tell who else is a customer.
        let accounts = if ids.is_empty() || scope.partner().is_some() {
            HashMap::new()
        } else {
            by_ids::<account::Entity>(scope, &ids).await?
        };
        Ok(Self {
            registrations,
            partners,
            deals,
            accounts,
        })
    }

    fn describe(&self, row: &registration_conflict::Model) -> ShownConflict {
        let registration = row
            .competing_registration_id
            .and_then(|id| self.registrations.get(&id));
        let deal = row.competing_deal_id.and_then(|id| self.deals.get(&id));
        let account = row
            .competing_account_id
            .and_then(|id| self.accounts.get(&id));
        let message = match row.kind {
            Kind::LiveRegistration => self.registered(registration),
            Kind::OpenDeal => named(
                "a deal with this customer was open already",
                deal.map(|deal| &deal.name),
            ),
            Kind::ExistingCustomer => named(
                "this customer had bought before",
                deal.map(|deal| &deal.name),
            ),
            Kind::PossibleDuplicate => named(
                "this may be a customer who is known already, under another domain",
                account.map(|account| &account.name),
            ),
        };
        ShownConflict {
            registration: row.registration_id,
            kind: row.kind,
            message,
            competing_registration: registration.map(|row| row.id),
            competing_deal: deal.map(|row| row.id),
            competing_account: account.map(|row| row.id),
        }
    }

    fn registered(&self, registration: Option<&registration::Model>) -> String {
        let Some(rival) = registration else {
            return "somebody else registered this customer before".to_owned();
        };
        let partner = self.partners.get(&rival.partner_id);
        let partner = partner.map_or("a partner", |partner| &partner.name);
        let day = rival.submitted_at.to_utc().date_naive();
        format!(
            "{partner} registered this customer before, on {day}: {}",
            rival.opportunity
        )
    }
}

fn named(about: &str, name: Option<&String>) -> String {
    match name {
        Some(name) => format!("{about}: {name}"),
        None => about.to_owned(),
    }
}
