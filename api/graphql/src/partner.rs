//! Partners, and where they stand in programs.

use async_graphql::futures_util::future::try_join_all;
use async_graphql::{Context, Description, ID, InputObject, Object};
use tributary_domain::entity::{
    agreement, commission, earning, enrollment, partner, payout_method, registration, tax_form,
};
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::partner::partners;
use tributary_domain::reads;
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::list_size;

use super::agreement::Agreement;
use super::commission::Commission;
use super::context::{RequestExt, given, mirrors, wraps};
use super::earning::Earning;
use super::error::{ApiResult, payload};
use super::loaders::{
    AgreementsOfPartner, CommissionsOfPartner, EarningsOfPartner, EnrollmentsOfPartner,
    PapersOfPartner, PayoutMethodsOfPartner, RegistrationsOfPartner, TaxFormsOfPartner,
};
use super::pages::{Connection, Paged, Slice, connection};
use super::paperwork::{PayoutMethod, TaxForm};
use super::program::{Program, Terms};
use super::readiness::Readiness;
use super::registration::Registration;
use super::scalars::DateTime;

mirrors! {
    /// Where a partner stands.
    PartnerState = partner::State {
        /// Its paperwork is not complete.
        Onboarding,
        /// Its paperwork was complete once; what it lacks now is in `readiness`.
        Active,
        /// It is stopped for now.
        Suspended,
    }
}

mirrors! {
    /// Where an enrollment stands.
    EnrollmentState = enrollment::State {
        /// The agreement is not accepted.
        Invited,
        /// The partner works under the terms.
        Active,
    }
}

/// A partner organisation.
#[derive(Description)]
pub struct Partner(pub partner::Model);
wraps!(Partner, partner::Model);

#[Object(use_type_description)]
impl Partner {
    /// Its id, `prt_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where it stands.
    async fn state(&self) -> PartnerState {
        self.0.state.into()
    }

    /// When it was invited.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// What it lacks before it can be paid.
    async fn readiness(&self, ctx: &Context<'_>) -> ApiResult<Readiness> {
        let papers = ctx.loaders().one(PapersOfPartner(self.0.id)).await?;
        let papers = papers.unwrap_or_default();
        let loaders = ctx.loaders();
        let terms = try_join_all(papers.unaccepted().into_iter().map(|id| loaders.one(id))).await?;
        let terms_to_accept = terms.into_iter().flatten().map(Terms).collect();
        Ok(Readiness::of(&papers, terms_to_accept))
    }

    /// The programs that it is or was in, oldest first.
    #[graphql(directive = list_size::apply(Some(20), None, None))]
    async fn enrollments(&self, ctx: &Context<'_>) -> ApiResult<Vec<Enrollment>> {
        let rows = ctx.loaders().one(EnrollmentsOfPartner(self.0.id)).await?;
        Ok(rows
            .unwrap_or_default()
            .into_iter()
            .map(Enrollment)
            .collect())
    }

    /// Its agreements, oldest first.
    #[graphql(directive = Paged::apply())]
    async fn agreements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> ApiResult<Connection<Agreement>> {
        let key = AgreementsOfPartner(self.0.id, Slice::forward(first, after).window()?);
        let page = ctx.loaders().page(key).await?;
        Ok(connection::<agreement::Entity, _>(page))
    }

    /// Its tax forms, oldest first.
    #[graphql(directive = Paged::apply())]
    async fn tax_forms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> ApiResult<Connection<TaxForm>> {
        let key = TaxFormsOfPartner(self.0.id, Slice::forward(first, after).window()?);
        let page = ctx.loaders().page(key).await?;
        Ok(connection::<tax_form::Entity, _>(page))
    }

