//! Plugins: tenants' rules in WebAssembly.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use tributary_domain::entity::{plugin, plugin_version, upload};
use tributary_domain::error;
use tributary_domain::error::{Error, Result};
use tributary_domain::ids::Noun;
use tributary_domain::rule::plugins::{self, LARGEST_COMPONENT_BYTES};
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::cost;

use crate::context::{PublicUrl, RequestExt, given, wraps};
use crate::error::{ApiResult, UserError, into_user_errors, nullable, payload};
use crate::lists::{nested_lists, root_lists};
use crate::rule::activations::Activation;
use crate::scalars::{DateTime, Json};
use crate::tenant::actors::Actor;
use crate::tenant::viewer::needs;

/// Where a plugin version stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "plugin_version::State")]
pub enum PluginVersionState {
    /// It passed every check, and nothing uses it.
    Admitted,
    /// Terms or an activation name it.
    Active,
}

/// A tenant's rule in WebAssembly.
#[derive(Description)]
pub struct Plugin(pub plugin::Model);
wraps!(Plugin, plugin::Model);

#[Object(use_type_description)]
impl Plugin {
    /// Its id, `plg_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The name that it gives itself; unique in the tenant.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// When its first version was published.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    #[graphql(flatten)]
    async fn lists(&self) -> PluginLists {
        self.nested()
    }
}

nested_lists! {
    PluginLists of Plugin {
        /// Its versions, oldest first.
        versions: PluginVersion, by plugin_version PluginId;
        /// Its activations, oldest first. A partner's key sees the approved ones.
        activations: Activation, by activation PluginId;
    }
}

/// One build of a plugin, known by the digest of its bytes.
#[derive(Description)]
pub struct PluginVersion(pub plugin_version::Model);
wraps!(PluginVersion, plugin_version::Model);

#[Object(use_type_description)]
impl PluginVersion {
    /// Its id, `plv_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The plugin. Null only where its look-up fails.
    async fn plugin(&self, ctx: &Context<'_>) -> ApiResult<Option<Plugin>> {
        Ok(ctx.loaders().one(self.0.plugin_id).await?.map(Plugin))
    }

    /// The version that it gives itself, as `1.0.0`.
    async fn version(&self) -> &str {
        &self.0.version
    }

    /// SHA-256 of its bytes, in hexadecimal.
    async fn digest(&self) -> &str {
        &self.0.digest
    }

    /// How many bytes it has.
    async fn size_bytes(&self) -> i64 {
        self.0.size_bytes
    }

    /// Its state.
    async fn state(&self) -> PluginVersionState {
        self.0.state.into()
    }

    /// What it says of itself: `name`, `version`, the `basis_codes` that its
    /// entries may use, and `config_schema`, a JSON Schema of its configuration.
    #[graphql(directive = cost::apply("72".to_owned()))]
    async fn description(&self) -> ApiResult<Json> {
        Json::stored(&self.0.description)
    }

    /// Who published it. Null for a partner's key.
    async fn published_by(&self) -> Option<Actor> {
        Actor::shown(self.0.published_by)
    }

    /// When it was published.
    async fn published_at(&self) -> DateTime {
        DateTime(self.0.published_at)
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

/// Where to put a component before it is published.
#[derive(Description)]
pub struct Upload(pub upload::Model);
wraps!(Upload, upload::Model);

#[Object(use_type_description)]
impl Upload {
    /// Its id, `upl_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Where to PUT the bytes, with the same `Authorization` header.
    async fn url(&self, ctx: &Context<'_>) -> String {
        let PublicUrl(base) = ctx.data_unchecked();
        format!("{base}/uploads/{}", self.0.id)
    }

    /// Until when it can be used.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// The most bytes that it takes.
    async fn largest_bytes(&self) -> usize {
        LARGEST_COMPONENT_BYTES
    }
}

root_lists! {
    /// Reading plugins.
    PluginQueries {
        /// The tenant's plugins, oldest first. A partner's key sees those used by rules of
        /// terms that it may see.
        plugins: Plugin;
    }
}

/// An uploaded component to publish.
#[derive(InputObject)]
pub struct PublishPluginInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The upload that the bytes were put to.
    upload_id: ID,
}

impl PublishPluginInput {
    async fn run(self, scope: &Scope) -> Result<plugin_version::Model> {
        plugins::publish(
            scope,
            self.idempotency_key.as_deref(),
            given(Noun::Upload, "uploadId", &self.upload_id),
        )
        .await
    }
}

payload! {
    /// What staging an upload did.
    StagePluginUploadPayload,
    /// Where to put the bytes; null where nothing was staged.
    upload: Upload
}

/// Why a component was not admitted.
#[derive(SimpleObject)]
pub struct PluginRefusal {
    /// The check that failed, as `HAS_IMPORTS`.
    code: String,
    /// What it found.
    message: String,
}

impl From<error::Refusal> for PluginRefusal {
    fn from(refusal: error::Refusal) -> Self {
        Self {
            code: refusal.code,
            message: refusal.message,
        }
    }
}

/// What publishing a plugin did.
#[derive(SimpleObject)]
pub struct PublishPluginPayload {
    /// The version, admitted; null where nothing was published.
    plugin_version: Option<PluginVersion>,
    /// Which check the component failed; null where it was admitted, or not looked at.
    refusal: Option<PluginRefusal>,
    /// Why nothing was changed; empty where it was.
    user_errors: Vec<UserError>,
}

impl PublishPluginPayload {
    fn answer(result: Result<plugin_version::Model>) -> Option<ApiResult<Self>> {
        let refusal = match &result {
            Err(Error::Refused(refusal)) => Some(refusal.clone().into()),
            _ => None,
        };
        nullable(into_user_errors(result).map(|split| {
            let (version, user_errors) = match split {
                Ok(version) => (Some(version), Vec::new()),
                Err(user_errors) => (None, user_errors),
            };
            Self {
                plugin_version: version.map(PluginVersion),
                refusal,
                user_errors,
            }
        }))
    }
}

/// Publishing plugins.
#[derive(Default)]
pub struct PluginMutations;

#[Object]
impl PluginMutations {
    /// Creates an upload for a component. PUT the bytes to its `url`,
    /// then publish it.
    #[doc = ""]
    #[doc = needs!(PluginManage)]
    async fn stage_plugin_upload(
        &self,
        ctx: &Context<'_>,
    ) -> Option<ApiResult<StagePluginUploadPayload>> {
        StagePluginUploadPayload::answer(plugins::stage(ctx.scope()).await)
    }

    /// Checks an uploaded component and keeps it as a version of the plugin that it
    /// says it is. It is not used until terms or an activation name it.
    /// Publishing the same bytes again is harmless.
    #[doc = ""]
    #[doc = needs!(PluginManage)]
    async fn publish_plugin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: PublishPluginInput,
    ) -> Option<ApiResult<PublishPluginPayload>> {
        PublishPluginPayload::answer(input.run(ctx.scope()).await)
    }
}
