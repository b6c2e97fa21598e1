//! Terms of programs.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use rust_decimal::Decimal;
use tributary_domain::entity::terms as stored;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::program::in_force;
use tributary_domain::program::terms::{self, NewTerms};
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::{cost, list_size, max_items};

use crate::context::{RequestExt, given, wraps};
use crate::error::{ApiResult, commands};
use crate::loaders::RulesOfTerms;
use crate::program::programs::Program;
use crate::rule::rules::{Rule, RuleInput, percent};
use crate::scalars::{DateTime, Money, MoneyInput};

/// Where terms stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "stored::State")]
pub enum TermsState {
    /// They will apply from `effectiveAt` on.
    Scheduled,
    /// They apply to new registrations and deals.
    InForce,
    /// They apply only to what was registered or opened under them.
    Superseded,
    /// They were withdrawn before `effectiveAt`, and never applied.
    Withdrawn,
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

    /// The program. Null only where its look-up fails.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        Ok(ctx.loaders().one(self.0.program_id).await?.map(Program))
    }

    /// Their number within the program, from 1.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// Whether they are, were or will be in force.
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

    /// The least that is paid out. Null only where its look-up fails.
    async fn payout_minimum(&self, ctx: &Context<'_>) -> ApiResult<Option<Money>> {
        let program = ctx.loaders().one(self.0.program_id).await?;
        Ok(program.map(|program| Money::minor(self.0.payout_minimum_minor, program.currency)))
    }

    /// The most that one rule may give on one deal: per cent of its amount, as decimal
    /// text.
    async fn commission_cap_percent(&self) -> String {
        let percent = Decimal::new(self.0.commission_cap_bps.into(), 2);
        percent.normalize().to_string()
    }

    /// When their document was published.
    async fn published_at(&self) -> DateTime {
        DateTime(self.0.published_at)
    }

    /// From when on they apply, unless they are withdrawn before.
    async fn effective_at(&self) -> DateTime {
        DateTime(self.0.effective_at)
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

/// Terms to publish.
#[derive(InputObject)]
pub struct PublishTermsInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The program.
    program_id: ID,
    /// From when on they are in force; at once, if absent. Partners can accept them before.
    effective_at: Option<DateTime>,
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
    /// The most that one rule may give on one deal: per cent of it as decimal text, more
    /// than 0, at most 100, with at most two decimals.
    #[graphql(default = "100")]
    commission_cap_percent: String,
    /// How credit becomes money: at most one rule for each role.
    #[graphql(directive = max_items::apply(20))]
    rules: Vec<RuleInput>,
}

impl PublishTermsInput {
    async fn run(self, scope: &Scope) -> Result<stored::Model> {
        let program = given(Noun::Program, "programId", &self.program_id);
        let terms = NewTerms {
            effective_at: self.effective_at.map(|at| at.0),
            agreement_text: self.agreement_text,
            protection_days: self.protection_days,
            auto_approve: self.auto_approve,
            hold_days: self.hold_days,
            credit_decision_days: self.credit_decision_days,
            payout_minimum: self.payout_minimum.read("payoutMinimum"),
            commission_cap_percent: percent("commissionCapPercent", &self.commission_cap_percent),
            rules: self.rules.into_iter().map(RuleInput::read).collect(),
        };
        terms::publish(scope, &self.idempotency_key, program, terms).await
    }
}

/// Terms to withdraw, and why.
#[derive(InputObject)]
pub struct WithdrawTermsInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The terms.
    id: ID,
    /// Why, for partners and the tenant: 1 to 2,000 characters.
    reason: String,
}

impl WithdrawTermsInput {
    async fn run(self, scope: &Scope) -> Result<stored::Model> {
        let terms = given(Noun::Terms, "id", &self.id);
        in_force::withdraw(scope, self.idempotency_key.as_deref(), terms, &self.reason).await
    }
}

commands! {
    /// Changing terms.
    TermsMutations {
        /// Publishes new terms of a program. At once, or from `effectiveAt` on, they
        /// supersede the ones in force and open the program. Deals go on under the terms
        /// they began with.
        publish_terms(PublishTermsInput, "The terms.") needs ProgramManage ->
        /// Result of `publishTerms`.
        PublishTermsPayload {
            /// The terms; null where nothing was published.
            terms: Terms
        }

        /// Withdraws terms before the date from which they would be in force. Repeating it
        /// is harmless.
        withdraw_terms(WithdrawTermsInput, "Which terms, and why.") needs ProgramManage ->
        /// Result of `withdrawTerms`.
        WithdrawTermsPayload {
            /// The terms; null where nothing was withdrawn.
            terms: Terms
        }
    }
}