    /// Its payout methods, oldest first.
    #[graphql(directive = Paged::apply())]
    async fn payout_methods(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> ApiResult<Connection<PayoutMethod>> {
        let key = PayoutMethodsOfPartner(self.0.id, Slice::forward(first, after).window()?);
        let page = ctx.loaders().page(key).await?;
        Ok(connection::<payout_method::Entity, _>(page))
    }

    /// Its registrations, oldest first.
    #[graphql(directive = Paged::apply())]
    async fn registrations(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> ApiResult<Connection<Registration>> {
        let key = RegistrationsOfPartner(self.0.id, Slice::forward(first, after).window()?);
        let page = ctx.loaders().page(key).await?;
        Ok(connection::<registration::Entity, _>(page))
    }

    /// Its commissions, oldest first.
    #[graphql(directive = Paged::apply())]
    async fn commissions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> ApiResult<Connection<Commission>> {
        let key = CommissionsOfPartner(self.0.id, Slice::forward(first, after).window()?);
        let page = ctx.loaders().page(key).await?;
        Ok(connection::<commission::Entity, _>(page))
    }

    /// Its earnings, oldest first.
    #[graphql(directive = Paged::apply())]
    async fn earnings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> ApiResult<Connection<Earning>> {
        let key = EarningsOfPartner(self.0.id, Slice::forward(first, after).window()?);
        let page = ctx.loaders().page(key).await?;
        Ok(connection::<earning::Entity, _>(page))
    }
}

/// A partner in a program.
#[derive(Description)]
pub struct Enrollment(pub enrollment::Model);
wraps!(Enrollment, enrollment::Model);

#[Object(use_type_description)]
impl Enrollment {
    /// Its id, `enr_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The program.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        Ok(ctx.loaders().one(self.0.program_id).await?.map(Program))
    }

    /// The partner.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// Its tier there, in the tenant's words; null where it has none.
    async fn tier(&self) -> Option<&str> {
        self.0.tier.as_deref()
    }

    /// Where it stands.
    async fn state(&self) -> EnrollmentState {
        self.0.state.into()
    }

    /// When the partner was invited.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// Reading partners.
#[derive(Default)]
pub struct PartnerQueries;

#[Object]
impl PartnerQueries {
    /// The tenant's partners, oldest first. A partner's key sees its own alone.
    #[graphql(directive = Paged::apply())]
    async fn partners(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Partner>> {
        let window = Slice {
            first,
            after,
            last,
            before,
        }
        .window()?;
        let page = reads::page::<partner::Entity>(ctx.scope(), reads::all(), window).await?;
        Ok(connection::<partner::Entity, _>(page))
    }
}

/// A partner to invite.
#[derive(InputObject)]
pub struct InvitePartnerInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result.
    idempotency_key: String,
    /// Its name, 1 to 200 characters.
    name: String,
    /// The program that it is invited into; open.
    program_id: ID,
    /// Its tier there, in the tenant's words, 1 to 200 characters.
    tier: Option<String>,
}

impl InvitePartnerInput {
    async fn run(self, scope: &Scope) -> Result<partner::Model> {
        let program = given(Noun::Program, "programId", &self.program_id);
        let (key, tier) = (&self.idempotency_key, self.tier.as_deref());
        partners::invite(scope, key, &self.name, program, tier).await
    }
}

/// A partner to suspend.
#[derive(InputObject)]
pub struct SuspendPartnerInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result.
    idempotency_key: String,
    /// The partner.
    id: ID,
}

/// A partner to let work again.
#[derive(InputObject)]
pub struct ResumePartnerInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result.
    idempotency_key: String,
    /// The partner.
    id: ID,
}

impl SuspendPartnerInput {
    async fn run(self, scope: &Scope) -> Result<partner::Model> {
        let (key, partner) = (&self.idempotency_key, given(Noun::Partner, "id", &self.id));
        partners::suspend(scope, key, partner, true).await
    }
}

impl ResumePartnerInput {
    async fn run(self, scope: &Scope) -> Result<partner::Model> {
        let (key, partner) = (&self.idempotency_key, given(Noun::Partner, "id", &self.id));
        partners::suspend(scope, key, partner, false).await
    }
}

payload! {
    /// What inviting a partner did.
    InvitePartnerPayload,
    /// The partner; null where nobody was invited.
    partner: Partner
}
payload! {
    /// What suspending a partner did.
    SuspendPartnerPayload,
    /// The partner; null where nothing was changed.
    partner: Partner
}
payload! {
    /// What resuming a partner did.
    ResumePartnerPayload,
    /// The partner; null where nothing was changed.
    partner: Partner
}

/// Changing partners.
#[derive(Default)]
pub struct PartnerMutations;

#[Object]
impl PartnerMutations {
    /// Invites a partner into a program whose terms are published.
    async fn invite_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The partner.")] input: InvitePartnerInput,
    ) -> Option<ApiResult<InvitePartnerPayload>> {
        InvitePartnerPayload::answer(input.run(ctx.scope()).await)
    }

    /// Suspends a partner: it cannot register or be paid until it is resumed.
    async fn suspend_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which partner.")] input: SuspendPartnerInput,
    ) -> Option<ApiResult<SuspendPartnerPayload>> {
        SuspendPartnerPayload::answer(input.run(ctx.scope()).await)
    }

    /// Lets a suspended partner work again.
    async fn resume_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which partner.")] input: ResumePartnerInput,
    ) -> Option<ApiResult<ResumePartnerPayload>> {
        ResumePartnerPayload::answer(input.run(ctx.scope()).await)
    }
}
