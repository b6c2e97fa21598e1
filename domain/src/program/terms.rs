//! Terms: published whole, signed whole, and never changed.
//!
//! What a partner signs is the document: one JSON text with the agreement, the
//! terms, the rules with their configurations, and the digests of the code that
//! decides. The digest of the document is what a signature quotes.

mod draft;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveEnum, QueryOrder, QuerySelect};
use serde_json::{Value as Json, json};

use crate::access::Permission;
use crate::digest::sha256;
use crate::entity::credit_share::Role;
use crate::entity::{Owned, plugin, plugin_version, program, rule, terms};
use crate::error::{About, Error, Result};
use crate::idempotency::{self, Command};
use crate::ids::{ProgramId, RuleId, TermsId};
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::money::Currency;
use crate::program::in_force;
use crate::reads;
use crate::rule::kinds;
use crate::rule::{evaluations, plugins};
use crate::scope::{Fact, Scope, Tx};

use draft::{Draft, DraftFormula, DraftRule};
pub use draft::{Formula, NewRule, NewTerms};

/// A rule with what it names: the plugin and the version of its code.
struct Rule {
    role: Role,
    kind: rule::Kind,
    config: String,
    plugin: Option<(plugin::Model, plugin_version::Model)>,
}

impl Rule {
    /// How the document tells it.
    fn document(&self, currency: Currency) -> Result<Json> {
        let mut told = match (kinds::built_in(self.kind), &self.plugin) {
            (Some(kind), _) => kind.document(&self.config, currency)?,
            (None, Some((plugin, version))) => json!({
                "plugin": plugin.name,
                "version": version.version,
                "code_sha256": version.digest,
                "config": self.config,
            }),
            (None, None) => return Err(Error::broken("a rule without code")),
        };
        told["role"] = json!(self.role);
        told["kind"] = json!(self.kind);
        Ok(told)
    }
}

/// Publishes new terms, to be in force at once or from a later date on.
///
/// Each plugin that a rule names is asked first whether it accepts its
/// configuration.
///
/// # Errors
///
/// Where the date has passed, or other terms of the program wait for theirs.
pub async fn publish(
    scope: &Scope,
    key: &str,
    program: impl Into<Given<ProgramId>>,
    new: NewTerms,
) -> Result<terms::Model> {
    scope.require(Permission::ProgramManage)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let program = program.into().read();
    let named = program.as_ref().ok().copied();
    let draft = check.take(Draft::read(program.into(), new))?;
    let (Some(key), Some(draft)) = (key, draft) else {
        return Err(reads::failed::<program::Entity>(check, scope, "programId", named).await);
    };
    let command = Command::new("terms.publish", Some(key), &draft)?;
    if let Some(done) = command.before::<terms::Entity>(scope).await? {
        return Ok(done);
    }
    // Before the transaction, which must not wait for tenants' code.
    let (program, rules) = looked_up(scope, &draft).await?;
    let done = command.once::<terms::Entity>(scope, async |tx: &mut Tx| {
        let program = program::Entity::get(tx, tx.tenant(), program.id).await?;
        in_force::catch_up(tx, program.id).await?;
        in_force::refuse_second(tx, program.id).await?;
        let version = next_version(tx, program.id).await?;
        let terms = insert(tx, &program, version, draft, &rules).await?;
        for rule in rules {
            insert_rule(tx, &terms, rule).await?;
        }
        in_force::schedule(tx, terms).await
    });
    done.await
}

/// The program and the rules with what they name, once all of it fits and every
/// plugin has accepted its configuration.
async fn looked_up(scope: &Scope, draft: &Draft) -> Result<(program::Model, Vec<Rule>)> {
    let db = scope.read().await?;
    let program = program::Entity::get(&db, scope.tenant(), draft.program)
        .await
        .at("programId")?;
    drop(db);
    let mut check = Check::default();
    let minimum = draft.payout_minimum;
    if minimum.currency != program.currency || minimum.minor < 0 {
        let message = format!("must be in {} and not negative", program.currency);
        check.take::<()>(Err(Error::invalid("payoutMinimum", message)))?;
    }
    let mut rules = Vec::new();
    for (place, rule) in draft.rules.iter().enumerate() {
        let found = resolved(scope, &program, rule).await;
        let found = found.map_err(|error| error.within(&format!("rules.{place}.formula")));
        rules.extend(check.take(found)?);
    }
    check.done()?;
    Ok((program, rules))
}

/// A rule with what it names, once it fits the program and its plugin has accepted its
/// configuration.
async fn resolved(scope: &Scope, program: &program::Model, draft: &DraftRule) -> Result<Rule> {
    let role = draft.role;
    match &draft.formula {
        DraftFormula::Percentage(draft) => {
            let config = draft.config(program.currency);
            let config = config.map_err(|error| error.within("percentage"))?;
            Ok(Rule {
                role,
                kind: rule::Kind::Percentage,
                config: config.write()?,
                plugin: None,
            })
        }
        DraftFormula::Plugin { version, config } => {
            let db = scope.read().await?;
            let version = plugin_version::Entity::get(&db, scope.tenant(), *version)
                .await
                .at("plugin.pluginVersionId")?;
            let plugin = plugin::Entity::get(&db, scope.tenant(), version.plugin_id).await?;
            drop(db);
            let accepted =
                evaluations::try_configuration(scope, &version, role, program, config).await;
            accepted.map_err(|refused| refused.within("plugin"))?;
            Ok(Rule {
                role,
                kind: rule::Kind::Plugin,
                config: config.clone(),
                plugin: Some((plugin, version)),
            })
        }
    }
}

