//! Rules: how one role's credit becomes money under one version of terms.

use async_graphql::{Context, Description, ID, InputObject, Object, OneofObject, Union};
use rust_decimal::Decimal;
use tributary_domain::entity::rule;
use tributary_domain::error::Error;
use tributary_domain::ids::Noun;
use tributary_domain::kernel::check::Given;
use tributary_domain::program::terms::{Formula, NewRule};
use tributary_domain::rule::kinds::percentage;
use tributary_transport::document::directives::cost;

use crate::context::{RequestExt, given, wraps};
use crate::deal::credits::CreditRole;
use crate::error::ApiResult;
use crate::loaders::VersionInUse;
use crate::rule::plugins::{Plugin, PluginVersion};
use crate::scalars::{Json, Money, MoneyInput};

/// How one role's credit becomes money.
#[derive(Description)]
pub struct Rule(pub rule::Model);
wraps!(Rule, rule::Model);

#[Object(use_type_description)]
impl Rule {
    /// Its id, `rul_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Which credit it pays.
    async fn role(&self) -> CreditRole {
        self.0.role.into()
    }

    /// How it is computed.
    async fn formula(&self) -> RuleFormula {
        match self.0.kind {
            rule::Kind::Percentage => RuleFormula::Percentage(PercentageFormula(self.0.clone())),
            rule::Kind::Plugin => RuleFormula::Plugin(PluginFormula(self.0.clone())),
        }
    }
}

/// A rule's computation.
#[derive(Union)]
pub enum RuleFormula {
    /// A part of the deal's amount.
    Percentage(PercentageFormula),
    /// The tenant's own code.
    Plugin(PluginFormula),
}

/// A part of the deal's amount, up to a cap.
#[derive(Description)]
pub struct PercentageFormula(rule::Model);

#[Object(use_type_description)]
impl PercentageFormula {
    /// Per cent of the deal's amount, as decimal text.
    async fn rate_percent(&self) -> ApiResult<String> {
        Ok(percentage::Config::read(&self.0.config)?.rate)
    }

    /// The most that it pays on one deal; null without a cap.
    async fn cap(&self, ctx: &Context<'_>) -> ApiResult<Option<Money>> {
        let Some(cap) = percentage::Config::read(&self.0.config)?.cap_minor else {
            return Ok(None);
        };
        let terms = ctx.loaders().one(self.0.terms_id).await?;
        let Some(terms) = terms else { return Ok(None) };
        let program = ctx.loaders().one(terms.program_id).await?;
        Ok(program.map(|program| Money::minor(cap, program.currency)))
    }
}

/// The tenant's own code, with its configuration.
#[derive(Description)]
pub struct PluginFormula(rule::Model);

#[Object(use_type_description)]
impl PluginFormula {
    /// The plugin. Null only where its look-up fails.
    async fn plugin(&self, ctx: &Context<'_>) -> ApiResult<Option<Plugin>> {
        Ok(ctx.loaders().maybe(self.0.plugin_id).await?.map(Plugin))
    }

    /// The version that the terms name. The document that partners sign has the digest of its
    /// code. Null only where its look-up fails.
    async fn version(&self, ctx: &Context<'_>) -> ApiResult<Option<PluginVersion>> {
        let version = ctx.loaders().maybe(self.0.plugin_version_id).await?;
        Ok(version.map(PluginVersion))
    }

    /// The version that is used now, by the terms or by a later activation. Null where none
    /// is, or the look-up fails.
    async fn current_version(&self, ctx: &Context<'_>) -> ApiResult<Option<PluginVersion>> {
        let version = ctx.loaders().one(VersionInUse(self.0.id)).await?;
        let version = ctx.loaders().maybe(version).await?;
        Ok(version.map(PluginVersion))
    }

    /// Its configuration.
    #[graphql(directive = cost::apply("20".to_owned()))]
    async fn config(&self) -> ApiResult<Json> {
        Json::stored(&self.0.config)
    }
}

/// How one role's credit becomes money.
#[derive(InputObject)]
pub struct RuleInput {
    /// Which credit it pays.
    role: CreditRole,
    /// How it is computed.
    formula: FormulaInput,
}

/// A rule's computation: exactly one of these.
#[derive(OneofObject)]
pub enum FormulaInput {
    /// A part of the deal's amount.
    Percentage(PercentageInput),
    /// The tenant's own code.
    Plugin(PluginRuleInput),
}

/// A part of the deal's amount, up to a cap.
#[derive(InputObject)]
pub struct PercentageInput {
    /// Per cent as decimal text, as `2` or `12.5`: more than 0, at most 100.
    rate_percent: String,
    /// The most that it pays on one deal, in the program's currency.
    cap: Option<MoneyInput>,
}

/// A rule in WebAssembly.
#[derive(InputObject)]
pub struct PluginRuleInput {
    /// The version that is used. Partners sign the digest of its code; another version is
    /// used only after an activation.
    plugin_version_id: ID,
    /// Its configuration, a JSON object.
    config: Json,
}

/// A part in per cent, as decimal text.
pub fn percent(field: &'static str, text: &str) -> Given<Decimal> {
    let not_decimal = |_| Error::invalid(field, "not a decimal number");
    Decimal::from_str_exact(text).map_err(not_decimal).into()
}

impl RuleInput {
    /// Reads it.
    pub fn read(self) -> NewRule {
        let formula = match self.formula {
            FormulaInput::Percentage(PercentageInput { rate_percent, cap }) => {
                Formula::Percentage(percentage::Formula {
                    rate: percent("ratePercent", &rate_percent),
                    cap: cap.map(|cap| cap.read("cap")),
                })
            }
            FormulaInput::Plugin(PluginRuleInput {
                plugin_version_id,
                config,
            }) => {
                let field = "pluginVersionId";
                Formula::Plugin {
                    version: given(Noun::PluginVersion, field, &plugin_version_id),
                    config: config.0.to_string(),
                }
            }
        };
        NewRule {
            role: self.role.into(),
            formula,
        }
    }
}
