//! Which rows belong to which parents where another table says so.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Query, SelectStatement};

use crate::entity::{enrollment, involvement};
use crate::scope::Scope;

/// The deals that each of these partners has a part in. A part that was declined is none.
pub fn deals_of_partner(scope: &Scope, partners: &[Uuid]) -> SelectStatement {
    use involvement::Column;
    Query::select()
        .distinct()
        .expr_as(Column::PartnerId.into_expr(), "parent")
        .expr_as(Column::DealId.into_expr(), "child")
        .from(involvement::Entity)
        .and_where(Column::TenantId.eq(scope.tenant()))
        .and_where(Column::PartnerId.is_in(partners.iter().copied()))
        .and_where(Column::State.ne(involvement::State::Declined))
        .to_owned()
}

/// The partners that are or were in each of these programs.
pub fn partners_of_program(scope: &Scope, programs: &[Uuid]) -> SelectStatement {
    use enrollment::Column;
    Query::select()
        .expr_as(Column::ProgramId.into_expr(), "parent")
        .expr_as(Column::PartnerId.into_expr(), "child")
        .from(enrollment::Entity)
        .and_where(Column::TenantId.eq(scope.tenant()))
        .and_where(Column::ProgramId.is_in(programs.iter().copied()))
        .to_owned()
}
