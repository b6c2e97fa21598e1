//! Anything by its id.

use async_graphql::futures_util::future::try_join_all;
use async_graphql::{Context, Description, Enum, ID, Interface, Object};
use tributary_domain::idempotency;
use tributary_domain::ids::*;
use tributary_domain::kernel::external_ids;
use tributary_transport::document::directives::{list_size, max_items};

use crate::commission::ledger::LedgerEntry as Entry;
use crate::commission::*;
use crate::context::RequestExt;
use crate::deal::*;
use crate::error::ApiResult;
use crate::loaders::Loaders;
use crate::partner::*;
use crate::payout::*;
use crate::program::*;
use crate::rule::*;
use crate::scalars::DateTime;
use crate::tenant::*;

/// What a command did.
#[derive(Description)]
pub struct DoneCommand(idempotency::Done);

#[Object(use_type_description)]
impl DoneCommand {
    /// The command, as `deal.open`.
    async fn operation(&self) -> &str {
        &self.0.operation
    }

    /// What it made or changed, as it is now; null where the key may not see it.
    async fn subject(&self, ctx: &Context<'_>) -> ApiResult<Option<Node>> {
        Node::find(ctx.loaders(), &self.0.subject.clone().into()).await
    }

    /// When it was done.
    async fn done_at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}

/// What has an id in the tenant's own system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ExternalIdNoun {
    /// A partner.
    Partner,
    /// A deal.
    Deal,
    /// A payment or refund of a customer.
    Collection,
}

impl From<ExternalIdNoun> for Noun {
    fn from(noun: ExternalIdNoun) -> Self {
        match noun {
            ExternalIdNoun::Partner => Self::Partner,
            ExternalIdNoun::Deal => Self::Deal,
            ExternalIdNoun::Collection => Self::Collection,
        }
    }
}

/// Makes a node of each noun that is looked up by its id, and of the tenant.
macro_rules! nodes {
    ({ $($(#[$doc:meta])* $id:ident $prefix:literal $noun:ident $plain:literal $fresh:ident $entity:ident;)+ } $others:tt) => {
        /// Anything that has an id.
        #[derive(Interface)]
        #[graphql(field(name = "id", method = "node_id", ty = "ID", desc = "Its id: a prefix that says what it is, `_`, and 26 letters and digits."))]
        pub enum Node {
            /// `Tenant`.
            Tenant(Tenant),
            $(
                #[doc = concat!("`", stringify!($noun), "`.")]
                $noun($noun),
            )+
        }

        impl Tenant {
            /// The id, for when all that is known of it is that it has one.
            async fn node_id(&self, _: &Context<'_>) -> ApiResult<ID> {
                Ok(self.0.id.to_string().into())
            }
        }

        $(
            impl $noun {
                /// The id, for when all that is known of it is that it has one.
                async fn node_id(&self, _: &Context<'_>) -> ApiResult<ID> {
                    Ok(self.0.id.to_string().into())
                }
            }
        )+

        impl Node {
            /// What the id stands for. `None` where it is malformed, unknown, or
            /// not for the caller to see: nobody can tell these apart.
            async fn find(loaders: &Loaders, id: &ID) -> ApiResult<Option<Self>> {
                Ok(match Noun::of(id) {
                    Some(Noun::Tenant) => {
                        let id: Option<TenantId> = id.parse().ok();
                        loaders.maybe(id).await?.map(|row| Tenant(row).into())
                    }
                    $(
                        Some(Noun::$noun) => {
                            let id: Option<$id> = id.parse().ok();
                            loaders.maybe(id).await?.map(|row| $noun(row).into())
                        }
                    )+
                    Some(Noun::Upload | Noun::Event) | None => None,
                })
            }
        }
    };
}
tributary_domain::nouns!(nodes);

/// Reading anything by its id.
#[derive(Default)]
pub struct NodeQueries;

#[Object]
impl NodeQueries {
    /// The thing with this id; null where there is none that this key may see.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id, as `del_…`.")] id: ID,
    ) -> ApiResult<Option<Node>> {
        Node::find(ctx.loaders(), &id).await
    }

    /// What has an id in the tenant's own system; null where nothing has, and for a
    /// partner's key. Customers are found by `AccountFilter.crmId`.
    async fn by_external_id(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What kind of thing.")] noun: ExternalIdNoun,
        #[graphql(desc = "Its id there.")] external_id: String,
    ) -> ApiResult<Option<Node>> {
        let found = external_ids::look_up(ctx.scope(), noun.into(), &external_id).await?;
        match found {
            Some(id) => Node::find(ctx.loaders(), &id.into()).await,
            None => Ok(None),
        }
    }

    /// What a command with an idempotency key did, for whoever did not hear its answer; null
    /// where nothing was done under the key. A partner's people look up their own alone.
    async fn command(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key that the command was sent with.")] idempotency_key: String,
    ) -> ApiResult<Option<DoneCommand>> {
        let done = idempotency::look_up(ctx.scope(), &idempotency_key).await?;
        Ok(done.map(DoneCommand))
    }

    /// The things with these ids, in their order; null where there is none that
    /// this key may see.
    #[graphql(directive = list_size::apply(None, Some(vec!["ids".to_owned()]), None))]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Their ids, at most 100.", directive = max_items::apply(100))] ids: Vec<
            ID,
        >,
    ) -> ApiResult<Vec<Option<Node>>> {
        let loaders = ctx.loaders();
        try_join_all(ids.iter().map(|id| Node::find(loaders, id))).await
    }
}
