//! Partners, and where they stand in programs.

use async_graphql::futures_util::future::try_join_all;
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use tributary_domain::commission::balances;
use tributary_domain::entity::partner;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::kernel::external_ids::Subject;
use tributary_domain::money::Currency;
use tributary_domain::partner::partners;
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::{cost, list_size};

use crate::commission::commissions::Commission;
use crate::commission::earnings::Earning;
use crate::context::{RequestExt, given, wraps};
use crate::deal::deals::Deal;
use crate::deal::involvements::Involvement;
use crate::deal::registrations::Registration;
use crate::error::{ApiResult, commands};
use crate::lists::{nested_lists, root_lists};
use crate::loaders::{BalancesOfPartner, EnrollmentsOfPartner, ExternalId, PapersOfPartner};
use crate::pages::USUAL_PAGE;
use crate::partner::agreements::Agreement;
use crate::partner::enrollments::Enrollment;
use crate::partner::payout_methods::PayoutMethod;
use crate::partner::readiness::Readiness;
use crate::partner::tax_forms::TaxForm;
use crate::payout::payouts::Payout;
use crate::program::terms::Terms;
use crate::scalars::{DateTime, Money, Position};
use crate::tenant::events::{Event, page_of_log};
use crate::tenant::tenants::Person;
use tributary_domain::tenant::events;

/// Where a partner stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "partner::State")]
pub enum PartnerState {
    /// Its paperwork is not complete.
    Onboarding,
    /// Its paperwork was complete once; what it lacks now is in `readiness`.
    Active,
    /// It is stopped for now.
    Suspended,
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

    /// Its id in the tenant's own system; null where it has none, and for a partner's key.
    async fn external_id(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        ctx.loaders()
            .one(ExternalId(Subject::Partner(self.0.id)))
            .await
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its state.
    async fn state(&self) -> PartnerState {
        self.0.state.into()
    }

    /// Who of the tenant's people is responsible for it. Null where nobody is, and for a
    /// partner's key.
    async fn responsible(&self, ctx: &Context<'_>) -> ApiResult<Option<Person>> {
        let person = ctx.loaders().maybe(self.0.responsible_id).await?;
        Ok(person.map(Person))
    }

    /// When it was invited.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// What it holds, is owed and was paid, for each currency in which it ever earned, in the
    /// order of their codes.
    #[graphql(
        directive = cost::apply("10".to_owned()),
        directive = list_size::apply(Some(3), None, None)
    )]
    async fn balances(&self, ctx: &Context<'_>) -> ApiResult<Vec<PartnerBalance>> {
        let balances = ctx.loaders().one(BalancesOfPartner(self.0.id)).await?;
        let balances = balances.unwrap_or_default().into_iter();
        Ok(balances
            .map(|(currency, balance)| PartnerBalance { currency, balance })
            .collect())
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

    /// What happened to it, oldest first, as far as the key may know it. `after` the last
    /// position of a page gives the next.
    #[graphql(directive = list_size::apply(Some(USUAL_PAGE), Some(vec!["first".to_owned()]), None))]
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this position.")] after: Option<Position>,
    ) -> ApiResult<Vec<Event>> {
        let (after, limit) = page_of_log(ctx, first, after).await?;
        let rows = events::of_partner_after(ctx.scope(), self.0.id, after, limit).await?;
        Ok(rows.into_iter().map(Event).collect())
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    #[graphql(flatten)]
    async fn lists(&self) -> PartnerLists {
        self.nested()
    }
}

/// What a partner holds, is owed and was paid in one currency. The five amounts add up to all
/// that was ever released, less what refunds took back.
#[derive(Description)]
pub struct PartnerBalance {
    currency: Currency,
    balance: balances::PartnerBalance,
}

#[Object(use_type_description)]
impl PartnerBalance {
    /// The currency, as `USD`.
    async fn currency(&self) -> &str {
        self.currency.code()
    }

    /// Released, and its hold has not ended.
    async fn held(&self) -> Money {
        Money::minor(self.balance.on_hold_minor, self.currency)
    }

    /// Its hold has ended, and it is in no payout.
    async fn payable(&self) -> Money {
        Money::minor(self.balance.payable_minor, self.currency)
    }

    /// Taken back by refunds, and not set off against what is payable yet: zero or
    /// negative.
    async fn taken_back(&self) -> Money {
        Money::minor(self.balance.taken_back_minor, self.currency)
    }

