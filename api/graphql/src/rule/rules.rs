//! Rules: how one role's credit becomes money under one version of terms.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, OneofObject};
use rust_decimal::Decimal;
use tributary_domain::entity::rule;
use tributary_domain::error::{Error, Result};
use tributary_domain::ids::Noun;
use tributary_domain::program::terms::{Formula, NewRule};
use tributary_domain::rule::kinds::percentage;
use tributary_transport::document::directives::cost;

use crate::context::{RequestExt, given, wraps};
use crate::deal::credits::CreditRole;
use crate::error::ApiResult;
use crate::loaders::DecidingVersion;
use crate::rule::plugins::{Plugin, PluginVersion};
use crate::scalars::{Json, Money, MoneyInput};

/// How a rule is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "rule::Kind")]
pub enum RuleKind {
    /// A part of the deal's amount, up to a cap.
    Percentage,
    /// By the tenant's own code.
    Plugin,
}

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
    async fn kind(&self) -> RuleKind {
        self.0.kind.into()
    }

    /// For a percentage: per cent of the deal's amount, as decimal text.
    async fn rate_percent(&self) -> ApiResult<Option<String>> {
        Ok(self.percentage()?.map(|config| config.rate))
    }

    /// For a percentage: the most that it pays on one deal.
    async fn cap(&self, ctx: &Context<'_>) -> ApiResult<Option<Money>> {
        let Some(cap) = self.percentage()?.and_then(|config| config.cap_minor) else {
            return Ok(None);
        };
        let terms = ctx.loaders().one(self.0.terms_id).await?;
        let Some(terms) = terms else { return Ok(None) };
        let program = ctx.loaders().one(terms.program_id).await?;
        Ok(program.map(|program| Money::minor(cap, program.currency)))
    }

    /// For a plugin: which.
    async fn plugin(&self, ctx: &Context<'_>) -> ApiResult<Option<Plugin>> {
        match self.0.plugin_id {
            Some(id) => Ok(ctx.loaders().one(id).await?.map(Plugin)),
            None => Ok(None),
        }
    }

    /// For a plugin: the version that the terms name. The document that partners
    /// sign has the digest of its code.
    async fn plugin_version(&self, ctx: &Context<'_>) -> ApiResult<Option<PluginVersion>> {
        let version = ctx.loaders().maybe(self.0.plugin_version_id).await?;
        Ok(version.map(PluginVersion))
    }

    /// For a plugin: the version that is used now, by the terms or by a later activation.
    async fn deciding_version(&self, ctx: &Context<'_>) -> ApiResult<Option<PluginVersion>> {
        let version = ctx.loaders().one(DecidingVersion(self.0.id)).await?;
        let version = ctx.loaders().maybe(version).await?;
        Ok(version.map(PluginVersion))
    }

    /// For a plugin: its configuration.
    #[graphql(directive = cost::apply("20".to_owned()))]
    async fn config(&self) -> Option<ApiResult<Json>> {
        let configured = self.0.plugin_id.is_some();
        configured.then(|| Json::stored(&self.0.config))
    }
}

impl Rule {
    /// The configuration of a percentage.
    fn percentage(&self) -> Result<Option<percentage::Config>> {
        let is_percentage = self.0.kind == rule::Kind::Percentage;
        let config = is_percentage.then(|| percentage::Config::read(&self.0.config));
        config.transpose()
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

impl RuleInput {
    /// Reads it.
    pub fn read(self) -> NewRule {
        let formula = match self.formula {
            FormulaInput::Percentage(PercentageInput { rate_percent, cap }) => {
                let not_decimal =
                    |_| Error::invalid("percentage.ratePercent", "not a decimal number");
                let rate = Decimal::from_str_exact(&rate_percent).map_err(not_decimal);
                Formula::Percentage {
                    rate: rate.into(),
                    cap: cap.map(|cap| cap.read("percentage.cap")),
                }
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
