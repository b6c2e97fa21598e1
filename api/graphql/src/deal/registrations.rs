//! Registrations of opportunities by partners.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use tributary_domain::deal::deals::{self, NewDeal};
use tributary_domain::deal::registrations::{self, NewRegistration};
use tributary_domain::entity::{deal, registration};
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::list_size;

use crate::context::{RequestExt, given, wraps};
use crate::deal::accounts::{Account, AccountInput};
use crate::deal::conflicts::RegistrationConflict;
use crate::deal::deals::Deal;
use crate::error::{ApiResult, commands};
use crate::lists::root_lists;
use crate::loaders::ConflictsOfRegistration;
use crate::partner::partners::Partner;
use crate::program::programs::Program;
use crate::program::terms::Terms;
use crate::scalars::{DateTime, Money, MoneyInput};
use crate::tenant::actors::Actor;
use tributary_domain::access::Permission;

/// Where a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "registration::State")]
pub enum RegistrationState {
    /// It waits for a person.
    Submitted,
    /// It competes with something; a person settles it.
    InConflict,
    /// It protects the account.
    Approved,
    /// It was turned down.
    Rejected,
    /// The partner gave it up.
    Withdrawn,
    /// Its protection ran out.
    Expired,
    /// It became a deal.
    Converted,
}

/// What a partner registers before it works an opportunity.
#[derive(Description)]
pub struct Registration(pub registration::Model);
wraps!(Registration, registration::Model);

#[Object(use_type_description)]
impl Registration {
    /// Its id, `reg_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The program. Null only where its look-up fails.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        Ok(ctx.loaders().one(self.0.program_id).await?.map(Program))
    }

    /// The terms that it was made under. Null only where its look-up fails.
    async fn terms(&self, ctx: &Context<'_>) -> ApiResult<Option<Terms>> {
        Ok(ctx.loaders().one(self.0.terms_id).await?.map(Terms))
    }

    /// The partner that registers. Null only where its look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// The customer. Null for a partner's key while its registration is contested.
    async fn account(&self, ctx: &Context<'_>) -> ApiResult<Option<Account>> {
        Ok(ctx.loaders().one(self.0.account_id).await?.map(Account))
    }

    /// What is to be sold, in the partner's words.
    async fn opportunity(&self) -> &str {
        &self.0.opportunity
    }

    /// The customer's name as the partner wrote it.
    async fn submitted_name(&self) -> &str {
        &self.0.submitted_name
    }

    /// The customer's domain or address as the partner wrote it.
    async fn submitted_domain(&self) -> &str {
        &self.0.submitted_domain
    }

    /// What it may be worth; null where the partner did not say.
    async fn expected(&self) -> Option<Money> {
        let minor = self.0.expected_minor?;
        Some(Money::minor(minor, self.0.currency))
    }

    /// Its state at present: protection ends by itself.
    async fn state(&self, ctx: &Context<'_>) -> RegistrationState {
        self.0.state_at(ctx.scope().now()).into()
    }

    /// When its protection ends. Null before it is approved, and once it is
    /// converted: then it lasts while the deal is open.
    async fn protected_until(&self) -> Option<DateTime> {
        self.0.protected_until.map(DateTime)
    }

    /// The deal that it became; null before.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        Ok(ctx.loaders().maybe(self.0.deal_id).await?.map(Deal))
    }

    /// Why it was decided as it was; null where nobody said. Its partner reads
    /// it too.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Who decided: a person, or the server by the terms' policy; null before.
    async fn decided_by(&self) -> Option<Actor> {
        self.0.decided_by.and_then(Actor::shown)
    }

    /// Who sent it. Null for a partner's key unless it was that
    /// key's own person, or the server.
    async fn submitted_by(&self) -> Option<Actor> {
        Actor::shown(self.0.submitted_by)
    }

    /// When it came in, by the server's clock.
    async fn submitted_at(&self) -> DateTime {
        DateTime(self.0.submitted_at)
    }

    /// When it was decided; null before.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at.map(DateTime)
    }

    /// What stood against it when it came in; empty where nothing did.
    #[graphql(directive = list_size::apply(Some(20), None, None))]
    async fn conflicts(&self, ctx: &Context<'_>) -> ApiResult<Vec<RegistrationConflict>> {
        let key = ConflictsOfRegistration(self.0.id);
        let rows = ctx.loaders().one(key).await?.unwrap_or_default();
        Ok(rows.into_iter().map(RegistrationConflict).collect())
    }

    /// Whether the key may approve or reject it as it stands.
    async fn viewer_can_decide(&self, ctx: &Context<'_>) -> bool {
        let waits = matches!(
            self.0.state,
            registration::State::Submitted | registration::State::InConflict
        );
        waits && ctx.scope().role().may(Permission::RegistrationDecide)
    }

    /// Whether the key may turn it into a deal as it stands.
    async fn viewer_can_convert(&self, ctx: &Context<'_>) -> bool {
        let approved = self.0.state == registration::State::Approved;
        approved && ctx.scope().role().may(Permission::DealManage)
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

root_lists! {
    /// Reading registrations.
    RegistrationQueries {
        /// The registrations, oldest first. A partner's key sees its own.
        registrations: Registration;
    }
}

/// A registration to submit.
#[derive(InputObject)]
pub struct RegisterDealInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The program; open.
    program_id: ID,
    /// The partner; active in the program.
    partner_id: ID,
    /// The customer.
    account: AccountInput,
    /// What is to be sold, 1 to 2,000 characters.
    opportunity: String,
    /// What it may be worth: more than zero, in the program's currency.
    expected: Option<MoneyInput>,
}

