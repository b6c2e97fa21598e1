//! Programs, people, papers and plugins.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{Condition, QuerySelect, QueryTrait};

use super::basis::{Told, own_of, own_rows, staff_only, with_permission};
use crate::access::Permission;
use crate::entity::{
    Owned, activation, api_key, enrollment, partner, payout_method, person, plugin, plugin_version,
    program, rule, terms,
};
use crate::error::Result;
use crate::kernel::visible::Visible;
use crate::scope::Scope;

own_rows! { enrollment agreement [recorded_by] tax_form [submitted_by decided_by] }

impl Visible for api_key::Entity {
    /// For those who may make them.
    fn visible(scope: &Scope) -> Select<Self> {
        Self::of(scope.tenant()).filter(with_permission(scope, Permission::KeyManage))
    }
}

impl Visible for person::Entity {
    fn visible(scope: &Scope) -> Select<Self> {
        Self::of(scope.tenant()).filter(staff_only(scope))
    }
}

impl Visible for program::Entity {
    /// For a partner, the programs that it is in.
    fn visible(scope: &Scope) -> Select<Self> {
        let own = programs_of_partner(scope).map(|own| program::Column::Id.in_subquery(own));
        Self::of(scope.tenant()).filter(Condition::all().add_option(own))
    }
}

impl Visible for terms::Entity {
    /// For a partner, the terms of the programs that it is in.
    fn visible(scope: &Scope) -> Select<Self> {
        let own = programs_of_partner(scope).map(|own| terms::Column::ProgramId.in_subquery(own));
        Self::of(scope.tenant()).filter(Condition::all().add_option(own))
    }
}

impl Visible for rule::Entity {
    /// The rules of the terms that the actor may see.
    fn visible(scope: &Scope) -> Select<Self> {
        let terms = terms::Entity::visible(scope)
            .select_only()
            .column(terms::Column::Id)
            .into_query();
        Self::of(scope.tenant()).filter(rule::Column::TermsId.in_subquery(terms))
    }
}

/// The ids of the programs that the actor's partner is in; `None` for the
/// tenant's own people.
fn programs_of_partner(scope: &Scope) -> Option<SelectStatement> {
    let own = scope.partner()?;
    let query = Query::select()
        .column(enrollment::Column::ProgramId)
        .from(enrollment::Entity)
        .and_where(enrollment::Column::TenantId.eq(scope.tenant()))
        .and_where(enrollment::Column::PartnerId.eq(own))
        .to_owned();
    Some(query)
}

impl Visible for partner::Entity {
    fn visible(scope: &Scope) -> Select<Self> {
        Self::of(scope.tenant()).filter(own_of::<Self>(scope, partner::Column::Id))
    }

    /// Partners are not told who of the tenant's people looks after them.
    async fn shown(scope: &Scope, mut rows: Vec<partner::Model>) -> Result<Vec<partner::Model>> {
        if scope.partner().is_some() {
            for row in &mut rows {
                row.responsible_id = None;
            }
        }
        Ok(rows)
    }
}

impl Visible for payout_method::Entity {
    fn visible(scope: &Scope) -> Select<Self> {
        Self::of(scope.tenant()).filter(own_of::<Self>(scope, payout_method::Column::PartnerId))
    }

    async fn shown(
        scope: &Scope,
        mut rows: Vec<payout_method::Model>,
    ) -> Result<Vec<payout_method::Model>> {
        for row in &mut rows {
            row.added_by = row.added_by.told(scope);
            row.verified_by = row.verified_by.told(scope);
        }
        Ok(rows)
    }
}

/// Whether the actor is told which methods share a destination: whoever verifies them is.
pub(crate) fn sees_sharing(scope: &Scope) -> bool {
    scope.partner().is_none()
}

/// A column of the rules that a partner sees; `None` for the tenant's own people.
fn of_partners_rules(scope: &Scope, column: rule::Column) -> Option<SelectStatement> {
    scope.partner()?;
    let rules = rule::Entity::visible(scope)
        .filter(column.is_not_null())
        .select_only()
        .column(column);
    Some(rules.into_query())
}

impl Visible for plugin::Entity {
    /// For a partner, those that decide under terms that it may see.
    fn visible(scope: &Scope) -> Select<Self> {
        let own = of_partners_rules(scope, rule::Column::PluginId);
        let own = own.map(|own| plugin::Column::Id.in_subquery(own));
        Self::of(scope.tenant()).filter(Condition::all().add_option(own))
    }
}

impl Visible for plugin_version::Entity {
    /// For a partner, those that terms or activations which it may see name.
    fn visible(scope: &Scope) -> Select<Self> {
        let named = of_partners_rules(scope, rule::Column::PluginVersionId).map(|named| {
            let activated = activation::Entity::visible(scope)
                .select_only()
                .column(activation::Column::PluginVersionId)
                .into_query();
            Condition::any()
                .add(plugin_version::Column::Id.in_subquery(named))
                .add(plugin_version::Column::Id.in_subquery(activated))
        });
        Self::of(scope.tenant()).filter(Condition::all().add_option(named))
    }

    async fn shown(
        scope: &Scope,
        mut rows: Vec<plugin_version::Model>,
    ) -> Result<Vec<plugin_version::Model>> {
        for row in &mut rows {
            row.published_by = row.published_by.told(scope);
        }
        Ok(rows)
    }
}

impl Visible for activation::Entity {
    /// For a partner, the approved ones of plugins that decide under terms that it
    /// may see.
    fn visible(scope: &Scope) -> Select<Self> {
        let own = of_partners_rules(scope, rule::Column::PluginId).map(|plugins| {
            Condition::all()
                .add(activation::Column::PluginId.in_subquery(plugins))
                .add(activation::Column::State.eq(activation::State::Approved))
        });
        Self::of(scope.tenant()).filter(Condition::all().add_option(own))
    }

    async fn shown(
        scope: &Scope,
        mut rows: Vec<activation::Model>,
    ) -> Result<Vec<activation::Model>> {
        for row in &mut rows {
            row.proposed_by = row.proposed_by.told(scope);
            row.decided_by = row.decided_by.told(scope);
        }
        Ok(rows)
    }
}
