//! Programs, their terms and the rules of those.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use tributary_domain::entity::{program, terms as stored};
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::program::programs;
use tributary_domain::program::terms::{self, NewTerms};
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::{cost, list_size, max_items};

use crate::context::{RequestExt, given, wraps};
use crate::deal::deals::Deal;
use crate::deal::registrations::Registration;
use crate::error::{ApiResult, commands};
use crate::lists::{nested_lists, root_lists};
use crate::loaders::{CurrentTerms, RulesOfTerms};
use crate::partner::partners::Partner;
use crate::payout::payout_runs::PayoutRun;
use crate::rule::rules::{Rule, RuleInput};
use crate::scalars::{DateTime, Money, MoneyInput, currency};

/// How the partners of a program work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "program::ProgramModel")]
pub enum ProgramModel {
    /// They refer customers; the tenant sells.
    Referral,
    /// They resell under their own contract.
    Reseller,
    /// They sell together with the tenant.
    CoSell,
    /// They integrate a product.
    Technology,
}

/// Where a program stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "program::State")]
pub enum ProgramState {
    /// No terms are published.
    Draft,
    /// Partners work under it.
    Open,
}

/// Where terms stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "stored::State")]
pub enum TermsState {
    /// They apply to new registrations and deals.
    Published,
    /// They apply only to what was registered or opened under them.
    Superseded,
}

/// Terms under which partners work.
#[derive(Description)]
pub struct Program(pub program::Model);
wraps!(Program, program::Model);

#[Object(use_type_description)]
impl Program {
    /// Its id, `prg_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How its partners work.
    async fn model(&self) -> ProgramModel {
        self.0.model.into()
    }

    /// The currency of its deals and payouts, as `USD`.
    async fn currency(&self) -> &str {
        self.0.currency.code()
    }

