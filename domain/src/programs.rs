//! Programs, their terms and the rules of those.

use std::collections::HashMap;

use rust_decimal::Decimal;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::access::Permission;
use crate::digest::sha256;
use crate::entity::credit_share::Role;
use crate::entity::{Owned, plugin, program, rule, terms};
use crate::error::{Conflict, Error, Result};
use crate::evaluations;
use crate::idempotency::{self, Claim};
use crate::ids::{PluginId, ProgramId, RuleId, TermsId};
use crate::limits;
use crate::money::{Currency, Money};
use crate::reads::Visible;
use crate::scope::{Fact, Scope, Tx};

/// What a version of the terms says.
#[derive(Clone, Debug, Serialize)]
pub struct NewTerms {
    /// What partners agree to.
    pub agreement_text: String,
    /// Days of protection from approval.
    pub protection_days: i32,
    /// Whether registrations without conflict are approved at once.
    pub auto_approve: bool,
    /// Days that an earning waits after its collection.
    pub hold_days: i32,
    /// The least that is paid out, in the program's currency.
    pub payout_minimum: Money,
    /// The most that one rule may give on one deal, in ten-thousandths of it.
    pub commission_cap_bps: i32,
    /// The rules; at most one for each role.
    pub rules: Vec<NewRule>,
}

/// How one role's credit becomes money.
#[derive(Clone, Debug, Serialize)]
pub struct NewRule {
    /// The role.
    pub role: Role,
    /// The computation.
    pub formula: Formula,
}

/// A rule's computation.
#[derive(Clone, Debug, Serialize)]
pub enum Formula {
    /// A part of the deal's amount.
    Percentage {
        /// Per cent: more than 0, at most 100, with at most six decimals.
        #[serde(serialize_with = "as_text")]
        rate: Decimal,
        /// The most on one deal, in the program's currency.
        cap: Option<Money>,
    },
    /// The tenant's own code.
    Plugin {
        /// Which.
        plugin: PluginId,
        /// Its configuration, as JSON text.
        config: String,
    },
}

/// A rate as its text: a number in JSON has no exact decimals.
fn as_text<S: Serializer>(rate: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&rate.normalize())
}

/// Creates a program without terms.
pub async fn create(
    scope: &Scope,
    key: &str,
    name: &str,
    model: program::ProgramModel,
    currency: Currency,
) -> Result<program::Model> {
    scope.require(Permission::ProgramManage)?;
    let name = limits::name("name", name)?;
    let mut tx = scope.begin().await?;
    let arguments = (&name, model, currency);
    let claim = idempotency::claim(&tx, "program.create", key, &arguments).await?;
    if let Some(id) = claim.done {
        return program::Entity::get(&tx, tx.tenant(), ProgramId(id)).await;
    }
    let row = program::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(ProgramId::new()),
        name: Set(name),
        model: Set(model),
        currency: Set(currency),
        state: Set(program::State::Draft),
        created_at: Set(tx.now()),
    };
    let program = row.insert(&tx).await?;
    let data = json!({ "name": program.name });
    tx.log(Fact {
        kind: "program.created",
        subject: &program.id,
        deal: None,
        data,
    })
    .await?;
    claim.keep(&tx, program.id.0).await?;
    tx.commit().await?;
    Ok(program)
}

/// Publishes new terms, supersedes the current ones, and opens the program.
pub async fn publish_terms(
    scope: &Scope,
    key: &str,
    id: ProgramId,
    new: NewTerms,
) -> Result<terms::Model> {
    scope.require(Permission::ProgramManage)?;
    if let Some(done) = done_before(&scope.begin().await?, key, id, &new).await?.1 {
        return Ok(done);
    }
    try_configurations(scope, id, &new.rules).await?;
    let mut tx = scope.begin().await?;
    let (claim, done) = done_before(&tx, key, id, &new).await?;
    if let Some(done) = done {
        return Ok(done);
    }
    let program = program::Entity::get(&tx, tx.tenant(), id).await?;
    if program.state == program::State::Closed {
        return Err(Error::conflict(
            Conflict::WrongState,
            "the program is closed",
        ));
    }
    let minimum = new.payout_minimum;
    if minimum.currency != program.currency || minimum.minor < 0 {
        let message = format!("must be in {} and not negative", program.currency);
        return Err(Error::invalid("payoutMinimum", message));
    }
    if !(1..=10_000).contains(&new.commission_cap_bps) {
        return Err(Error::invalid("commissionCapBps", "must be 1 to 10,000"));
    }
    let text = limits::bounded("agreementText", &new.agreement_text, 100_000)?;
    let earlier = current_in(&tx, id).await?;
    let version = earlier.as_ref().map_or(1, |earlier| earlier.version + 1);
    if let Some(earlier) = earlier {
        let mut change: terms::ActiveModel = earlier.into();
        change.state = Set(terms::State::Superseded);
        change.update(&tx).await?;
    }
    let row = terms::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(TermsId::new()),
        program_id: Set(id),
        version: Set(version),
        state: Set(terms::State::Published),
        document_digest: Set(sha256(&text)),
        agreement_text: Set(text),
        protection_days: Set(limits::days("protectionDays", new.protection_days)?),
        auto_approve: Set(new.auto_approve),
        hold_days: Set(limits::days("holdDays", new.hold_days)?),
        payout_minimum_minor: Set(minimum.minor),
        commission_cap_bps: Set(new.commission_cap_bps),
        published_at: Set(tx.now()),
    };
    let terms = row.insert(&tx).await?;
    insert_rules(&tx, &program, &terms, new.rules).await?;
    let mut change: program::ActiveModel = program.into();
    change.state = Set(program::State::Open);
    change.update(&tx).await?;
    let data = json!({ "program": id, "version": version });
    tx.log(Fact {
        kind: "terms.published",
        subject: &terms.id,
        deal: None,
        data,
    })
    .await?;
    claim.keep(&tx, terms.id.0).await?;
    tx.commit().await?;
    Ok(terms)
}

