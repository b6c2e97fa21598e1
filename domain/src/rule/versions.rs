//! Which version of a plugin is used, as of a moment.

use std::collections::{BTreeSet, HashMap};

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::entity::activation::{self, State};
use crate::entity::{Owned, rule, terms};
use crate::error::Result;
use crate::ids::{PluginId, PluginVersionId, RuleId, TenantId};
use crate::scope::Scope;

/// The moment as of which a rule is put to work: what was decided later has no
/// part in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AsOf {
    /// Its place in the log.
    pub position: i64,
    /// When it was.
    pub at: Moment,
}

/// The version that a rule uses as of a moment; none, where the rule has
/// no plugin.
pub(crate) async fn in_use<C: ConnectionTrait>(
    db: &C,
    rule: &rule::Model,
    terms: &terms::Model,
    as_of: AsOf,
) -> Result<Option<PluginVersionId>> {
    let Some(plugin) = rule.plugin_id else {
        return Ok(None);
    };
    let activations = approved(db, rule.tenant_id, &[plugin]).await?;
    Ok(latest(rule, terms, as_of, &activations))
}

/// That of the activation which took effect last, on its date or with its approval where
/// that came later, of those approved after the terms were published, or the one that the terms name.
fn latest(
    rule: &rule::Model,
    terms: &terms::Model,
    as_of: AsOf,
    activations: &[activation::Model],
) -> Option<PluginVersionId> {
    let applies = |row: &&activation::Model| {
        rule.plugin_id == Some(row.plugin_id)
            && row.effective_at <= as_of.at
            && row.approved_position.is_some_and(|position| {
                terms.published_position < position && position < as_of.position
            })
    };
    activations
        .iter()
        .filter(applies)
        .max_by_key(|row| {
            (
                row.decided_at.max(Some(row.effective_at)),
                row.approved_position,
            )
        })
        .map(|row| row.plugin_version_id)
        .or(rule.plugin_version_id)
}

async fn approved<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    plugins: &[PluginId],
) -> Result<Vec<activation::Model>> {
    let query = activation::Entity::of(tenant)
        .filter(activation::Column::PluginId.is_in(plugins.iter().copied()))
        .filter(activation::Column::State.eq(State::Approved));
    Ok(query.all(db).await?)
}

/// The version that decides now under each rule that has a plugin.
pub async fn in_use_now(
    scope: &Scope,
    rules: &[RuleId],
) -> Result<HashMap<RuleId, PluginVersionId>> {
    let db = scope.read().await?;
    let rules = rule::Entity::of(scope.tenant())
        .filter(rule::Column::Id.is_in(rules.iter().copied()))
        .filter(rule::Column::PluginId.is_not_null())
        .all(&db)
        .await?;
    let terms: BTreeSet<_> = rules.iter().map(|rule| rule.terms_id).collect();
    let terms = terms::Entity::of(scope.tenant())
        .filter(terms::Column::Id.is_in(terms))
        .all(&db)
        .await?;
    let plugins: BTreeSet<_> = rules.iter().filter_map(|rule| rule.plugin_id).collect();
    let plugins: Vec<_> = plugins.into_iter().collect();
    let activations = approved(&db, scope.tenant(), &plugins).await?;
    let as_of = AsOf {
        position: i64::MAX,
        at: scope.now(),
    };
    let deciding = rules.iter().filter_map(|rule| {
        let terms = terms.iter().find(|terms| terms.id == rule.terms_id)?;
        Some((rule.id, latest(rule, terms, as_of, &activations)?))
    });
    Ok(deciding.collect())
}