impl RegisterDealInput {
    async fn run(self, scope: &Scope) -> Result<registration::Model> {
        let new = NewRegistration {
            program: given(Noun::Program, "programId", &self.program_id),
            partner: given(Noun::Partner, "partnerId", &self.partner_id),
            account: self.account.into(),
            opportunity: self.opportunity,
            expected: self.expected.map(|money| money.read("expected")),
        };
        registrations::register(scope, &self.idempotency_key, new).await
    }
}

/// A registration to approve.
#[derive(InputObject)]
pub struct ApproveRegistrationInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The registration.
    id: ID,
    /// Why, 1 to 2,000 characters. Needed where it is in conflict. The partner
    /// reads it: name no other partner.
    reason: Option<String>,
}

impl ApproveRegistrationInput {
    async fn run(self, scope: &Scope) -> Result<registration::Model> {
        let registration = given(Noun::Registration, "id", &self.id);
        registrations::approve(
            scope,
            self.idempotency_key.as_deref(),
            registration,
            self.reason,
        )
        .await
    }
}

/// A registration to reject.
#[derive(InputObject)]
pub struct RejectRegistrationInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The registration.
    id: ID,
    /// Why, 1 to 2,000 characters. The partner reads it: name no other partner.
    reason: String,
}

impl RejectRegistrationInput {
    async fn run(self, scope: &Scope) -> Result<registration::Model> {
        let registration = given(Noun::Registration, "id", &self.id);
        registrations::reject(
            scope,
            self.idempotency_key.as_deref(),
            registration,
            &self.reason,
        )
        .await
    }
}

/// A registration to give up.
#[derive(InputObject)]
pub struct WithdrawRegistrationInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The registration.
    id: ID,
    /// Why, 1 to 2,000 characters.
    reason: String,
}

impl WithdrawRegistrationInput {
    async fn run(self, scope: &Scope) -> Result<registration::Model> {
        let registration = given(Noun::Registration, "id", &self.id);
        registrations::withdraw(
            scope,
            self.idempotency_key.as_deref(),
            registration,
            &self.reason,
        )
        .await
    }
}

/// A registration to turn into a deal.
#[derive(InputObject)]
pub struct ConvertRegistrationInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The registration; approved.
    id: ID,
    /// What is sold, 1 to 200 characters.
    name: String,
    /// What it is worth: more than zero, in the program's currency.
    amount: MoneyInput,
    /// Its stage, in your own words: 1 to 200 characters.
    stage: String,
    /// Its id in your own system, 1 to 200 characters. No two deals share one.
    external_id: Option<String>,
}

impl ConvertRegistrationInput {
    async fn run(self, scope: &Scope) -> Result<deal::Model> {
        let registration = given(Noun::Registration, "id", &self.id);
        let new = NewDeal {
            name: self.name,
            amount: self.amount.read("amount"),
            stage: self.stage,
            external_id: self.external_id,
        };
        deals::convert(scope, &self.idempotency_key, registration, new).await
    }
}

commands! {
    /// Changing registrations.
    RegistrationMutations {
        /// Registers an opportunity for a partner. Where it conflicts with something, the
        /// registration is IN_CONFLICT, for a person to decide.
        register_deal(RegisterDealInput, "The registration.") needs RegistrationSubmit ->
        /// Result of `registerDeal`.
        RegisterDealPayload {
            /// The registration, also where it is in conflict; null where none was made.
            registration: Registration
        }

        /// Approves a registration, also one in conflict, once nothing else protects the
        /// account. Repeating it is harmless.
        approve_registration(ApproveRegistrationInput, "Which registration.") needs RegistrationDecide ->
        /// Result of `approveRegistration`.
        ApproveRegistrationPayload {
            /// The registration; null where nothing was decided.
            registration: Registration
        }

        /// Rejects a registration. Repeating it is harmless.
        reject_registration(RejectRegistrationInput, "Which registration, and why.") needs RegistrationDecide ->
        /// Result of `rejectRegistration`.
        RejectRegistrationPayload {
            /// The registration; null where nothing was decided.
            registration: Registration
        }

        /// Withdraws a registration. Repeating it is harmless.
        withdraw_registration(WithdrawRegistrationInput, "Which registration, and why.") needs RegistrationDecide or OwnRegistration ->
        /// Result of `withdrawRegistration`.
        WithdrawRegistrationPayload {
            /// The registration; null where nothing was changed.
            registration: Registration
        }

        /// Turns an approved registration into a deal that its partner sourced. Its
        /// protection lasts while the deal is open.
        convert_registration(ConvertRegistrationInput, "Which registration, and the deal that it becomes.") needs DealManage ->
        /// Result of `convertRegistration`.
        ConvertRegistrationPayload {
            /// The deal that it became; null where it became none.
            deal: Deal
        }
    }
}
