//! Payout methods.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use tributary_domain::entity::payout_method;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::partner::payout_methods;
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::list_size;

use crate::context::is_second;
use crate::context::{RequestExt, given, wraps};
use crate::error::{ApiResult, commands};
use crate::lists::root_lists;
use crate::loaders::SameDestination;
use crate::partner::partners::Partner;
use crate::scalars::DateTime;
use crate::tenant::actors::Actor;
use tributary_domain::access::Permission;

/// A way for money to reach partners: `rails` lists those that serve the tenant here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "payout_method::RailName")]
pub enum RailName {
    /// People make the payments: one reports each, another confirms it.
    Manual,
    /// Moves no money: for tenants that try things out.
    Sandbox,
    /// RazorpayX. Named ahead: no server has it yet.
    Razorpayx,
    /// PayPal. Named ahead: no server has it yet.
    Paypal,
}

/// Where a payout method stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "payout_method::State")]
pub enum PayoutMethodState {
    /// Nobody has checked it.
    Unverified,
    /// Payouts go there.
    Verified,
    /// It is no longer used.
    Disabled,
}

/// Where a partner is paid.
#[derive(Description)]
pub struct PayoutMethod(pub payout_method::Model);
wraps!(PayoutMethod, payout_method::Model);

#[Object(use_type_description)]
impl PayoutMethod {
    /// Its id, `pmt_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The partner. Null only where its look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// The rail that pays it.
    async fn rail(&self) -> RailName {
        self.0.rail.into()
    }

    /// The destination, with all but its last four characters hidden.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// Its state.
    async fn state(&self) -> PayoutMethodState {
        self.0.state.into()
    }

    /// Who added it. Null for a partner's key.
    async fn added_by(&self) -> Option<Actor> {
        Actor::shown(self.0.added_by)
    }

    /// Who verified it, another person; null until somebody did, and for a
    /// partner's key.
    async fn verified_by(&self) -> Option<Actor> {
        self.0.verified_by.and_then(Actor::shown)
    }

    /// When it was added.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Other payout methods that pay to the same destination over the same rail,
    /// of any partner, oldest first, at most 20. Empty for a partner's key.
    #[graphql(directive = list_size::apply(Some(20), None, None))]
    async fn same_destination(&self, ctx: &Context<'_>) -> ApiResult<Vec<Self>> {
        let others = ctx.loaders().one(SameDestination(self.0.id)).await?;
        Ok(others.unwrap_or_default().into_iter().map(Self).collect())
    }

    /// Whether the key may verify it as it stands: somebody else added it.
    async fn viewer_can_verify(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        let waits = self.0.state == payout_method::State::Unverified;
        let may = waits && ctx.scope().role().may(Permission::PartnerManage);
        Ok(may && is_second(ctx, self.0.added_by).await?)
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

root_lists! {
    /// Reading payout methods.
    PayoutMethodQueries {
        /// The payout methods that the key may see, oldest first.
        payout_methods: PayoutMethod;
    }
}

/// A payout method to add.
#[derive(InputObject)]
pub struct AddPayoutMethodInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The partner.
    partner_id: ID,
    /// A rail that this server has and that serves the tenant.
    rail: RailName,
    /// Where to, in the rail's terms: 1 to 200 characters. It is never shown
    /// again but for its last four.
    #[graphql(secret)]
    destination: String,
}

impl AddPayoutMethodInput {
    async fn run(self, scope: &Scope) -> Result<payout_method::Model> {
        let partner = given(Noun::Partner, "partnerId", &self.partner_id);
        let (key, rail) = (&self.idempotency_key, self.rail.into());
        payout_methods::add(scope, key, partner, rail, &self.destination).await
    }
}

/// A payout method to verify.
#[derive(InputObject)]
pub struct VerifyPayoutMethodInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The payout method.
    id: ID,
}

impl VerifyPayoutMethodInput {
    async fn run(self, scope: &Scope) -> Result<payout_method::Model> {
        payout_methods::verify(
            scope,
            self.idempotency_key.as_deref(),
            given(Noun::PayoutMethod, "id", &self.id),
        )
        .await
    }
}

/// A payout method to disable, and why.
#[derive(InputObject)]
pub struct DisablePayoutMethodInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The payout method.
    id: ID,
    /// Why, for the partner and the tenant: 1 to 2,000 characters. It is in the log, so no
    /// account numbers.
    reason: String,
}

impl DisablePayoutMethodInput {
    async fn run(self, scope: &Scope) -> Result<payout_method::Model> {
        let method = given(Noun::PayoutMethod, "id", &self.id);
        payout_methods::disable(scope, self.idempotency_key.as_deref(), method, &self.reason).await
    }
}

commands! {
    /// Changing payout methods.
    PayoutMethodMutations {
        /// Adds a payout method, for another person, of the tenant, to verify before
        /// anything is paid to it.
        add_payout_method(AddPayoutMethodInput, "The method.") needs PartnerFile ->
        /// Result of `addPayoutMethod`.
        AddPayoutMethodPayload {
            /// The payout method; null where nothing was added.
            payout_method: PayoutMethod
        }

        /// Verifies a payout method that somebody else added, and disables the one
        /// that the partner had before.
        verify_payout_method(VerifyPayoutMethodInput, "Which method.") needs PartnerManage ->
        /// Result of `verifyPayoutMethod`.
        VerifyPayoutMethodPayload {
            /// The payout method; null where nothing was verified.
            payout_method: PayoutMethod
        }

        /// Disables a payout method, verified or not: one that was mistyped, or that the
        /// partner no longer has. Payouts to it that were not sent yet fail, and return to the
        /// next run. Repeating it is harmless.
        disable_payout_method(DisablePayoutMethodInput, "Which method, and why.") needs PartnerFile ->
        /// Result of `disablePayoutMethod`.
        DisablePayoutMethodPayload {
            /// The payout method; null where nothing was disabled.
            payout_method: PayoutMethod
        }
    }
}
