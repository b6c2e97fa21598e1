//! Customers, as partners know them.
//!
//! What is first heard of a customer may come from a rival's registration. A partner is
//! therefore told of a customer what it said itself, and nothing older than its
//! own part.

use std::collections::HashMap;

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{QueryOrder, QuerySelect, QueryTrait};

use super::deals::with_partner;
use crate::clock::Moment;
use crate::entity::account_identifier::{self, Kind};
use crate::entity::{Owned, account, deal, involvement, registration, registration_conflict};
use crate::error::Result;
use crate::ids::{AccountId, DealId, PartnerId};
use crate::kernel::visible::Visible;
use crate::scope::Scope;
use crate::site::{Site, site};

impl Visible for account::Entity {
    /// For a partner, those that it registered without a rival in its way or with
    /// a registration that was approved, and the customers of the deals that it has a
    /// part in.
    fn visible(scope: &Scope) -> Select<Self> {
        let all = Self::of(scope.tenant());
        let Some(own) = scope.partner() else {
            return all;
        };
        let registered = Query::select()
            .column(registration::Column::AccountId)
            .from(registration::Entity)
            .and_where(registration::Column::TenantId.eq(scope.tenant()))
            .and_where(registration::Column::PartnerId.eq(own))
            .cond_where(uncontested(scope))
            .to_owned();
        let customers = deal::Entity::of(scope.tenant())
            .filter(with_partner(scope, own))
            .select_only()
            .column(deal::Column::AccountId)
            .into_query();
        all.filter(
            Condition::any()
                .add(account::Column::Id.in_subquery(registered))
                .add(account::Column::Id.in_subquery(customers)),
        )
    }

    /// A partner sees the name that it gave, or the domain of the customer of a
    /// deal; and no earlier date than that of its own part.
    async fn shown(scope: &Scope, mut rows: Vec<account::Model>) -> Result<Vec<account::Model>> {
        let Some(own) = scope.partner() else {
            return Ok(rows);
        };
        let ids: Vec<AccountId> = rows.iter().map(|row| row.id).collect();
        let mut words = own_words(scope, own, &ids).await?;
        for row in &mut rows {
            if let Some(said) = words.remove(&row.id) {
                row.name = said.name;
                row.created_at = row.created_at.max(said.since);
            }
        }
        Ok(rows)
    }
}

/// The filter that registrations pass which nothing stood against, or which
/// were approved all the same.
fn uncontested(scope: &Scope) -> Condition {
    let contested = Query::select()
        .column(registration_conflict::Column::RegistrationId)
        .from(registration_conflict::Entity)
        .and_where(registration_conflict::Column::TenantId.eq(scope.tenant()))
        .to_owned();
    Condition::any()
        .add(registration::Column::Id.not_in_subquery(contested))
        .add(registration::Column::ProtectedUntil.is_not_null())
        .add(registration::Column::State.eq(registration::State::Converted))
}

/// What a partner knows of a customer.
struct OwnWords {
    name: String,
    /// The registrable domain, if it knows one that identifies the customer.
    domain: Option<String>,
    since: Moment,
}

/// What a partner knows of customers: what it registered first, or else what
/// the first deal that it has a part in shows.
async fn own_words(
    scope: &Scope,
    own: PartnerId,
    accounts: &[AccountId],
) -> Result<HashMap<AccountId, OwnWords>> {
    let db = scope.read().await?;
    let registrations = registration::Entity::of(scope.tenant())
        .filter(registration::Column::PartnerId.eq(own))
        .filter(registration::Column::AccountId.is_in(accounts.iter().copied()))
        .filter(uncontested(scope))
        .order_by_asc(registration::Column::SubmittedPosition)
        .all(&db)
        .await?;
    let mut words: HashMap<AccountId, OwnWords> = HashMap::new();
    for registration in registrations {
        words
            .entry(registration.account_id)
            .or_insert_with(|| OwnWords {
                domain: match site(&registration.submitted_domain) {
                    Ok(Site::Own(domain)) => Some(domain),
                    _ => None,
                },
                name: registration.submitted_name,
                since: registration.submitted_at,
            });
    }
    let others: Vec<AccountId> = accounts
        .iter()
        .copied()
        .filter(|id| !words.contains_key(id))
        .collect();
    if others.is_empty() {
        return Ok(words);
    }
    let deals: HashMap<DealId, deal::Model> = deal::Entity::of(scope.tenant())
        .filter(with_partner(scope, own))
        .filter(deal::Column::AccountId.is_in(others.iter().copied()))
        .all(&db)
        .await?
        .into_iter()
        .map(|deal| (deal.id, deal))
        .collect();
    let parts = involvement::Entity::of(scope.tenant())
        .filter(involvement::Column::PartnerId.eq(own))
        .filter(involvement::Column::State.ne(involvement::State::Declined))
        .filter(involvement::Column::DealId.is_in(deals.keys().copied()))
        .order_by_asc(involvement::Column::RecordedPosition)
        .all(&db)
        .await?;
    let domains = first_domains(scope, &others).await?;
    for part in parts {
        let Some(deal) = deals.get(&part.deal_id) else {
            continue;
        };
        let domain = domains.get(&deal.account_id).cloned();
        words.entry(deal.account_id).or_insert_with(|| OwnWords {
            name: domain.clone().unwrap_or_else(|| deal.name.clone()),
            domain,
            since: part.recorded_at,
        });
    }
    Ok(words)
}

/// The domain that each account was first known by.
async fn first_domains(
    scope: &Scope,
    accounts: &[AccountId],
) -> Result<HashMap<AccountId, String>> {
    let rows = account_identifier::Entity::find()
        .filter(account_identifier::Column::TenantId.eq(scope.tenant()))
        .filter(account_identifier::Column::Kind.eq(Kind::Domain))
        .filter(account_identifier::Column::AccountId.is_in(accounts.iter().copied()))
        .order_by_desc(account_identifier::Column::Position)
        .all(&scope.read().await?)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.account_id, row.value))
        .collect())
}

/// What the actor sees of the identifiers of accounts that it may see: a partner
/// the domain that it knows the customer by, and no id of the tenant's CRM.
pub(crate) async fn identifiers_shown(
    scope: &Scope,
    rows: Vec<account_identifier::Model>,
) -> Result<Vec<account_identifier::Model>> {
    let Some(own) = scope.partner() else {
        return Ok(rows);
    };
    let accounts: Vec<AccountId> = rows.iter().map(|row| row.account_id).collect();
    let words = own_words(scope, own, &accounts).await?;
    let known = |row: &account_identifier::Model| {
        let domain = words
            .get(&row.account_id)
            .and_then(|said| said.domain.as_ref());
        row.kind == Kind::Domain && domain == Some(&row.value)
    };
    Ok(rows.into_iter().filter(known).collect())
}
