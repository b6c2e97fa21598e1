//! Receipts.

use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use tributary_domain::entity::evaluation;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::rule::evaluations;
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::cost;

use crate::commission::commissions::FaultCode;
use crate::context::{RequestExt, given, wraps};
use crate::deal::deals::Deal;
use crate::error::{ApiResult, commands};
use crate::rule::plugins::PluginVersion;
use crate::rule::rules::Rule;
use crate::scalars::{DateTime, Json};

/// The price of running a receipt again: all the fuel that a rule may use, at one
/// for each 5,000 units. A request can pay for ten.
fn rerun_cost() -> String {
    "2000".to_owned()
}

/// The receipt of one rule run: everything it takes to run it again and get
/// the same. Digests are SHA-256 in hexadecimal.
#[derive(Description)]
pub struct Evaluation(pub evaluation::Model);
wraps!(Evaluation, evaluation::Model);

#[Object(use_type_description)]
impl Evaluation {
    /// Its id, `evl_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The deal. Null only where its look-up fails.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        Ok(ctx.loaders().one(self.0.deal_id).await?.map(Deal))
    }

    /// The rule. Null only where its look-up fails.
    async fn rule(&self, ctx: &Context<'_>) -> ApiResult<Option<Rule>> {
        Ok(ctx.loaders().one(self.0.rule_id).await?.map(Rule))
    }

    /// The code that ran; null for a built-in rule.
    async fn plugin_version(&self, ctx: &Context<'_>) -> ApiResult<Option<PluginVersion>> {
        Ok(ctx
            .loaders()
            .maybe(self.0.plugin_version_id)
            .await?
            .map(PluginVersion))
    }

    /// The digest of the code, or the name of the built-in rule.
    async fn code_digest(&self) -> &str {
        &self.0.code_digest
    }

    /// The digest of the input.
    async fn input_digest(&self) -> &str {
        &self.0.input_digest
    }

    /// The digest of the rule's configuration.
    async fn config_digest(&self) -> &str {
        &self.0.config_digest
    }

    /// Digest of the engine's version, its limits and its fuel prices.
    async fn policy_digest(&self) -> &str {
        &self.0.policy_digest
    }

    /// The digest of the output.
    async fn output_digest(&self) -> &str {
        &self.0.output_digest
    }

    /// What the rule was asked: the deal, the credit, the terms and the history.
    #[graphql(directive = cost::apply("64".to_owned()))]
    async fn input(&self) -> ApiResult<Json> {
        Json::stored(&self.0.input)
    }

    /// What it answered, under `verdict`, or how it failed, under `fault`.
    #[graphql(directive = cost::apply("64".to_owned()))]
    async fn output(&self) -> ApiResult<Json> {
        Json::stored(&self.0.output)
    }

    /// What kind of fault; null where it gave a verdict.
    async fn fault_code(&self) -> ApiResult<Option<FaultCode>> {
        let code = self.0.fault_code.as_deref();
        code.map(FaultCode::stored).transpose()
    }

    /// Units of fuel that it used, as decimal text: they may be more than a
    /// GraphQL integer holds. 0 for a built-in rule.
    async fn fuel(&self) -> String {
        self.0.fuel.to_string()
    }

    /// When it ran.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// What running a receipt again gave.
#[derive(SimpleObject)]
pub struct Rerun {
    /// The digest of the new output.
    output_digest: String,
    /// Whether it is the digest on the receipt.
    equal: bool,
    /// Whether the engine, limits and prices are still those of the receipt.
    /// If false, that change may explain a different output.
    same_policy: bool,
}

impl From<evaluations::Rerun> for Rerun {
    fn from(rerun: evaluations::Rerun) -> Self {
        Self {
            output_digest: rerun.output_digest,
            equal: rerun.equal,
            same_policy: rerun.same_policy,
        }
    }
}

/// A receipt to run again.
#[derive(InputObject)]
pub struct RerunEvaluationInput {
    /// The receipt.
    id: ID,
}

impl RerunEvaluationInput {
    async fn run(self, scope: &Scope) -> Result<evaluations::Rerun> {
        evaluations::rerun(scope, given(Noun::Evaluation, "id", &self.id)).await
    }
}

commands! {
    /// Running receipts again.
    EvaluationMutations {
        /// Runs a receipt again, from the stored input with the stored code, and
        /// compares. Writes nothing. A mutation because code runs: one after another,
        /// and at most ten in a request.
        #[graphql(directive = cost::apply(rerun_cost()))]
        rerun_evaluation(RerunEvaluationInput, "Which receipt.") needs BooksRead ->
        /// Result of `rerunEvaluation`.
        RerunEvaluationPayload {
            /// The comparison; null where it could not be run.
            rerun: Rerun
        }
    }
}
