//! From when on versions of plugins decide.

use async_graphql::{Context, Description, ID, InputObject, Object};
use tributary_domain::entity::activation;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::reads;
use tributary_domain::rule::activations;
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::max_items;

use super::actor::Actor;
use super::context::{RequestExt, given, mirrors, wraps};
use super::error::{ApiResult, payload};
use super::pages::{Connection, Paged, Slice, connection};
use super::plugin::{Plugin, PluginVersion};
use super::scalars::DateTime;

mirrors! {
    /// Where an activation stands.
    ActivationState = activation::State {
        /// A second person has to look at it.
        Proposed,
        /// The version is used from the date on.
        Approved,
        /// It was withdrawn before the version was used.
        Cancelled,
    }
}

/// Schedules a version of a plugin: from `effectiveAt` on it computes the rules that use
/// the plugin, under all terms that were published before.
#[derive(Description)]
pub struct Activation(pub activation::Model);
wraps!(Activation, activation::Model);

#[Object(use_type_description)]
impl Activation {
    /// Its id, `act_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The plugin.
    async fn plugin(&self, ctx: &Context<'_>) -> ApiResult<Option<Plugin>> {
        Ok(ctx.loaders().one(self.0.plugin_id).await?.map(Plugin))
    }

    /// The version that is used.
    async fn plugin_version(&self, ctx: &Context<'_>) -> ApiResult<Option<PluginVersion>> {
        let version = ctx.loaders().one(self.0.plugin_version_id).await?;
        Ok(version.map(PluginVersion))
    }

    /// Where it stands.
    async fn state(&self) -> ActivationState {
        self.0.state.into()
    }

    /// From when on the version is used; the time of approval, where that was later.
    async fn effective_at(&self) -> DateTime {
        DateTime(self.0.effective_at)
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Who proposed it. Null for a partner's key.
    async fn proposed_by(&self) -> Option<Actor> {
        Actor::shown(self.0.proposed_by)
    }

    /// When it was proposed.
    async fn proposed_at(&self) -> DateTime {
        DateTime(self.0.proposed_at)
    }

    /// Who approved it, another person, or cancelled it; null until then, and for a
    /// partner's key.
    async fn decided_by(&self) -> Option<Actor> {
        self.0.decided_by.and_then(Actor::shown)
    }

    /// When it was approved or cancelled; null until then.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }
}

/// Reading activations.
#[derive(Default)]
pub struct ActivationQueries;

#[Object]
impl ActivationQueries {
    /// From when on versions of plugins decide, oldest first. A partner's key sees
    /// what is approved of plugins that decide under its terms.
    #[graphql(directive = Paged::apply())]
    async fn activations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those in one of these states.", directive = max_items::apply(20))]
        state: Option<Vec<ActivationState>>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Activation>> {
        let window = Slice {
            first,
            after,
            last,
            before,
        }
        .window()?;
        let states = state.into_iter().flatten().map(Into::into);
        let filter = activations::in_states(&states.collect::<Vec<_>>());
        let page = reads::page::<activation::Entity>(ctx.scope(), filter, window).await?;
        Ok(connection::<activation::Entity, _>(page))
    }
}

/// A version that is to decide.
#[derive(InputObject)]
pub struct ProposeActivationInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result.
    idempotency_key: String,
    /// The version.
    plugin_version_id: ID,
    /// From when on it is to decide; not in the past. At once, if not given.
    effective_at: Option<DateTime>,
    /// Why, 1 to 2,000 characters. Partners read it.
    reason: String,
}

impl ProposeActivationInput {
    async fn run(self, scope: &Scope) -> Result<activation::Model> {
        let field = "pluginVersionId";
        let version = given(Noun::PluginVersion, field, &self.plugin_version_id);
        let (key, from) = (&self.idempotency_key, self.effective_at.map(|at| at.0));
        activations::propose(scope, key, version, from, &self.reason).await
    }
}

/// An activation to approve.
#[derive(InputObject)]
pub struct ApproveActivationInput {
    /// The activation.
    id: ID,
}

impl ApproveActivationInput {
    async fn run(self, scope: &Scope) -> Result<activation::Model> {
        activations::approve(scope, given(Noun::Activation, "id", &self.id)).await
    }
}

/// An activation to cancel.
#[derive(InputObject)]
pub struct CancelActivationInput {
    /// The activation.
    id: ID,
}

impl CancelActivationInput {
    async fn run(self, scope: &Scope) -> Result<activation::Model> {
        activations::cancel(scope, given(Noun::Activation, "id", &self.id)).await
    }
}

payload! {
    /// What proposing an activation did.
    ProposeActivationPayload,
    /// The activation; null where nothing was proposed.
    activation: Activation
}
payload! {
    /// What approving an activation did.
    ApproveActivationPayload,
    /// The activation; null where nothing was approved.
    activation: Activation
}
payload! {
    /// What cancelling an activation did.
    CancelActivationPayload,
    /// The activation; null where nothing was cancelled.
    activation: Activation
}

/// Changing activations.
#[derive(Default)]
pub struct ActivationMutations;

#[Object]
impl ActivationMutations {
    /// Proposes that a version of a plugin is used from a date on, in place of the one
    /// that terms and earlier activations name. The version has to accept every
    /// configuration that rules have for the plugin.
    async fn propose_activation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version, and from when on.")] input: ProposeActivationInput,
    ) -> Option<ApiResult<ProposeActivationPayload>> {
        ProposeActivationPayload::answer(input.run(ctx.scope()).await)
    }

    /// Approves an activation that somebody else proposed. Deals won from its date
    /// on, and held commissions that are tried again then, are decided by it.
    /// Repeating it is harmless.
    async fn approve_activation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ApproveActivationInput,
    ) -> Option<ApiResult<ApproveActivationPayload>> {
        ApproveActivationPayload::answer(input.run(ctx.scope()).await)
    }

    /// Cancels an activation that does not decide yet. Repeating it is harmless.
    async fn cancel_activation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: CancelActivationInput,
    ) -> Option<ApiResult<CancelActivationPayload>> {
        CancelActivationPayload::answer(input.run(ctx.scope()).await)
    }
}
