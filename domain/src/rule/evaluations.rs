//! Evaluations: rules put to work, and the receipts by which every figure can
//! be explained and run again.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::access::Permission;
use crate::calculator::{Case, Code, Description, Fault, Outcome, Verdict};
use crate::digest::sha256;
use crate::entity::credit_share::Role;
use crate::entity::{Owned, evaluation, plugin_code, plugin_version, program, rule, terms};
use crate::error::{About, Conflict, Error, Result};
use crate::ids::{DealId, EvaluationId, PluginVersionId, RuleId};
use crate::kernel::check::Given;
use crate::reads;
use crate::rule::versions::{self, AsOf};
use crate::rule::{kinds, rules};
use crate::scope::{Scope, Tx};

/// One run of one rule.
pub(crate) struct Answer {
    /// What was asked.
    pub case: Case,
    /// What came out, held to the invariants of money.
    pub result: Result<Verdict, Fault>,
    code_digest: String,
    policy_digest: String,
    version: Option<PluginVersionId>,
    fuel: u64,
}

/// The canonical form of what came out.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Output<'a> {
    Verdict(&'a Verdict),
    Fault(&'a Fault),
}

/// The canonical text of what came out; receipts name its digest.
pub fn output(result: &Result<Verdict, Fault>) -> Result<String> {
    json(&match result {
        Ok(verdict) => Output::Verdict(verdict),
        Err(fault) => Output::Fault(fault),
    })
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::broken(format!("no JSON: {error}")))
}

/// Puts a case to its rule, as of a moment. `None` if the rule could not run at all,
/// which says nothing of it.
pub(crate) async fn answer(
    scope: &Scope,
    rule: &rule::Model,
    as_of: AsOf,
    case: Case,
) -> Result<Option<Answer>> {
    let db = scope.read().await?;
    let terms = terms::Entity::get(&db, scope.tenant(), rule.terms_id).await?;
    let version = versions::in_use(&db, rule, &terms, as_of).await?;
    drop(db);
    run(scope, rule, version, case).await
}

async fn run(
    scope: &Scope,
    rule: &rule::Model,
    version: Option<PluginVersionId>,
    case: Case,
) -> Result<Option<Answer>> {
    let terms = terms::Entity::get(&scope.read().await?, scope.tenant(), rule.terms_id).await?;
    let (outcome, code_digest, policy_digest) = match (kinds::built_in(rule.kind), version) {
        (Some(kind), _) => {
            let (result, digest) = (kind.evaluate(&case), kind.digest().to_owned());
            (Outcome::Decided { result, fuel: 0 }, digest.clone(), digest)
        }
        (None, None) => return Err(Error::broken("a plugin rule without plugin")),
        (None, Some(version)) => {
            let code = code(scope, version).await?;
            // Nothing is held open while code of a tenant's runs.
            scope.end_read().await;
            let calculator = &scope.engine().calculator;
            let (digest, policy) = (code.digest.clone(), calculator.policy_digest().to_owned());
            (
                calculator
                    .evaluate(scope.tenant(), code, case.clone())
                    .await,
                digest,
                policy,
            )
        }
    };
    let Outcome::Decided { result, fuel } = outcome else {
        return Ok(None);
    };
    let result =
        result.and_then(|verdict| rules::checked(&case, terms.commission_cap_bps, verdict));
    Ok(Some(Answer {
        case,
        result,
        code_digest,
        policy_digest,
        version,
        fuel,
    }))
}

/// Asks a version of a plugin whether it accepts a configuration, by a plain case:
/// one partner with the whole credit of a deal of a thousand, and nothing before.
/// Whatever else it answers depends on the case, and is let pass.
///
/// # Errors
///
/// [`Error::Invalid`] of `config`, with the plugin's words, where it does not.
pub(crate) async fn try_configuration(
    scope: &Scope,
    version: &plugin_version::Model,
    role: Role,
    program: &program::Model,
    config: &str,
) -> Result<()> {
    let code = code(scope, version.id).await?;
    let case = rules::trial(scope.now(), role, program, config);
    scope.end_read().await;
    let calculator = &scope.engine().calculator;
    match calculator.evaluate(scope.tenant(), code, case).await {
        Outcome::Decided {
            result: Err(Fault::BadConfiguration { message }),
            ..
        } => Err(Error::invalid("config", message)),
        Outcome::Decided { .. } => Ok(()),
        Outcome::Aborted => Err(busy()),
    }
}

