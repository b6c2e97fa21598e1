//! Rules: how one role's credit becomes money under one version of terms.

use async_graphql::{Context, Description, ID, InputObject, Object, OneofObject};
use rust_decimal::Decimal;
use tributary_domain::entity::rule;
use tributary_domain::error::{Error, Result};
use tributary_domain::ids::Noun;
use tributary_domain::programs::{Formula, NewRule};
use tributary_transport::document::directives::cost;

use super::context::{Beside, id, mirrors, wraps};
use super::credit::CreditRole;
use super::error::ApiResult;
use super::plugin::Plugin;
use super::scalars::{Json, Money, MoneyInput};

mirrors! {
    /// How a rule is computed.
    RuleKind = rule::Kind {
        /// A part of the deal's amount, up to a cap.
        Percentage,
        /// By the tenant's own code.
        Plugin,
    }
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
    async fn rate_percent(&self) -> Option<&str> {
        self.0.rate.as_deref()
    }

    /// For a percentage: the most that it pays on one deal.
    async fn cap(&self, ctx: &Context<'_>) -> ApiResult<Option<Money>> {
        let Some(cap) = self.0.cap_minor else {
            return Ok(None);
        };
        let terms = ctx.loaders().one(self.0.terms_id).await?;
        let Some(terms) = terms else { return Ok(None) };
        let program = ctx.loaders().one(terms.program_id).await?;
        Ok(program.map(|program| Money::minor(cap, program.currency)))
    }

    /// For a plugin: which. Null for a partner's key.
    async fn plugin(&self, ctx: &Context<'_>) -> ApiResult<Option<Plugin>> {
        match self.0.plugin_id {
            Some(id) => Ok(ctx.loaders().one(id).await?.map(Plugin)),
            None => Ok(None),
        }
    }

    /// For a plugin: its configuration. Null for a partner's key.
    #[graphql(directive = cost::apply("20".to_owned()))]
    async fn config(&self, ctx: &Context<'_>) -> Option<Json> {
        let shown = self.0.plugin_id.is_some() && ctx.scope().partner().is_none();
        shown.then(|| Json::stored(&self.0.config))
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
    /// The plugin. Evaluations use the version that is then active.
    plugin_id: ID,
    /// Its configuration, a JSON object.
    config: Json,
}

impl RuleInput {
    /// Reads it.
    pub fn read(self) -> Result<NewRule> {
        let formula = match self.formula {
            FormulaInput::Percentage(PercentageInput { rate_percent, cap }) => {
                Formula::Percentage {
                    rate: Decimal::from_str_exact(&rate_percent)
                        .map_err(|_| Error::invalid("ratePercent", "not a decimal number"))?,
                    cap: cap.map(|cap| cap.read("cap")).transpose()?,
                }
            }
            FormulaInput::Plugin(PluginRuleInput { plugin_id, config }) => Formula::Plugin {
                plugin: id(Noun::Plugin, &plugin_id)?,
                config: config.0.to_string(),
            },
        };
        Ok(NewRule {
            role: self.role.into(),
            formula,
        })
    }
}
