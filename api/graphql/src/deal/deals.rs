//! Deals: opportunities, won or lost.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use tributary_domain::deal::deals::{self, NewDeal};
use tributary_domain::entity::deal;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::kernel::external_ids::Subject;
use tributary_domain::scope::Scope;

use crate::commission::collections::Collection;
use crate::commission::commissions::Commission;
use crate::commission::earnings::Earning;
use crate::context::{RequestExt, given, wraps};
use crate::deal::accounts::{Account, AccountInput};
use crate::deal::credits::Credit;
use crate::deal::involvements::Involvement;
use crate::deal::registrations::Registration;
use crate::error::{ApiResult, commands};
use crate::lists::{nested_lists, root_lists};
use crate::loaders::{CollectedOnDeal, CreditOfDeal, ExternalId};
use crate::pages::USUAL_PAGE;
use crate::program::programs::Program;
use crate::program::terms::Terms;
use crate::scalars::{DateTime, Money, MoneyInput, Position};
use crate::tenant::events::{Event, page_of_log};
use tributary_domain::access::Permission;
use tributary_domain::tenant::events;
use tributary_transport::document::directives::list_size;

/// State of a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "deal::State")]
pub enum DealState {
    /// It is being worked.
    Open,
    /// The customer signed.
    ClosedWon,
    /// The customer did not.
    ClosedLost,
}

/// An opportunity with a customer.
#[derive(Description)]
pub struct Deal(pub deal::Model);
wraps!(Deal, deal::Model);

#[Object(use_type_description)]
impl Deal {
    /// Its id, `del_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its id in the tenant's own system; null where it has none, and for a partner's key.
    async fn external_id(&self, ctx: &Context<'_>) -> ApiResult<Option<String>> {
        ctx.loaders()
            .one(ExternalId(Subject::Deal(self.0.id)))
            .await
    }

    /// The program. Null only where its look-up fails.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        Ok(ctx.loaders().one(self.0.program_id).await?.map(Program))
    }

    /// The terms that it is settled under. Null only where its look-up fails.
    async fn terms(&self, ctx: &Context<'_>) -> ApiResult<Option<Terms>> {
        Ok(ctx.loaders().one(self.0.terms_id).await?.map(Terms))
    }

    /// The customer. Null only where its look-up fails.
    async fn account(&self, ctx: &Context<'_>) -> ApiResult<Option<Account>> {
        Ok(ctx.loaders().one(self.0.account_id).await?.map(Account))
    }

    /// The registration that it came from. Null where it came from none, and
    /// for a key of a partner that did not make it.
    async fn registration(&self, ctx: &Context<'_>) -> ApiResult<Option<Registration>> {
        let registration = ctx.loaders().maybe(self.0.registration_id).await?;
        Ok(registration.map(Registration))
    }

    /// What is sold.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is worth.
    async fn amount(&self) -> Money {
        Money::minor(self.0.amount_minor, self.0.currency)
    }

    /// Open, won or lost.
    async fn state(&self) -> DealState {
        self.0.state.into()
    }

    /// Its stage, in the tenant's own words.
    async fn stage(&self) -> &str {
        &self.0.stage
    }

    /// When it was opened; for a partner's key, no earlier than the partner's own
    /// involvement.
    async fn opened_at(&self) -> DateTime {
        DateTime(self.0.opened_at)
    }

    /// When it was won or lost; null before.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }

    /// Why it was lost; null where it was not.
    async fn lost_reason(&self) -> Option<&str> {
        self.0.lost_reason.as_deref()
    }

    /// Until when the credit waits for decisions on involvements: then what is
    /// undecided is declined. Null where the credit does not wait.
    async fn credit_due_at(&self) -> Option<DateTime> {
        self.0.credit_due_at.map(DateTime)
    }

    /// When what it had left to collect was written off; null where it was not.
    async fn written_off_at(&self) -> Option<DateTime> {
        self.0.written_off_at.map(DateTime)
    }

    /// What the customer has paid so far, less what was refunded.
    async fn collected(&self, ctx: &Context<'_>) -> ApiResult<Money> {
        let minor = ctx.loaders().one(CollectedOnDeal(self.0.id)).await?;
        Ok(Money::minor(minor.unwrap_or_default(), self.0.currency))
    }

    /// The settled credit, in its newest version; null before the deal is won, and
    /// while it waits for decisions.
    async fn credit(&self, ctx: &Context<'_>) -> ApiResult<Option<Credit>> {
        Ok(ctx
            .loaders()
            .one(CreditOfDeal(self.0.id))
            .await?
            .map(Credit))
    }

    /// Whether the key may move, win or lose it as it stands.
    async fn viewer_can_close(&self, ctx: &Context<'_>) -> bool {
        self.0.state == deal::State::Open && ctx.scope().role().may(Permission::DealManage)
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
        let rows = events::of_deal_after(ctx.scope(), self.0.id, after, limit).await?;
        Ok(rows.into_iter().map(Event).collect())
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    #[graphql(flatten)]
    async fn lists(&self) -> DealLists {
        self.nested()
    }
}

