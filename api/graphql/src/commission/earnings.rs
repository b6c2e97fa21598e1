//! Released amounts.

use async_graphql::{Context, Description, Enum, ID, Object};
use tributary_domain::entity::earning::{self, Standing};

use crate::commission::collections::Collection;
use crate::commission::commissions::Commission;
use crate::context::{RequestExt, wraps};
use crate::deal::deals::Deal;
use crate::error::ApiResult;
use crate::lists::root_lists;
use crate::partner::partners::Partner;
use crate::payout::payouts::Payout;
use crate::scalars::{DateTime, Money};

/// Where an earning stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Standing")]
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

    /// The commission that it is part of. Null only where its look-up fails.
    async fn commission(&self, ctx: &Context<'_>) -> ApiResult<Option<Commission>> {
        let commission = ctx.loaders().one(self.0.commission_id).await?;
        Ok(commission.map(Commission))
    }

    /// The deal. Null only where its look-up fails.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        Ok(ctx.loaders().one(self.0.deal_id).await?.map(Deal))
    }

    /// Whose it is. Null only where its look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// The payment or refund that released it. Null where it has another cause than a payment
    /// or refund, or its look-up fails.
    async fn collection(&self, ctx: &Context<'_>) -> ApiResult<Option<Collection>> {
        let collection = ctx.loaders().maybe(self.0.collection_id).await?;
        Ok(collection.map(Collection))
    }

    /// How much, in the deal's currency. Negative where a refund took it back.
    async fn amount(&self) -> Money {
        Money::minor(self.0.amount_minor, self.0.currency)
    }

    /// Its state at the tenant's present time.
    async fn state(&self, ctx: &Context<'_>) -> EarningState {
        self.0.standing_at(ctx.scope().now()).into()
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

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }
}

root_lists! {
    /// Reading earnings.
    EarningQueries {
        /// The earnings that the key may see, oldest first.
        earnings: Earning;
    }
}
