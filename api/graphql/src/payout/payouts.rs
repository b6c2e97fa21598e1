//! Payments to partners.

use async_graphql::{Context, Description, Enum, ID, Object};
use tributary_domain::entity::payout;

use crate::commission::earnings::Earning;
use crate::context::{RequestExt, wraps};
use crate::error::ApiResult;
use crate::lists::{nested_lists, root_lists};
use crate::loaders::ReportOfPayout;
use crate::partner::partners::Partner;
use crate::partner::payout_methods::PayoutMethod;
use crate::partner::payout_methods::RailName;
use crate::payout::payout_reports::PayoutReport;
use crate::payout::payout_runs::PayoutRun;
use crate::scalars::{DateTime, Money};

/// Where a payout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "payout::State")]
pub enum PayoutState {
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

    /// The run. Null only where its look-up fails.
    async fn run(&self, ctx: &Context<'_>) -> ApiResult<Option<PayoutRun>> {
        Ok(ctx.loaders().one(self.0.run_id).await?.map(PayoutRun))
    }

    /// Who is paid. Null only where its look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// Where to. Null only where its look-up fails.
    async fn method(&self, ctx: &Context<'_>) -> ApiResult<Option<PayoutMethod>> {
        Ok(ctx.loaders().one(self.0.method_id).await?.map(PayoutMethod))
    }

    /// How much; more than zero.
    async fn amount(&self) -> Money {
        Money::minor(self.0.amount_minor, self.0.currency)
    }

    /// Its state.
    async fn state(&self) -> PayoutState {
        self.0.state.into()
    }

    /// The rail that pays it.
    async fn rail(&self) -> RailName {
        self.0.rail.into()
    }

    /// Which attempt it is, from 1.
    async fn attempt(&self) -> i32 {
        self.0.attempt
    }

    /// When the next attempt may begin, after one that the rail declined; null otherwise.
    async fn next_attempt_at(&self) -> Option<DateTime> {
        let waits = self.0.state == payout::State::Scheduled;
        self.0.retry_at.filter(|_| waits).map(DateTime)
    }

    /// The rail's own id for it; null until the rail gave one.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// Why it failed, why the last attempt was declined, or what is not known of it; null
    /// otherwise.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// When the last attempt was first sent to the rail; null until then.
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

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    #[graphql(flatten)]
    async fn lists(&self) -> PayoutLists {
        self.nested()
    }
}

nested_lists! {
    PayoutLists of Payout {
        /// What it pays, oldest first; they add up to its amount. Those of a failed
        /// payout went back, so it has none.
        earnings: Earning, by earning PayoutId;
    }
}

root_lists! {
    /// Reading payouts.
    PayoutQueries {
        /// The payouts that the key may see, oldest first.
        payouts: Payout;
    }
}