nested_lists! {
    DealLists of Deal {
        /// The registrations that became part of it, oldest first. A partner's key sees
        /// its own.
        registrations: Registration, by registration DealId;
        /// The partners' parts in it, oldest first.
        involvements: Involvement, by involvement DealId;
        /// The commissions on it, oldest first.
        commissions: Commission, by commission DealId;
        /// What the customer paid and was refunded, oldest first.
        collections: Collection, by collection DealId;
        /// What collections released, oldest first.
        earnings: Earning, by earning DealId;
    }
}

root_lists! {
    /// Reading deals.
    DealQueries {
        /// The tenant's deals, oldest first. A partner's key sees those that it has a
        /// part in.
        deals: Deal;
    }
}

/// A deal to open.
#[derive(InputObject)]
pub struct OpenDealInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The program; open.
    program_id: ID,
    /// The customer.
    account: AccountInput,
    /// What is sold, 1 to 200 characters.
    name: String,
    /// What it is worth: more than zero, in the program's currency.
    amount: MoneyInput,
    /// Its stage, in your own words: 1 to 200 characters.
    stage: String,
    /// Why it is opened although a registration protects the account. Required there,
    /// and only for keys that may decide on registrations.
    reason: Option<String>,
    /// Its id in your own system, 1 to 200 characters. No two deals share one.
    external_id: Option<String>,
}

impl OpenDealInput {
    async fn run(self, scope: &Scope) -> Result<deal::Model> {
        let program = given(Noun::Program, "programId", &self.program_id);
        let new = NewDeal {
            name: self.name,
            amount: self.amount.read("amount"),
            stage: self.stage,
            external_id: self.external_id,
        };
        let (key, account) = (&self.idempotency_key, self.account.into());
        deals::open(scope, key, program, account, new, self.reason).await
    }
}

/// A deal to move.
#[derive(InputObject)]
pub struct MoveDealInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The deal; open.
    id: ID,
    /// Its new stage, in your own words: 1 to 200 characters.
    stage: String,
}

impl MoveDealInput {
    async fn run(self, scope: &Scope) -> Result<deal::Model> {
        let (key, deal) = (&self.idempotency_key, given(Noun::Deal, "id", &self.id));
        deals::move_stage(scope, key, deal, &self.stage).await
    }
}

/// A deal to revalue.
#[derive(InputObject)]
pub struct ReviseDealAmountInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The deal; open.
    id: ID,
    /// What it is worth now: more than zero, in the deal's currency.
    amount: MoneyInput,
}

impl ReviseDealAmountInput {
    async fn run(self, scope: &Scope) -> Result<deal::Model> {
        let (key, deal) = (&self.idempotency_key, given(Noun::Deal, "id", &self.id));
        deals::revise_amount(scope, key, deal, self.amount.read("amount")).await
    }
}

commands! {
    /// Changing deals.
    DealMutations {
        /// Opens a deal without a registration.
        open_deal(OpenDealInput, "The deal.") needs DealManage ->
        /// Result of `openDeal`.
        OpenDealPayload {
            /// The deal; null where none was opened.
            deal: Deal
        }

        /// Moves an open deal to another stage.
        move_deal(MoveDealInput, "Which deal, and where to.") needs DealManage ->
        /// Result of `moveDeal`.
        MoveDealPayload {
            /// The deal; null where nothing was changed.
            deal: Deal
        }

        /// Changes what an open deal is worth.
        revise_deal_amount(ReviseDealAmountInput, "Which deal, and its new worth.") needs DealManage ->
        /// Result of `reviseDealAmount`.
        ReviseDealAmountPayload {
            /// The deal; null where nothing was changed.
            deal: Deal
        }
    }
}
