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
    async fn actor(&self, ctx: &Context<'_>) -> Actor {
        Actor::caller(ctx.scope())
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

/// The permission that a command needs, and the roles that have it, in a sentence. A test
/// holds it to who may give the command.
macro_rules! needs {
    ($permission:ident) => {
        concat!("Needs ", $crate::tenant::viewer::roles!($permission))
    };
    ($permission:ident or $other:ident) => {
        concat!(
            "Needs ",
            $crate::tenant::viewer::roles!($permission),
            " Or ",
            $crate::tenant::viewer::roles!($other)
        )
    };
}
pub(crate) use needs;

/// A permission with the roles that have it.
macro_rules! roles {
    (OwnRegistration) => {
        "a key of its partner: PARTNER."
    };
    (KeyManage) => {
        "`KEY_MANAGE`: OWNER."
    };
    (ProgramManage) => {
        "`PROGRAM_MANAGE`: OWNER, MANAGER."
    };
    (PartnerManage) => {
        "`PARTNER_MANAGE`: OWNER, MANAGER."
    };
    (PartnerFile) => {
        "`PARTNER_FILE`: OWNER, MANAGER, PARTNER."
    };
    (RegistrationSubmit) => {
        "`REGISTRATION_SUBMIT`: OWNER, MANAGER, INTEGRATOR, PARTNER."
    };
    (RegistrationDecide) => {
        "`REGISTRATION_DECIDE`: OWNER, MANAGER."
    };
    (DealManage) => {
        "`DEAL_MANAGE`: OWNER, MANAGER, INTEGRATOR."
    };
    (DealWriteOff) => {
        "`DEAL_WRITE_OFF`: OWNER, FINANCE."
    };
    (InvolvementRecord) => {
        "`INVOLVEMENT_RECORD`: OWNER, MANAGER, INTEGRATOR, PARTNER."
    };
    (InvolvementDecide) => {
        "`INVOLVEMENT_DECIDE`: OWNER, MANAGER."
    };
    (CollectionRecord) => {
        "`COLLECTION_RECORD`: OWNER, FINANCE, INTEGRATOR."
    };
    (CommissionManage) => {
        "`COMMISSION_MANAGE`: OWNER, MANAGER, FINANCE."
    };
    (PayoutPropose) => {
        "`PAYOUT_PROPOSE`: OWNER, FINANCE."
    };
    (PayoutApprove) => {
        "`PAYOUT_APPROVE`: OWNER, FINANCE."
    };
    (PayoutExport) => {
        "`PAYOUT_EXPORT`: OWNER, FINANCE."
    };
    (PluginManage) => {
        "`PLUGIN_MANAGE`: OWNER, MANAGER."
    };
    (ActivationApprove) => {
        "`ACTIVATION_APPROVE`: OWNER, MANAGER, FINANCE."
    };
    (BooksRead) => {
        "`BOOKS_READ`: OWNER, MANAGER, FINANCE, VIEWER."
    };
    (ClockAdvance) => {
        "`CLOCK_ADVANCE`: OWNER, MANAGER."
    };
}
pub(crate) use roles;
