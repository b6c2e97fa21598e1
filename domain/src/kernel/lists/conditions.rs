//! Conditions of filters that are more than a comparison with a column.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;

use crate::entity::account_identifier::Kind;
use crate::entity::earning::Standing;
use crate::entity::{
    account, account_identifier, commission, earning, enrollment, involvement, partner, payout,
    payout_method, registration, tax_form,
};
use crate::ids::{PersonId, ProgramId};
pub(super) use crate::kernel::audience::with_partners;
use crate::scope::Scope;
use crate::site::{Site, site};

/// Registrations that are now in one of these states.
pub(super) fn registrations_in(scope: &Scope, states: &[registration::State]) -> Condition {
    registration::in_states(states, scope.now())
}

/// Tax forms that are now in one of these states.
pub(super) fn tax_forms_in(scope: &Scope, states: &[tax_form::State]) -> Condition {
    tax_form::in_states(states, scope.now())
}

/// Earnings that now stand so.
pub(super) fn earnings_in(scope: &Scope, standings: &[Standing]) -> Condition {
    earning::standing_in(standings, scope.now())
}

/// Partners that are or were in one of these programs.
pub(super) fn partners_in(scope: &Scope, programs: &[ProgramId]) -> Condition {
    let enrolled = Query::select()
        .column(enrollment::Column::PartnerId)
        .from(enrollment::Entity)
        .and_where(enrollment::Column::TenantId.eq(scope.tenant()))
        .and_where(enrollment::Column::ProgramId.is_in(programs.iter().copied()))
        .to_owned();
    Condition::all().add(partner::Column::Id.in_subquery(enrolled))
}

/// Makes conditions: rows of the partners for whom one of these persons is responsible.
macro_rules! of_responsible {
    ($($(#[$doc:meta])* $name:ident: $entity:ident;)+) => {$(
        $(#[$doc])*
        pub(super) fn $name(scope: &Scope, people: &[PersonId]) -> Condition {
            let partners = Query::select()
                .column(partner::Column::Id)
                .from(partner::Entity)
                .and_where(partner::Column::TenantId.eq(scope.tenant()))
                .and_where(partner::Column::ResponsibleId.is_in(people.iter().copied()))
                .to_owned();
            Condition::all().add($entity::Column::PartnerId.in_subquery(partners))
        }
    )+};
}

of_responsible! {
    /// Their registrations.
    registrations_of_responsible: registration;
    /// Their involvements.
    involvements_of_responsible: involvement;
    /// Their tax forms.
    tax_forms_of_responsible: tax_form;
    /// Their payout methods.
    payout_methods_of_responsible: payout_method;
    /// Their payouts.
    payouts_of_responsible: payout;
    /// Their commissions.
    commissions_of_responsible: commission;
}

/// Accounts that are known by one of these domains, in any letters.
pub(super) fn accounts_with_domain(scope: &Scope, domains: &[String]) -> Condition {
    let domains = domains.iter().map(|domain| match site(domain) {
        Ok(Site::Own(domain)) => domain,
        _ => domain.to_lowercase(),
    });
    accounts_with(scope, Kind::Domain, domains.collect())
}

/// Accounts that are known by one of these ids of the tenant's CRM.
pub(super) fn accounts_with_crm_id(scope: &Scope, ids: &[String]) -> Condition {
    accounts_with(scope, Kind::CrmId, ids.to_vec())
}

fn accounts_with(scope: &Scope, kind: Kind, values: Vec<String>) -> Condition {
    use account_identifier::Column;
    let known = Query::select()
        .column(Column::AccountId)
        .from(account_identifier::Entity)
        .and_where(Column::TenantId.eq(scope.tenant()))
        .and_where(Column::Kind.eq(kind))
        .and_where(Column::Value.is_in(values))
        .to_owned();
    Condition::all().add(account::Column::Id.in_subquery(known))
}