/// The claim of a publication on its key, and what the same one published before.
async fn done_before(
    tx: &Tx,
    key: &str,
    id: ProgramId,
    new: &NewTerms,
) -> Result<(Claim, Option<terms::Model>)> {
    let claim = idempotency::claim(tx, "terms.publish", key, &(id, new)).await?;
    let done = match claim.done {
        Some(id) => Some(terms::Entity::get(tx, tx.tenant(), TermsId(id)).await?),
        None => None,
    };
    Ok((claim, done))
}

/// Asks plugins whether they accept their configurations. Before the
/// transaction, which must not wait for them.
async fn try_configurations(scope: &Scope, id: ProgramId, rules: &[NewRule]) -> Result<()> {
    let program = program::Entity::get(&scope.read().await?, scope.tenant(), id).await?;
    for role in [Role::Sourced, Role::Influenced] {
        let rule = rules.iter().find(|rule| rule.role == role);
        if let Some(Formula::Plugin { plugin, config }) = rule.map(|rule| &rule.formula) {
            let config = configuration(config)?;
            evaluations::try_configuration(scope, *plugin, role, &program, &config).await?;
        }
    }
    Ok(())
}

/// Text that may be a plugin's configuration.
fn configuration(text: &str) -> Result<String> {
    let text = limits::bounded("config", text, 20_000)?;
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&text);
    match parsed.is_ok_and(|value| value.is_object()) {
        true => Ok(text),
        false => Err(Error::invalid("config", "must be a JSON object")),
    }
}

async fn insert_rules(
    tx: &Tx,
    program: &program::Model,
    terms: &terms::Model,
    rules: Vec<NewRule>,
) -> Result<()> {
    for role in [Role::Sourced, Role::Influenced] {
        if rules.iter().filter(|rule| rule.role == role).count() > 1 {
            return Err(Error::invalid("rules", "at most one rule for each role"));
        }
    }
    for rule in rules {
        let mut row = rule::ActiveModel {
            tenant_id: Set(tx.tenant()),
            id: Set(RuleId::new()),
            terms_id: Set(terms.id),
            role: Set(rule.role),
            kind: Set(rule::Kind::Percentage),
            rate: Set(None),
            cap_minor: Set(None),
            plugin_id: Set(None),
            config: Set("{}".to_owned()),
        };
        match rule.formula {
            Formula::Percentage { rate, cap } => {
                if rate <= Decimal::ZERO || rate > Decimal::ONE_HUNDRED || rate.scale() > 6 {
                    let message = "a rate is more than 0, at most 100, with at most six decimals";
                    return Err(Error::invalid("rate", message));
                }
                // A rule that exceeds the cap could never be assessed.
                if rate * Decimal::ONE_HUNDRED > Decimal::from(terms.commission_cap_bps) {
                    return Err(Error::invalid(
                        "rate",
                        "more than the terms' commissionCapBps",
                    ));
                }
                let cap = cap.map(|cap| limits::positive("cap", cap, program.currency));
                row.rate = Set(Some(rate.normalize().to_string()));
                row.cap_minor = Set(cap.transpose()?);
            }
            Formula::Plugin { plugin, config } => {
                plugin::Entity::get(tx, tx.tenant(), plugin).await?;
                row.kind = Set(rule::Kind::Plugin);
                row.plugin_id = Set(Some(plugin));
                row.config = Set(configuration(&config)?);
            }
        }
        rule::Entity::insert(row).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// The terms in force of programs; those without published terms are absent.
pub async fn current_terms(scope: &Scope, programs: &[ProgramId]) -> Result<Vec<terms::Model>> {
    let query = terms::Entity::visible(scope)
        .filter(terms::Column::ProgramId.is_in(programs.iter().copied()))
        .filter(terms::Column::State.eq(terms::State::Published));
    Ok(query.all(&scope.read().await?).await?)
}

pub(crate) async fn current_in(tx: &Tx, id: ProgramId) -> Result<Option<terms::Model>> {
    let query = terms::Entity::of(tx.tenant())
        .filter(terms::Column::ProgramId.eq(id))
        .filter(terms::Column::State.eq(terms::State::Published));
    Ok(query.one(tx).await?)
}

/// The least that is paid out under each version of a program's terms, in minor
/// units.
pub(crate) async fn payout_minimums(tx: &Tx, id: ProgramId) -> Result<HashMap<TermsId, i64>> {
    let query = terms::Entity::of(tx.tenant())
        .filter(terms::Column::ProgramId.eq(id))
        .select_only()
        .column(terms::Column::Id)
        .column(terms::Column::PayoutMinimumMinor)
        .into_tuple();
    Ok(query.all(tx).await?.into_iter().collect())
}

/// The terms in force of an open program, or a conflict.
pub(crate) async fn open_terms(tx: &Tx, id: ProgramId) -> Result<(program::Model, terms::Model)> {
    let program = program::Entity::get(tx, tx.tenant(), id).await?;
    match current_in(tx, id).await? {
        Some(terms) if program.state == program::State::Open => Ok((program, terms)),
        _ => Err(Error::conflict(
            Conflict::ProgramNotOpen,
            "the program is not open",
        )),
    }
}

/// The rules of terms, in order of role.
pub async fn rules(scope: &Scope, terms: &[TermsId]) -> Result<Vec<rule::Model>> {
    let query = rule::Entity::of(scope.tenant())
        .filter(rule::Column::TermsId.is_in(terms.iter().copied()))
        .order_by_desc(rule::Column::Role);
    Ok(query.all(&scope.read().await?).await?)
}
