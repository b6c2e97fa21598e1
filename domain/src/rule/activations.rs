//! Activations: from when on another version of a plugin decides.
//!
//! Terms name the version of each plugin that decides under them. A later version
//! decides only once one person has proposed it with a date, every configuration
//! that is bound to the plugin was put to it, and a second person has approved.

use std::collections::{BTreeSet, HashMap};

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::access::Permission;
use crate::clock::Moment;
use crate::entity::activation::{self, State};
use crate::entity::credit_share::Role;
use crate::entity::{Owned, plugin_version, program, rule, terms};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::Command;
use crate::ids::{ActivationId, PluginId, PluginVersionId, ProgramId, RuleId, TenantId};
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::rule::{evaluations, plugins};
use crate::scope::{Fact, Scope, Tx};
use crate::{idempotency, limits, people, reads};

/// Proposes that a version decides from a date on, at once if none is given. It
/// decides on what happens from then on, under all terms whose rules use the
/// plugin; a rule that was retried after then counts as well.
///
/// # Errors
///
/// [`Conflict::ConfigurationRefused`] with the ids of the rules whose configuration
/// the version does not accept.
pub async fn propose(
    scope: &Scope,
    key: &str,
    version: impl Into<Given<PluginVersionId>>,
    effective_at: Option<Moment>,
    reason: &str,
) -> Result<activation::Model> {
    scope.require(Permission::PluginManage)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let version = check.given(version)?;
    let reason = check.take(limits::sentence("reason", reason))?;
    let (Some(key), Some(version), Some(reason)) = (key, version, reason) else {
        return Err(reads::failed::<plugin_version::Entity>(
            check,
            scope,
            "pluginVersionId",
            version,
        )
        .await);
    };
    let arguments = (version, effective_at, &reason);
    let command = Command::new("activation.propose", Some(key), &arguments)?;
    if let Some(done) = command.before::<activation::Entity>(scope).await? {
        return Ok(done);
    }
    // Tenants' code runs between two transactions.
    let db = scope.read().await?;
    let version = plugin_version::Entity::get(&db, scope.tenant(), version)
        .await
        .at("pluginVersionId")?;
    drop(db);
    try_configurations(scope, &version).await?;
    let done = command.once::<activation::Entity>(scope, async |tx: &mut Tx| {
        let effective_at = effective_at.unwrap_or(tx.now());
        if effective_at < tx.now() {
            let message = "must not be in the past: what is decided stays decided";
            return Err(Error::invalid("effectiveAt", message));
        }
        let row = activation::ActiveModel {
            updated_at: Set(tx.now()),
            tenant_id: Set(tx.tenant()),
            id: Set(ActivationId::new()),
            plugin_id: Set(version.plugin_id),
            plugin_version_id: Set(version.id),
            state: Set(State::Proposed),
            effective_at: Set(effective_at),
            reason: Set(reason),
            proposed_by: Set(tx.actor()),
            proposed_at: Set(tx.now()),
            decided_by: Set(None),
            decided_at: Set(None),
            approved_position: Set(None),
        };
        let activation = row.insert(tx).await?;
        let fact = Fact::ActivationProposed(told(&activation, &version));
        tx.record(activation.id, None, fact).await?;
        Ok(activation)
    });
    done.await
}

/// Approves an activation that somebody else proposed. It decides from its date
/// on, or from now on where that has passed. Repeating it is harmless.
pub async fn approve(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<ActivationId>>,
) -> Result<activation::Model> {
    scope.require(Permission::ActivationApprove)?;
    let (key, id) = idempotency::on_row::<activation::Entity>(scope, key, id).await?;
    let command = Command::repeatable("activation.approve", key, &id)?;
    if let Some(activation) = command.before::<activation::Entity>(scope).await? {
        return Ok(activation);
    }
    let db = scope.read().await?;
    let activation = activation::Entity::get(&db, scope.tenant(), id)
        .await
        .at("id")?;
    let version = activation.plugin_version_id;
    let version = plugin_version::Entity::get(&db, scope.tenant(), version).await?;
    drop(db);
    // Rules may have been bound to the plugin since it was proposed.
    let tried = match activation.state {
        State::Proposed => try_configurations(scope, &version).await?,
        State::Approved | State::Cancelled => BTreeSet::new(),
    };
    let done = command.once::<activation::Entity>(scope, async |tx: &mut Tx| {
        let activation = activation::Entity::get(tx, tx.tenant(), id)
            .await
            .at("id")?;
        match activation.state {
            State::Proposed => {}
            State::Approved => return Ok(activation),
            State::Cancelled => {
                let message = "the activation is cancelled";
                return Err(Error::conflict(Conflict::WrongState, message));
            }
        }
        let message = "whoever proposed an activation cannot approve it: ask a second person";
        people::require_second(tx, activation.proposed_by, message).await?;
        let bound = bound_rules(tx, tx.tenant(), version.plugin_id).await?;
        if bound.iter().any(|rule| !tried.contains(&rule.id)) {
            let message = "terms that use the plugin were published just now: approve again";
            return Err(Error::conflict(Conflict::WrongState, message));
        }
        let fact = Fact::ActivationApproved(told(&activation, &version));
        let position = tx.record(activation.id, None, fact).await?;
        let mut change: activation::ActiveModel = activation.into();
        change.state = Set(State::Approved);
        change.decided_by = Set(Some(tx.actor()));
        change.decided_at = Set(Some(tx.now()));
        change.approved_position = Set(Some(position));
        let activation = tx.update(change).await?;
        plugins::mark_active(tx, version).await?;
        Ok(activation)
    });
    done.await
}

