//! Released amounts.

use async_graphql::{Context, Description, Enum, ID, Object};
use tributary_domain::clock::Moment;
use tributary_domain::entity::earning::{self, State};
use tributary_domain::reads;

use super::collection::Collection;
use super::commission::Commission;
use super::context::{RequestExt, wraps};
use super::deal::Deal;
use super::error::ApiResult;
use super::pages::{Connection, Paged, Slice, connection};
use super::partner::Partner;
use super::payout::Payout;
use super::scalars::{DateTime, Money};

/// Where an earning stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum EarningState {
    /// Released, and its hold has not ended; or taken back by a refund, and not
    /// set off yet.
    Held,
    /// Its hold has ended: the next payout run takes it, if the partner is ready.
    Payable,
    /// In a payout that is not finished.
    InPayout,
    /// The partner has it, or it was set off against what was taken back.
    Paid,
}

impl EarningState {
    /// The state as of an instant: a hold ends by itself, with nothing written.
    fn at(earning: &earning::Model, now: Moment) -> Self {
        match earning.state {
            State::Held if earning.is_payable(now) => Self::Payable,
            State::Held => Self::Held,
            State::InPayout => Self::InPayout,
            State::Paid => Self::Paid,
        }
    }
}

/// A signed amount of a commission, released or taken back by one collection.
#[derive(Description)]
pub struct Earning(pub earning::Model);
wraps!(Earning, earning::Model);

#[Object(use_type_description)]
impl Earning {
    /// Its id, `ern_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The commission that it is part of.
    async fn commission(&self, ctx: &Context<'_>) -> ApiResult<Option<Commission>> {
        let commission = ctx.loaders().one(self.0.commission_id).await?;
        Ok(commission.map(Commission))
    }

    /// The deal.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        Ok(ctx.loaders().one(self.0.deal_id).await?.map(Deal))
    }

    /// Whose it is.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// The payment or refund that released it.
    async fn collection(&self, ctx: &Context<'_>) -> ApiResult<Option<Collection>> {
        let collection = ctx.loaders().maybe(self.0.collection_id).await?;
        Ok(collection.map(Collection))
    }

    /// How much, in the deal's currency. Negative where a refund took it back.
    async fn amount(&self) -> Money {
        Money::minor(self.0.amount_minor, self.0.currency)
    }

    /// Where it stands, as of the tenant's present.
    async fn state(&self, ctx: &Context<'_>) -> EarningState {
        EarningState::at(&self.0, ctx.scope().now())
    }

    /// When its hold ends.
    async fn payable_at(&self) -> DateTime {
        DateTime(self.0.payable_at)
    }

    /// When it was released.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The payout that carries it; null while none does.
    async fn payout(&self, ctx: &Context<'_>) -> ApiResult<Option<Payout>> {
        Ok(ctx.loaders().maybe(self.0.payout_id).await?.map(Payout))
    }
}

/// Reading earnings.
#[derive(Default)]
pub struct EarningQueries;

#[Object]
impl EarningQueries {
    /// The earnings that the key may see, oldest first.
    #[graphql(directive = Paged::apply())]
    async fn earnings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> ApiResult<Connection<Earning>> {
        let window = Slice {
            first,
            after,
            last,
            before,
        }
        .window()?;
        let page = reads::page::<earning::Entity>(ctx.scope(), reads::all(), window).await?;
        Ok(connection::<earning::Entity, _>(page))
    }
}