/// The number that the program's next terms have.
async fn next_version(tx: &Tx, program: ProgramId) -> Result<i32> {
    let query = terms::Entity::of(tx.tenant())
        .filter(terms::Column::ProgramId.eq(program))
        .order_by_desc(terms::Column::Version);
    let last = query.one(tx).await?;
    Ok(last.map_or(1, |last| last.version + 1))
}

/// What is signed: one text for one content.
fn document(
    program: &program::Model,
    version: i32,
    draft: &Draft,
    rules: &[Rule],
) -> Result<String> {
    let currency = program.currency;
    let rules = rules.iter().map(|rule| rule.document(currency));
    let rules: Vec<Json> = rules.collect::<Result<_>>()?;
    // Keys are in order, and there is no white space between them.
    let document = json!({
        "agreement": draft.agreement_text,
        "auto_approve": draft.auto_approve,
        "commission_cap_percent": percent(draft.commission_cap_bps),
        "credit_decision_days": draft.credit_decision_days,
        "currency": currency.code(),
        "effective_at": draft.effective_at.map(facts::Time),
        "hold_days": draft.hold_days,
        "model": program.model,
        "payout_minimum": draft.payout_minimum.amount(),
        "program": program.id,
        "protection_days": draft.protection_days,
        "rules": rules,
        "version": version,
    });
    Ok(document.to_string())
}

/// Ten-thousandths in per cent, as decimal text.
fn percent(bps: i32) -> String {
    Decimal::new(bps.into(), 2).normalize().to_string()
}

async fn insert(
    tx: &mut Tx,
    program: &program::Model,
    version: i32,
    draft: Draft,
    rules: &[Rule],
) -> Result<terms::Model> {
    let effective_at = draft.effective_at.unwrap_or(tx.now());
    if effective_at < tx.now() {
        let message = "must not be in the past: what began under other terms goes on under them";
        return Err(Error::invalid("effectiveAt", message));
    }
    let document = document(program, version, &draft, rules)?;
    let (id, document_digest) = (TermsId::new(), sha256(&document));
    let fact = Fact::TermsPublished(facts::TermsVersion {
        program: program.id,
        version,
        document_digest: document_digest.clone(),
        effective_at: facts::Time(effective_at),
    });
    let position = tx.record(id, None, fact).await?;
    let row = terms::ActiveModel {
        updated_at: Set(tx.now()),
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        program_id: Set(program.id),
        version: Set(version),
        state: Set(terms::State::Scheduled),
        agreement_text: Set(draft.agreement_text),
        document: Set(document),
        document_digest: Set(document_digest),
        protection_days: Set(draft.protection_days),
        auto_approve: Set(draft.auto_approve),
        hold_days: Set(draft.hold_days),
        credit_decision_days: Set(draft.credit_decision_days),
        payout_minimum_minor: Set(draft.payout_minimum.minor),
        commission_cap_bps: Set(draft.commission_cap_bps),
        published_at: Set(tx.now()),
        published_position: Set(position),
        effective_at: Set(effective_at),
    };
    Ok(row.insert(tx).await?)
}

async fn insert_rule(tx: &Tx, terms: &terms::Model, rule: Rule) -> Result<()> {
    let version = rule.plugin.map(|(_, version)| version);
    let row = rule::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(RuleId::new()),
        terms_id: Set(terms.id),
        role: Set(rule.role),
        rule_group: Set(rule.role.to_value()),
        precedence: Set(1),
        kind: Set(rule.kind),
        plugin_id: Set(version.as_ref().map(|version| version.plugin_id)),
        plugin_version_id: Set(version.as_ref().map(|version| version.id)),
        config: Set(rule.config),
    };
    rule::Entity::insert(row).exec_without_returning(tx).await?;
    if let Some(version) = version {
        plugins::mark_active(tx, version).await?;
    }
    Ok(())
}

/// The least that is paid out under each version of a program's terms, in minor
/// units.
pub(crate) async fn payout_minimums(tx: &Tx, id: ProgramId) -> Result<BTreeMap<TermsId, i64>> {
    let query = terms::Entity::of(tx.tenant())
        .filter(terms::Column::ProgramId.eq(id))
        .select_only()
        .column(terms::Column::Id)
        .column(terms::Column::PayoutMinimumMinor)
        .into_tuple();
    Ok(query.all(tx).await?.into_iter().collect())
}

/// The rules of terms, in order of role.
pub async fn rules(scope: &Scope, terms: &[TermsId]) -> Result<Vec<rule::Model>> {
    let query = rule::Entity::of(scope.tenant())
        .filter(rule::Column::TermsId.is_in(terms.iter().copied()))
        .order_by_desc(rule::Column::Role);
    Ok(query.all(&scope.read().await?).await?)
}
