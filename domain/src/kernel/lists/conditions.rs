//! Conditions of filters that are more than a comparison with a column.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;

use crate::entity::earning::Standing;
use crate::entity::{earning, enrollment, partner, registration, tax_form};
use crate::ids::{PartnerId, ProgramId};
use crate::kernel::audience::with_partners;
use crate::scope::Scope;

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

/// Deals that one of these partners has a part in.
pub(super) fn deals_with(scope: &Scope, partners: &[PartnerId]) -> Condition {
    with_partners(scope, partners)
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