/// Cancels an activation that does not decide yet. Repeating it is harmless.
pub async fn cancel(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<ActivationId>>,
) -> Result<activation::Model> {
    scope.require(Permission::PluginManage)?;
    let (key, id) = idempotency::on_row::<activation::Entity>(scope, key, id).await?;
    let command = Command::repeatable("activation.cancel", key, &id)?;
    let done = command.once::<activation::Entity>(scope, async |tx: &mut Tx| {
        let activation = activation::Entity::get(tx, tx.tenant(), id)
            .await
            .at("id")?;
        match activation.state {
            State::Cancelled => return Ok(activation),
            State::Approved if activation.effective_at <= tx.now() => {
                let message = "it decides already: propose an activation of another version";
                return Err(Error::conflict(Conflict::WrongState, message));
            }
            State::Proposed | State::Approved => {}
        }
        let version = activation.plugin_version_id;
        let version = plugin_version::Entity::get(tx, tx.tenant(), version).await?;
        let fact = Fact::ActivationCancelled(told(&activation, &version));
        tx.record(activation.id, None, fact).await?;
        let mut change: activation::ActiveModel = activation.into();
        change.state = Set(State::Cancelled);
        change.decided_by = Set(Some(tx.actor()));
        change.decided_at = Set(Some(tx.now()));
        tx.update(change).await
    });
    done.await
}

fn told(
    activation: &activation::Model,
    version: &plugin_version::Model,
) -> facts::ProposedActivation {
    facts::ProposedActivation {
        plugin: activation.plugin_id,
        version: version.version.clone(),
        digest: version.digest.clone(),
        effective_at: facts::Time(activation.effective_at),
    }
}

/// The rules that use a plugin, under whatever terms: deals may be won under
/// superseded ones for years.
async fn bound_rules<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    plugin: PluginId,
) -> Result<Vec<rule::Model>> {
    let query = rule::Entity::of(tenant)
        .filter(rule::Column::PluginId.eq(plugin))
        .order_by_asc(rule::Column::Id);
    Ok(query.all(db).await?)
}

/// Puts every configuration that is bound to a plugin to one of its versions, each
/// different one once, and returns the rules that have them.
async fn try_configurations(
    scope: &Scope,
    version: &plugin_version::Model,
) -> Result<BTreeSet<RuleId>> {
    let db = scope.read().await?;
    let rules = bound_rules(&db, scope.tenant(), version.plugin_id).await?;
    let programs = programs_of(&db, scope, &rules).await?;
    drop(db);
    let mut different: HashMap<(Role, ProgramId, &str), Vec<RuleId>> = HashMap::new();
    for rule in &rules {
        let Some(program) = programs.get(&rule.id) else {
            return Err(Error::broken(format!("{} has no program", rule.id)));
        };
        let key = (rule.role, program.id, rule.config.as_str());
        different.entry(key).or_default().push(rule.id);
    }
    let (mut refusing, mut words) = (Vec::new(), None);
    for ((role, program, config), bound) in different {
        let program = programs.values().find(|row| row.id == program);
        let program = program.ok_or_else(|| Error::broken("a rule without program"))?;
        match evaluations::try_configuration(scope, version, role, program, config).await {
            Ok(()) => {}
            Err(Error::Invalid { message, .. }) => {
                refusing.extend(bound);
                words.get_or_insert(message);
            }
            Err(other) => return Err(other),
        }
    }
    refusing.sort();
    match words {
        None => Ok(rules.iter().map(|rule| rule.id).collect()),
        Some(words) => {
            let message = format!("the version refuses what rules are configured with: {words}");
            let ids = refusing.iter().map(ToString::to_string).collect();
            Err(Error::in_the_way(
                Conflict::ConfigurationRefused,
                message,
                ids,
            ))
        }
    }
}

/// The program of each rule.
async fn programs_of<C: ConnectionTrait>(
    db: &C,
    scope: &Scope,
    rules: &[rule::Model],
) -> Result<HashMap<RuleId, program::Model>> {
    let terms: BTreeSet<_> = rules.iter().map(|rule| rule.terms_id).collect();
    let terms: Vec<terms::Model> = terms::Entity::of(scope.tenant())
        .filter(terms::Column::Id.is_in(terms))
        .all(db)
        .await?;
    let programs: BTreeSet<_> = terms.iter().map(|terms| terms.program_id).collect();
    let programs: Vec<program::Model> = program::Entity::of(scope.tenant())
        .filter(program::Column::Id.is_in(programs))
        .all(db)
        .await?;
    let mut found = HashMap::new();
    for rule in rules {
        let terms = terms.iter().find(|terms| terms.id == rule.terms_id);
        let program = programs
            .iter()
            .find(|program| terms.is_some_and(|terms| terms.program_id == program.id));
        found.extend(program.map(|program| (rule.id, program.clone())));
    }
    Ok(found)
}
