//! Plugins: tenants' rules in WebAssembly.

use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use tributary_domain::entity::{activation, plugin, plugin_version, upload};
use tributary_domain::error;
use tributary_domain::error::{Error, Result};
use tributary_domain::ids::Noun;
use tributary_domain::reads;
use tributary_domain::rule::plugins::{self, LARGEST_COMPONENT};
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::cost;

use super::activation::Activation;
use super::actor::Actor;
use super::context::{PublicUrl, RequestExt, given, mirrors, wraps};
use super::error::{ApiResult, UserError, into_user_errors, nullable, payload};
use super::loaders::{ActivationsOfPlugin, VersionsOfPlugin};
use super::pages::{Connection, Paged, Slice, connection};
use super::scalars::{DateTime, Json};

mirrors! {
    /// Where a plugin version stands.
    PluginVersionState = plugin_version::State {
        /// It passed every check, and nothing uses it.
        Admitted,
        /// Terms or an activation name it.
        Active,
    }
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

    /// Its versions, oldest first.
    #[graphql(directive = Paged::apply())]
    async fn versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> ApiResult<Connection<PluginVersion>> {
        let key = VersionsOfPlugin(self.0.id, Slice::forward(first, after).window()?);
        let page = ctx.loaders().page(key).await?;
        Ok(connection::<plugin_version::Entity, _>(page))
    }

    /// From when on its versions decide, oldest first. A partner's key sees what is
    /// approved.
    #[graphql(directive = Paged::apply())]
    async fn activations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> ApiResult<Connection<Activation>> {
        let key = ActivationsOfPlugin(self.0.id, Slice::forward(first, after).window()?);
        let page = ctx.loaders().page(key).await?;
        Ok(connection::<activation::Entity, _>(page))
    }

    /// When its first version was published.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
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

    /// The plugin.
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

    /// Where it stands.
    async fn state(&self) -> PluginVersionState {
        self.0.state.into()
    }

    /// What it says of itself: `name`, `version`, the `basis_codes` that its
    /// entries may use, and `config_schema`, a JSON Schema of its configuration.
    #[graphql(directive = cost::apply("72".to_owned()))]
    async fn description(&self) -> Json {
        Json::stored(&self.0.description)
    }

    /// Who published it.
    async fn published_by(&self) -> Option<Actor> {
        Actor::shown(self.0.published_by)
    }

    /// When it was published.
    async fn published_at(&self) -> DateTime {
        DateTime(self.0.published_at)
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
        LARGEST_COMPONENT
    }
}

/// Reading plugins.
#[derive(Default)]
pub struct PluginQueries;

#[Object]
impl PluginQueries {
    /// The tenant's plugins, oldest first. A partner's key sees those that decide
    /// under terms which it may see.
    #[graphql(directive = Paged::apply())]
    async fn plugins(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Plugin>> {
        let window = Slice {
            first,
            after,
            last,
            before,
        }
        .window()?;
        let page = reads::page::<plugin::Entity>(ctx.scope(), reads::all(), window).await?;
        Ok(connection::<plugin::Entity, _>(page))
    }
}

/// An uploaded component to publish.
#[derive(InputObject)]
pub struct PublishPluginInput {
    /// The upload that the bytes were put to.
    upload_id: ID,
}

impl PublishPluginInput {
    async fn run(self, scope: &Scope) -> Result<plugin_version::Model> {
        plugins::publish(scope, given(Noun::Upload, "uploadId", &self.upload_id)).await
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
    /// Where the component was not admitted: which check it failed.
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
    async fn stage_plugin_upload(
        &self,
        ctx: &Context<'_>,
    ) -> Option<ApiResult<StagePluginUploadPayload>> {
        StagePluginUploadPayload::answer(plugins::stage(ctx.scope()).await)
    }

    /// Checks an uploaded component and keeps it as a version of the plugin that it
    /// says it is. It is not used until terms or an activation name it.
    /// Publishing the same bytes again is harmless.
    async fn publish_plugin(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: PublishPluginInput,
    ) -> Option<ApiResult<PublishPluginPayload>> {
        PublishPluginPayload::answer(input.run(ctx.scope()).await)
    }
}
