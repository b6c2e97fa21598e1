//! The papers without which nobody is paid: tax forms and payout methods.

use async_graphql::{Context, Description, ID, InputObject, Object};
use tributary_domain::entity::{payout_method, tax_form};
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::partner::{paperwork, payout_methods};
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::list_size;

use super::actor::Actor;
use super::context::{RequestExt, given, mirrors, wraps};
use super::error::{ApiResult, payload};
use super::loaders::SameDestination;
use super::partner::Partner;
use super::scalars::DateTime;

mirrors! {
    /// Which tax form.
    TaxFormKind = tax_form::Kind {
        /// United States: a person or company there.
        W9,
        /// United States: a person abroad.
        W8Ben,
        /// United States: a company abroad.
        W8BenE,
        /// India: permanent account number.
        Pan,
        /// India: goods and services tax number.
        Gstin,
    }
}

mirrors! {
    /// Where a tax form stands.
    TaxFormState = tax_form::State {
        /// Nobody has looked at it.
        Submitted,
        /// It is good, until it expires.
        Approved,
        /// It is not.
        Rejected,
        /// It was approved, and its time is over.
        Expired,
    }
}

mirrors! {
    /// Where a payout method stands.
    PayoutMethodState = payout_method::State {
        /// Nobody has checked it.
        Unverified,
        /// Payouts go there.
        Verified,
        /// It is no longer used.
        Disabled,
    }
}

/// A tax form. Of the tax id only the last four characters are kept.
#[derive(Description)]
pub struct TaxForm(pub tax_form::Model);
wraps!(TaxForm, tax_form::Model);

#[Object(use_type_description)]
impl TaxForm {
    /// Its id, `tax_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The partner.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// Which form.
    async fn kind(&self) -> TaxFormKind {
        self.0.kind.into()
    }

    /// The last four characters of the tax id.
    #[graphql(name = "taxIdLast4")]
    async fn tax_id_last4(&self) -> &str {
        &self.0.tax_id_last4
    }

    /// Who signed it.
    async fn signer_name(&self) -> &str {
        &self.0.signer_name
    }

    /// Where it stands, as of the tenant's present.
    async fn state(&self, ctx: &Context<'_>) -> TaxFormState {
        self.0.state_at(ctx.scope().now()).into()
    }

    /// When it was filed.
    async fn submitted_at(&self) -> DateTime {
        DateTime(self.0.submitted_at)
    }

    /// Who filed it.
    async fn submitted_by(&self) -> Option<Actor> {
        Actor::shown(self.0.submitted_by)
    }

    /// When it was approved or rejected; null before.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }

    /// By whom; null before.
    async fn decided_by(&self) -> Option<Actor> {
        self.0.decided_by.and_then(Actor::shown)
    }

    /// Why it was rejected; null where it was not.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// When it stops being valid; null where it does not.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }
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

    /// The partner.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// The rail that pays it, by name.
    async fn rail(&self) -> &str {
        &self.0.rail
    }

    /// The destination, with all but its last four characters hidden.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// Where it stands.
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
}

/// A tax form to file.
#[derive(InputObject)]
pub struct SubmitTaxFormInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result.
    idempotency_key: String,
    /// The partner.
    partner_id: ID,
    /// Which form.
    kind: TaxFormKind,
    /// The tax id, 5 to 20 letters and digits. Only the last four are kept.
    #[graphql(secret)]
    tax_id: String,
    /// Who signed the form, 1 to 200 characters.
    signer_name: String,
}

impl SubmitTaxFormInput {
    async fn run(self, scope: &Scope) -> Result<tax_form::Model> {
        let partner = given(Noun::Partner, "partnerId", &self.partner_id);
        let kind = self.kind.into();
        let (key, tax_id) = (&self.idempotency_key, &self.tax_id);
        paperwork::submit_tax_form(scope, key, partner, kind, tax_id, &self.signer_name).await
    }
}

/// A tax form to approve.
#[derive(InputObject)]
pub struct ApproveTaxFormInput {
    /// The tax form.
    id: ID,
}

impl ApproveTaxFormInput {
    async fn run(self, scope: &Scope) -> Result<tax_form::Model> {
        paperwork::decide_tax_form(scope, given(Noun::TaxForm, "id", &self.id), None).await
    }
}

/// A tax form to reject.
#[derive(InputObject)]
pub struct RejectTaxFormInput {
    /// The tax form.
    id: ID,
    /// Why, for the partner: 1 to 2,000 characters.
    reason: String,
}

impl RejectTaxFormInput {
    async fn run(self, scope: &Scope) -> Result<tax_form::Model> {
        let form = given(Noun::TaxForm, "id", &self.id);
        paperwork::decide_tax_form(scope, form, Some(&self.reason)).await
    }
}

