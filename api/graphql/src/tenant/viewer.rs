//! Who asks, and what they may do.

use async_graphql::{Context, Description, Enum, ID, Object};
use tributary_domain::access;
use tributary_domain::reads;
use tributary_transport::document::directives::list_size;

use crate::context::RequestExt;
use crate::error::ApiResult;
use crate::pages::USUAL_PAGE;
use crate::partner::partners::Partner;
use crate::tenant::actors::Actor;
use crate::tenant::roles::Role;
use crate::tenant::tenants::Tenant;

/// One thing that may be done. Clients tolerate values that they do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "access::Permission")]
pub enum Permission {
    /// Create and revoke API keys.
    KeyManage,
    /// Create programs and publish their terms.
    ProgramManage,
    /// Invite partners and decide on their paperwork.
    PartnerManage,
    /// File a partner's own paperwork: agreement, tax form, payout method.
    PartnerFile,
    /// Register an opportunity for a partner.
    RegistrationSubmit,
    /// Approve or reject registrations.
    RegistrationDecide,
    /// Open, move, win and lose deals, and convert registrations into them.
    DealManage,
    /// Write off what a won deal has left to collect.
    DealWriteOff,
    /// Propose an involvement with its evidence.
    InvolvementRecord,
    /// Confirm or decline involvements.
    InvolvementDecide,
    /// Record what the customer paid or was refunded.
    CollectionRecord,
    /// Try a held commission again.
    CommissionManage,
    /// Propose a payout run.
    PayoutPropose,
    /// Approve a payout run that somebody else proposed.
    PayoutApprove,
    /// Read where partners are paid, to pay them by hand.
    PayoutExport,
    /// Upload and publish plugins, and propose from when on a version is used.
    PluginManage,
    /// Approve from when on a version of a plugin is used.
    ActivationApprove,
    /// Read rules' code and receipts, the ledger, and the whole log.
    BooksRead,
    /// Move the test clock of a sandbox.
    ClockAdvance,
}

/// Who asks.
#[derive(Description)]
pub struct Viewer;

#[Object(use_type_description)]
impl Viewer {
    /// The same for every key: it is there for caches.
    async fn id(&self) -> ID {
        "viewer".into()
    }

    /// The person or service that the key belongs to.
    async fn actor(&self, ctx: &Context<'_>) -> Option<Actor> {
        Actor::shown(ctx.scope().actor())
    }

    /// What the key may do.
    async fn role(&self, ctx: &Context<'_>) -> Role {
        ctx.scope().role().into()
    }

    /// All that the key may do. An error `FORBIDDEN` names the one that it lacks, in
    /// `extensions.permission`.
    #[graphql(directive = list_size::apply(Some(USUAL_PAGE), None, None))]
    async fn permissions(&self, ctx: &Context<'_>) -> Vec<Permission> {
        let all = ctx.scope().role().permissions();
        all.map(Permission::from).collect()
    }

    /// The partner that the key speaks for; null for the tenant's own people.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx
            .loaders()
            .maybe(ctx.scope().partner())
            .await?
            .map(Partner))
    }

    /// The tenant that the key belongs to.
    async fn tenant(&self, ctx: &Context<'_>) -> ApiResult<Tenant> {
        Ok(reads::tenant(ctx.scope()).await?.into())
    }
}