fn busy() -> Error {
    let message = "the server is too busy to run the rule; try again";
    Error::conflict(Conflict::SandboxBusy, message)
}

/// The bytes of a plugin version, for the sandbox.
async fn code(scope: &Scope, id: PluginVersionId) -> Result<Code> {
    let db = scope.read().await?;
    let version = plugin_version::Entity::get(&db, scope.tenant(), id).await?;
    let description: Description = serde_json::from_str(&version.description)
        .map_err(|error| Error::broken(format!("{id} has no description: {error}")))?;
    let key = (scope.tenant(), version.digest.clone());
    let stored = plugin_code::Entity::find_by_id(key).one(&db).await?;
    let stored = stored.ok_or_else(|| Error::broken(format!("{id} has no bytes")))?;
    Ok(Code {
        digest: version.digest,
        bytes: stored.bytes.into(),
        basis_codes: description.basis_codes,
    })
}

/// Whether an answer comes from the code that decides under the rule as of a moment.
pub(crate) async fn is_current(
    tx: &Tx,
    rule: &rule::Model,
    as_of: AsOf,
    answer: &Answer,
) -> Result<bool> {
    let terms = terms::Entity::get(tx, tx.tenant(), rule.terms_id).await?;
    Ok(versions::in_use(tx, rule, &terms, as_of).await? == answer.version)
}

/// Stores the receipt of an answer, in the transaction that acts on it.
pub(crate) async fn store(
    tx: &Tx,
    deal: DealId,
    rule: RuleId,
    answer: &Answer,
) -> Result<EvaluationId> {
    let (input, output) = (json(&answer.case)?, output(&answer.result)?);
    let id = EvaluationId::new();
    let row = evaluation::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(id),
        deal_id: Set(deal),
        rule_id: Set(rule),
        plugin_version_id: Set(answer.version),
        code_digest: Set(answer.code_digest.clone()),
        input_digest: Set(sha256(&input)),
        config_digest: Set(sha256(&answer.case.config)),
        policy_digest: Set(answer.policy_digest.clone()),
        output_digest: Set(sha256(&output)),
        input: Set(input),
        output: Set(output),
        fault_code: Set(answer
            .result
            .as_ref()
            .err()
            .map(|fault| fault.code().to_owned())),
        fuel: Set(i64::try_from(answer.fuel).unwrap_or(i64::MAX)),
        created_at: Set(tx.now()),
    };
    evaluation::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(id)
}

/// What running a receipt again gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rerun {
    /// The digest of the new output.
    pub output_digest: String,
    /// Whether it is the digest on the receipt.
    pub equal: bool,
    /// Whether the engine, limits and prices are those of the receipt.
    pub same_policy: bool,
}

/// Runs a receipt again, from the stored input with the stored code. Writes
/// nothing.
pub async fn rerun(scope: &Scope, id: impl Into<Given<EvaluationId>>) -> Result<Rerun> {
    scope.require(Permission::BooksRead)?;
    let id = id.into().read()?;
    let receipt = reads::get::<evaluation::Entity>(scope, id).await.at("id")?;
    let case: Case = serde_json::from_str(&receipt.input)
        .map_err(|error| Error::broken(format!("{id} has an unreadable case: {error}")))?;
    let rule = rule::Entity::get(&scope.read().await?, scope.tenant(), receipt.rule_id).await?;
    let answer = run(scope, &rule, receipt.plugin_version_id, case).await?;
    let answer = answer.ok_or_else(busy)?;
    let output_digest = sha256(output(&answer.result)?);
    Ok(Rerun {
        equal: output_digest == receipt.output_digest,
        same_policy: answer.policy_digest == receipt.policy_digest,
        output_digest,
    })
}