    /// In payouts that are not finished.
    async fn in_payout(&self) -> Money {
        Money::minor(self.balance.in_payout_minor, self.currency)
    }

    /// Paid, or set off against what was taken back.
    async fn paid(&self) -> Money {
        Money::minor(self.balance.paid_minor, self.currency)
    }

    /// When the next hold ends; null where nothing is held.
    async fn next_payable_at(&self) -> Option<DateTime> {
        self.balance.next_payable_at.map(DateTime)
    }
}

nested_lists! {
    PartnerLists of Partner {
        /// The deals that it has a part in, oldest first.
        deals: Deal, through deal deals_of_partner;
        /// Its parts in deals, oldest first.
        involvements: Involvement, by involvement PartnerId;
        /// Its payouts, oldest first.
        payouts: Payout, by payout PartnerId;
        /// Its agreements, oldest first.
        agreements: Agreement, by agreement PartnerId;
        /// Its tax forms, oldest first.
        tax_forms: TaxForm, by tax_form PartnerId;
        /// Its payout methods, oldest first.
        payout_methods: PayoutMethod, by payout_method PartnerId;
        /// Its registrations, oldest first.
        registrations: Registration, by registration PartnerId;
        /// Its commissions, oldest first.
        commissions: Commission, by commission PartnerId;
        /// Its earnings, oldest first.
        earnings: Earning, by earning PartnerId;
    }
}

root_lists! {
    /// Reading partners.
    PartnerQueries {
        /// The tenant's partners, oldest first. A partner's key sees its own alone.
        partners: Partner;
    }
}

/// A partner to invite.
#[derive(InputObject)]
pub struct InvitePartnerInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// Its name, 1 to 200 characters.
    name: String,
    /// The program that it is invited into; open.
    program_id: ID,
    /// Its tier there, in the tenant's words, 1 to 200 characters.
    tier: Option<String>,
    /// Its id in your own system, 1 to 200 characters. No two partners share one.
    external_id: Option<String>,
}

impl InvitePartnerInput {
    async fn run(self, scope: &Scope) -> Result<partner::Model> {
        let program = given(Noun::Program, "programId", &self.program_id);
        let (key, tier) = (&self.idempotency_key, self.tier.as_deref());
        let external_id = self.external_id.as_deref();
        partners::invite(scope, key, &self.name, program, tier, external_id).await
    }
}

/// A partner to suspend.
#[derive(InputObject)]
pub struct SuspendPartnerInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The partner.
    id: ID,
}

/// A partner to let work again.
#[derive(InputObject)]
pub struct ResumePartnerInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
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

/// Who is to look after a partner.
#[derive(InputObject)]
pub struct AssignPartnerInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The partner.
    id: ID,
    /// One of the tenant's people; null or absent: nobody any more.
    person_id: Option<ID>,
}

impl AssignPartnerInput {
    async fn run(self, scope: &Scope) -> Result<partner::Model> {
        let key = self.idempotency_key.as_deref();
        let partner = given(Noun::Partner, "id", &self.id);
        let person = self.person_id.as_ref();
        let person = person.map(|id| given(Noun::Person, "personId", id));
        partners::assign(scope, key, partner, person).await
    }
}

commands! {
    /// Changing partners.
    PartnerMutations {
        /// Invites a partner into a program whose terms are published.
        invite_partner(InvitePartnerInput, "The partner.") needs PartnerManage ->
        /// Result of `invitePartner`.
        InvitePartnerPayload {
            /// The partner; null where nobody was invited.
            partner: Partner
        }

        /// Assigns the person responsible for a partner; `inbox(mine: true)` is theirs.
        assign_partner(AssignPartnerInput, "The partner, and who.") needs PartnerManage ->
        /// Result of `assignPartner`.
        AssignPartnerPayload {
            /// The partner; null where nothing was changed.
            partner: Partner
        }

        /// Suspends a partner: it cannot register or be paid until it is resumed.
        suspend_partner(SuspendPartnerInput, "Which partner.") needs PartnerManage ->
        /// Result of `suspendPartner`.
        SuspendPartnerPayload {
            /// The partner; null where nothing was changed.
            partner: Partner
        }

        /// Lets a suspended partner work again.
        resume_partner(ResumePartnerInput, "Which partner.") needs PartnerManage ->
        /// Result of `resumePartner`.
        ResumePartnerPayload {
            /// The partner; null where nothing was changed.
            partner: Partner
        }
    }
}