    /// Where it stands.
    async fn state(&self) -> ProgramState {
        self.0.state.into()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The terms in force; null before the first are published.
    async fn current_terms(&self, ctx: &Context<'_>) -> ApiResult<Option<Terms>> {
        Ok(ctx.loaders().one(CurrentTerms(self.0.id)).await?.map(Terms))
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    #[graphql(flatten)]
    async fn lists(&self) -> ProgramLists {
        self.nested()
    }
}

nested_lists! {
    ProgramLists of Program {
        /// All its terms, oldest first: a new version supersedes the one before.
        terms: Terms, by terms ProgramId;
        /// The partners that are or were in it, oldest first.
        partners: Partner, through partner partners_of_program;
        /// The registrations in it, oldest first.
        registrations: Registration, by registration ProgramId;
        /// The deals in it, oldest first.
        deals: Deal, by deal ProgramId;
        /// Its payout runs, oldest first.
        payout_runs: PayoutRun, by payout_run ProgramId;
    }
}

/// One immutable version of a program's terms.
#[derive(Description)]
pub struct Terms(pub stored::Model);
wraps!(Terms, stored::Model);

#[Object(use_type_description)]
impl Terms {
    /// Their id, `trm_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The program.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        Ok(ctx.loaders().one(self.0.program_id).await?.map(Program))
    }

    /// Their number within the program, from 1.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Whether they are in force.
    async fn state(&self) -> TermsState {
        self.0.state.into()
    }

    /// What a partner agrees to, in words.
    #[graphql(directive = cost::apply("98".to_owned()))]
    async fn agreement_text(&self) -> &str {
        &self.0.agreement_text
    }

    /// All that a partner agrees to, as JSON text: the words, the terms, the rules
    /// with their configurations, and the digests of the code that is used. Show
    /// it before it is signed.
    #[graphql(directive = cost::apply("196".to_owned()))]
    async fn document(&self) -> &str {
        &self.0.document
    }

    /// SHA-256 of `document` in hexadecimal. A signature quotes it.
    async fn document_digest(&self) -> &str {
        &self.0.document_digest
    }

    /// How long an approved registration protects, in days from approval.
    async fn protection_days(&self) -> i32 {
        self.0.protection_days
    }

    /// Whether a registration without conflict is approved at once.
    async fn auto_approve(&self) -> bool {
        self.0.auto_approve
    }

    /// How long an earning waits after its collection, in days.
    async fn hold_days(&self) -> i32 {
        self.0.hold_days
    }

    /// Days after a win until involvements that nobody has decided are declined,
    /// where the win left them open.
    async fn credit_decision_days(&self) -> i32 {
        self.0.credit_decision_days
    }

    /// The least that is paid out.
    async fn payout_minimum(&self, ctx: &Context<'_>) -> ApiResult<Option<Money>> {
        let program = ctx.loaders().one(self.0.program_id).await?;
        Ok(program.map(|program| Money::minor(self.0.payout_minimum_minor, program.currency)))
    }

    /// The most that one rule may give on one deal, in ten-thousandths of its
    /// amount.
    async fn commission_cap_bps(&self) -> i32 {
        self.0.commission_cap_bps
    }

    /// When they came into force.
    async fn published_at(&self) -> DateTime {
        DateTime(self.0.published_at)
    }

    /// How credit becomes money: at most one rule for each role.
    #[graphql(directive = list_size::apply(Some(20), None, None))]
    async fn rules(&self, ctx: &Context<'_>) -> ApiResult<Vec<Rule>> {
        let rules = ctx.loaders().one(RulesOfTerms(self.0.id)).await?;
        Ok(rules.unwrap_or_default().into_iter().map(Rule).collect())
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

root_lists! {
    /// Reading programs.
    ProgramQueries {
        /// The tenant's programs, oldest first.
        programs: Program;
    }
}

/// A program to create.
#[derive(InputObject)]
pub struct CreateProgramInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result.
    idempotency_key: String,
    /// Its name, 1 to 200 characters.
    name: String,
    /// How its partners work.
    model: ProgramModel,
    /// The currency of its deals and payouts: three letters of ISO 4217.
    currency: String,
}

impl CreateProgramInput {
    async fn run(self, scope: &Scope) -> Result<program::Model> {
        let currency = currency("currency", &self.currency);
        let (key, model) = (&self.idempotency_key, self.model.into());
        programs::create(scope, key, &self.name, model, currency).await
    }
}

/// Terms to publish.
#[derive(InputObject)]
pub struct PublishTermsInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result.
    idempotency_key: String,
    /// The program.
    program_id: ID,
    /// What partners agree to, at most 100,000 characters.
    agreement_text: String,
    /// How long an approved registration protects, in days from approval.
    protection_days: i32,
    /// Whether a registration without conflict is approved at once.
    #[graphql(default)]
    auto_approve: bool,
    /// How long an earning waits after its collection, in days.
    hold_days: i32,
    /// Days after a win until involvements that nobody has decided are declined,
    /// where the win left them open.
    #[graphql(default = 30)]
    credit_decision_days: i32,
    /// The least that is paid out, in the program's currency.
    payout_minimum: MoneyInput,
    /// The most that one rule may give on one deal, in ten-thousandths of it.
    #[graphql(default = 10_000)]
    commission_cap_bps: i32,
    /// How credit becomes money: at most one rule for each role.
    #[graphql(directive = max_items::apply(20))]
    rules: Vec<RuleInput>,
}

impl PublishTermsInput {
    async fn run(self, scope: &Scope) -> Result<stored::Model> {
        let program = given(Noun::Program, "programId", &self.program_id);
        let terms = NewTerms {
            agreement_text: self.agreement_text,
            protection_days: self.protection_days,
            auto_approve: self.auto_approve,
            hold_days: self.hold_days,
            credit_decision_days: self.credit_decision_days,
            payout_minimum: self.payout_minimum.read("payoutMinimum"),
            commission_cap_bps: self.commission_cap_bps,
            rules: self.rules.into_iter().map(RuleInput::read).collect(),
        };
        terms::publish(scope, &self.idempotency_key, program, terms).await
    }
}

commands! {
    /// Changing programs.
    ProgramMutations {
        /// Creates a program without terms.
        create_program(CreateProgramInput, "The program.") ->
        /// What creating a program did.
        CreateProgramPayload {
            /// The program; null where nothing was created.
            program: Program
        }

        /// Publishes new terms of a program, which supersede the current ones, and
        /// opens it. Deals go on under the terms they began with.
        publish_terms(PublishTermsInput, "The terms.") ->
        /// What publishing terms did.
        PublishTermsPayload {
            /// The terms; null where nothing was published.
            terms: Terms
        }
    }
}
