//! Commissions, payouts and the books.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;

use super::basis::{Told, own_of, own_rows, with_permission};
use crate::access::Permission;
use crate::entity::{Owned, commission, entry, evaluation, payout, payout_hold, payout_run};
use crate::error::Result;
use crate::kernel::visible::Visible;
use crate::scope::Scope;

own_rows! { earning payout }

impl Visible for commission::Entity {
    fn visible(scope: &Scope) -> Select<Self> {
        Self::of(scope.tenant()).filter(own_of::<Self>(scope, commission::Column::PartnerId))
    }

    /// Why a rule faulted is the tenant's affair.
    async fn shown(
        scope: &Scope,
        mut rows: Vec<commission::Model>,
    ) -> Result<Vec<commission::Model>> {
        if scope.partner().is_some() {
            for row in &mut rows {
                row.fault_code = None;
                row.fault_message = None;
            }
        }
        Ok(rows)
    }
}

impl Visible for evaluation::Entity {
    /// For those who may read the books: a receipt names every partner.
    fn visible(scope: &Scope) -> Select<Self> {
        Self::of(scope.tenant()).filter(with_permission(scope, Permission::BooksRead))
    }
}

impl Visible for entry::Entity {
    fn visible(scope: &Scope) -> Select<Self> {
        Self::of(scope.tenant()).filter(with_permission(scope, Permission::BooksRead))
    }
}

impl Visible for payout_run::Entity {
    /// For the tenant's own people, and for those it pays or says why not.
    fn visible(scope: &Scope) -> Select<Self> {
        let all = Self::of(scope.tenant());
        let Some(own) = scope.partner() else {
            return all;
        };
        let paid = Query::select()
            .column(payout::Column::RunId)
            .from(payout::Entity)
            .and_where(payout::Column::TenantId.eq(scope.tenant()))
            .and_where(payout::Column::PartnerId.eq(own))
            .to_owned();
        let held = Query::select()
            .column(payout_hold::Column::RunId)
            .from(payout_hold::Entity)
            .and_where(payout_hold::Column::TenantId.eq(scope.tenant()))
            .and_where(payout_hold::Column::PartnerId.eq(own))
            .to_owned();
        all.filter(
            Condition::any()
                .add(payout_run::Column::Id.in_subquery(paid))
                .add(payout_run::Column::Id.in_subquery(held)),
        )
    }

    async fn shown(
        scope: &Scope,
        mut rows: Vec<payout_run::Model>,
    ) -> Result<Vec<payout_run::Model>> {
        for row in &mut rows {
            row.proposed_by = row.proposed_by.told(scope);
            row.approved_by = row.approved_by.told(scope);
        }
        Ok(rows)
    }
}

/// The filter that lines of runs pass which say who is not paid: for a partner its own.
pub(crate) fn holds_shown(scope: &Scope) -> Condition {
    own_of::<payout_hold::Entity>(scope, payout_hold::Column::PartnerId)
}

/// The filter that what people report of payouts passes: for those who may read the
/// books.
pub(crate) fn reports_shown(scope: &Scope) -> Condition {
    with_permission(scope, Permission::BooksRead)
}

/// How far the preparation of a run is, in earnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunProgress {
    /// How many were looked at.
    pub done: i64,
    /// How many there were when the run was proposed; `None` until they were counted.
    pub total: Option<i64>,
}

/// The progress of a run, for the tenant's own people: it counts everybody's earnings.
pub fn progress_of(scope: &Scope, run: &payout_run::Model) -> Option<RunProgress> {
    scope.partner().is_none().then_some(RunProgress {
        done: run.earnings_done,
        total: run.earnings_total,
    })
}