/// A payout method to add.
#[derive(InputObject)]
pub struct AddPayoutMethodInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result.
    idempotency_key: String,
    /// The partner.
    partner_id: ID,
    /// The name of a rail that this server has.
    rail: String,
    /// Where to, in the rail's terms: 1 to 200 characters. It is never shown
    /// again but for its last four.
    #[graphql(secret)]
    destination: String,
}

impl AddPayoutMethodInput {
    async fn run(self, scope: &Scope) -> Result<payout_method::Model> {
        let partner = given(Noun::Partner, "partnerId", &self.partner_id);
        let (key, rail) = (&self.idempotency_key, &self.rail);
        payout_methods::add(scope, key, partner, rail, &self.destination).await
    }
}

/// A payout method to verify.
#[derive(InputObject)]
pub struct VerifyPayoutMethodInput {
    /// The payout method.
    id: ID,
}

impl VerifyPayoutMethodInput {
    async fn run(self, scope: &Scope) -> Result<payout_method::Model> {
        payout_methods::verify(scope, given(Noun::PayoutMethod, "id", &self.id)).await
    }
}

/// A payout method to disable, and why.
#[derive(InputObject)]
pub struct DisablePayoutMethodInput {
    /// The payout method.
    id: ID,
    /// Why, for the partner and the tenant: 1 to 2,000 characters. It is in the log, so no
    /// account numbers.
    reason: String,
}

impl DisablePayoutMethodInput {
    async fn run(self, scope: &Scope) -> Result<payout_method::Model> {
        let method = given(Noun::PayoutMethod, "id", &self.id);
        payout_methods::disable(scope, method, &self.reason).await
    }
}

payload! {
    /// What filing a tax form did.
    SubmitTaxFormPayload,
    /// The tax form; null where nothing was filed.
    tax_form: TaxForm
}
payload! {
    /// What approving a tax form did.
    ApproveTaxFormPayload,
    /// The tax form; null where nothing was decided.
    tax_form: TaxForm
}
payload! {
    /// What rejecting a tax form did.
    RejectTaxFormPayload,
    /// The tax form; null where nothing was decided.
    tax_form: TaxForm
}
payload! {
    /// What adding a payout method did.
    AddPayoutMethodPayload,
    /// The payout method; null where nothing was added.
    payout_method: PayoutMethod
}
payload! {
    /// What verifying a payout method did.
    VerifyPayoutMethodPayload,
    /// The payout method; null where nothing was verified.
    payout_method: PayoutMethod
}
payload! {
    /// What disabling a payout method did.
    DisablePayoutMethodPayload,
    /// The payout method; null where nothing was disabled.
    payout_method: PayoutMethod
}

/// Changing paperwork.
#[derive(Default)]
pub struct PaperworkMutations;

#[Object]
impl PaperworkMutations {
    /// Files a tax form for a partner, for a person of the tenant to approve.
    async fn submit_tax_form(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The form.")] input: SubmitTaxFormInput,
    ) -> Option<ApiResult<SubmitTaxFormPayload>> {
        SubmitTaxFormPayload::answer(input.run(ctx.scope()).await)
    }

    /// Approves a tax form. Repeating it is harmless.
    async fn approve_tax_form(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which form.")] input: ApproveTaxFormInput,
    ) -> Option<ApiResult<ApproveTaxFormPayload>> {
        ApproveTaxFormPayload::answer(input.run(ctx.scope()).await)
    }

    /// Rejects a tax form, with a reason. Repeating it is harmless.
    async fn reject_tax_form(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which form, and why.")] input: RejectTaxFormInput,
    ) -> Option<ApiResult<RejectTaxFormPayload>> {
        RejectTaxFormPayload::answer(input.run(ctx.scope()).await)
    }

    /// Adds a payout method, for another person, of the tenant, to verify before
    /// anything is paid to it.
    async fn add_payout_method(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The method.")] input: AddPayoutMethodInput,
    ) -> Option<ApiResult<AddPayoutMethodPayload>> {
        AddPayoutMethodPayload::answer(input.run(ctx.scope()).await)
    }

    /// Verifies a payout method that somebody else added, and disables the one
    /// that the partner had before.
    async fn verify_payout_method(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which method.")] input: VerifyPayoutMethodInput,
    ) -> Option<ApiResult<VerifyPayoutMethodPayload>> {
        VerifyPayoutMethodPayload::answer(input.run(ctx.scope()).await)
    }

    /// Disables a payout method, verified or not: one that was mistyped, or that the
    /// partner no longer has. Payouts to it that were not sent yet fail, and return to the
    /// next run. Repeating it is harmless.
    async fn disable_payout_method(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which method, and why.")] input: DisablePayoutMethodInput,
    ) -> Option<ApiResult<DisablePayoutMethodPayload>> {
        DisablePayoutMethodPayload::answer(input.run(ctx.scope()).await)
    }
}
