//! From when on versions of plugins decide.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use tributary_domain::entity::activation;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::rule::activations;
use tributary_domain::scope::Scope;

use crate::context::is_second;
use crate::context::{RequestExt, given, wraps};
use crate::error::{ApiResult, commands};
use crate::lists::root_lists;
use crate::rule::plugins::{Plugin, PluginVersion};
use crate::scalars::DateTime;
use crate::tenant::actors::Actor;
use tributary_domain::access::Permission;

/// Where an activation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "activation::State")]
pub enum ActivationState {
    /// A second person has to look at it.
    Proposed,
    /// The version is used from the date on.
    Approved,
    /// It was withdrawn before the version was used.
    Cancelled,
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

    /// The plugin. Null only where its look-up fails.
    async fn plugin(&self, ctx: &Context<'_>) -> ApiResult<Option<Plugin>> {
        Ok(ctx.loaders().one(self.0.plugin_id).await?.map(Plugin))
    }

    /// The version that is used. Null only where its look-up fails.
    async fn plugin_version(&self, ctx: &Context<'_>) -> ApiResult<Option<PluginVersion>> {
        let version = ctx.loaders().one(self.0.plugin_version_id).await?;
        Ok(version.map(PluginVersion))
    }

    /// Its state.
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

    /// Whether the key may approve it as it stands: somebody else proposed it.
    async fn viewer_can_approve(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        let waits = self.0.state == activation::State::Proposed;
        let may = waits && ctx.scope().role().may(Permission::ActivationApprove);
        Ok(may && is_second(ctx, self.0.proposed_by).await?)
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

root_lists! {
    /// Reading activations.
    ActivationQueries {
        /// Activations of plugin versions, oldest first. A partner's key sees the approved
        /// ones of plugins that rules of its terms use.
        activations: Activation;
    }
}

/// A plugin version to activate.
#[derive(InputObject)]
pub struct ProposeActivationInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The version.
    plugin_version_id: ID,
    /// When it takes effect; not in the past. At once, if absent.
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
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The activation.
    id: ID,
}

impl ApproveActivationInput {
    async fn run(self, scope: &Scope) -> Result<activation::Model> {
        activations::approve(
            scope,
            self.idempotency_key.as_deref(),
            given(Noun::Activation, "id", &self.id),
        )
        .await
    }
}

/// An activation to cancel.
#[derive(InputObject)]
pub struct CancelActivationInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The activation.
    id: ID,
}

impl CancelActivationInput {
    async fn run(self, scope: &Scope) -> Result<activation::Model> {
        activations::cancel(
            scope,
            self.idempotency_key.as_deref(),
            given(Noun::Activation, "id", &self.id),
        )
        .await
    }
}

commands! {
    /// Changing activations.
    ActivationMutations {
        /// Proposes that a version of a plugin is used from a date on, in place of the one
        /// that terms and earlier activations name. The version has to accept every
        /// configuration that rules have for the plugin.
        propose_activation(ProposeActivationInput, "Which version, and from when on.") needs PluginManage ->
        /// Result of `proposeActivation`.
        ProposeActivationPayload {
            /// The activation; null where nothing was proposed.
            activation: Activation
        }

        /// Approves an activation that somebody else proposed. Deals won from its date
        /// on, and held commissions that are tried again then, are computed by it.
        /// Repeating it is harmless.
        approve_activation(ApproveActivationInput, "Which.") needs ActivationApprove ->
        /// Result of `approveActivation`.
        ApproveActivationPayload {
            /// The activation; null where nothing was approved.
            activation: Activation
        }

        /// Cancels an activation that is not in effect yet. Repeating it is harmless.
        cancel_activation(CancelActivationInput, "Which.") needs PluginManage ->
        /// Result of `cancelActivation`.
        CancelActivationPayload {
            /// The activation; null where nothing was cancelled.
            activation: Activation
        }
    }
}
