//! Payments to partners.

use async_graphql::{Context, Description, ID, Object};
use tributary_domain::entity::{earning, payout};

use super::context::{RequestExt, mirrors, wraps};
use super::earning::Earning;
use super::error::ApiResult;
use super::loaders::{EarningsOfPayout, ReportOfPayout};
use super::pages::{Connection, Paged, Slice, connection};
use super::paperwork::PayoutMethod;
use super::partner::Partner;
use super::payout_report::PayoutReport;
use super::payout_run::PayoutRun;
use super::scalars::{DateTime, Money};

mirrors! {
    /// Where a payout stands.
    PayoutState = payout::State {
        /// Not sent.
        Scheduled,
        /// About to be sent, or sent and not answered.
        Sending,
        /// Sent, and the outcome is unknown: the rail is asked again, and people may report
        /// the outcome.
        Unknown,
        /// Accepted by the rail.
        Sent,
        /// Received by the partner.
        Paid,
        /// Certainly not paid; its earnings wait for the next run.
        Failed,
    }
}

/// What one partner is paid by one run.
#[derive(Description)]
pub struct Payout(pub payout::Model);
wraps!(Payout, payout::Model);

#[Object(use_type_description)]
impl Payout {
    /// Its id, `pay_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The run.
    async fn run(&self, ctx: &Context<'_>) -> ApiResult<Option<PayoutRun>> {
        Ok(ctx.loaders().one(self.0.run_id).await?.map(PayoutRun))
    }

    /// Who is paid.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// Where to.
    async fn method(&self, ctx: &Context<'_>) -> ApiResult<Option<PayoutMethod>> {
        Ok(ctx.loaders().one(self.0.method_id).await?.map(PayoutMethod))
    }

    /// How much; more than zero.
    async fn amount(&self) -> Money {
        Money::minor(self.0.amount_minor, self.0.currency)
    }

    /// Where it stands.
    async fn state(&self) -> PayoutState {
        self.0.state.into()
    }

    /// The rail that pays it, as `sandbox`.
    async fn rail(&self) -> &str {
        &self.0.rail
    }

    /// Which attempt it is, from 1.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// The rail's own id for it; null until the rail gave one.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// Why it failed, or what is not known of it; null otherwise.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// When it first left; null until then.
    async fn sent_at(&self) -> Option<DateTime> {
        self.0.sent_at.map(DateTime)
    }

    /// When it was paid or failed; null until then.
    async fn settled_at(&self) -> Option<DateTime> {
        self.0.settled_at.map(DateTime)
    }

    /// What a person reported of it; null where nobody did, and for keys that may not
    /// read the books.
    async fn report(&self, ctx: &Context<'_>) -> ApiResult<Option<PayoutReport>> {
        let report = ctx.loaders().one(ReportOfPayout(self.0.id)).await?;
        Ok(report.map(PayoutReport))
    }

    /// What it pays, oldest first; they add up to its amount. Those of a failed
    /// payout went back, so it has none.
    #[graphql(directive = Paged::apply())]
    async fn earnings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start: 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
    ) -> ApiResult<Connection<Earning>> {
        let key = EarningsOfPayout(Some(self.0.id), Slice::forward(first, after).window()?);
        let page = ctx.loaders().page(key).await?;
        Ok(connection::<earning::Entity, _>(page))
    }
}
