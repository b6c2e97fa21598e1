//! Batches of payouts.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use tributary_domain::entity::{payout_hold, payout_run};
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::payout::payout_runs;
use tributary_domain::scope::Scope;
use tributary_transport::document::directives::list_size;

use crate::context::is_second;
use crate::context::{RequestExt, given, wraps};
use crate::error::{ApiResult, commands};
use crate::lists::{nested_lists, root_lists};
use crate::loaders::{HoldsOfRun, TotalOfRun};
use crate::pages::USUAL_PAGE;
use crate::partner::partners::Partner;
use crate::partner::payout_methods::RailName;
use crate::payout::payouts::Payout;
use crate::program::programs::Program;
use crate::scalars::{DateTime, Money};
use crate::tenant::actors::Actor;
use tributary_domain::access::Permission;

/// Where a payout run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "payout_run::State")]
pub enum PayoutRunState {
    /// Proposed, and not ready to be looked at: `progress` tells how far it is.
    Preparing,
    /// Ready to be approved; nothing is sent.
    Draft,
    /// A second person approved it.
    Approved,
    /// Its payouts are being sent.
    Executing,
    /// Every payout is paid or failed.
    Done,
    /// It is being stopped: what was not sent is given back.
    Cancelling,
    /// It was stopped before anything was sent.
    Cancelled,
}

/// Why something is not paid yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "payout_hold::Reason")]
pub enum HoldReason {
    /// The hold after the collection has not ended.
    OnHold,
    /// The agreement for the terms is not accepted.
    AgreementMissing,
    /// No valid tax form is approved.
    TaxFormMissing,
    /// No payout method is verified.
    PayoutMethodMissing,
    /// It is less than the terms' minimum.
    BelowMinimum,
    /// Refunds took back more than is due.
    NegativeBalance,
    /// The partner is suspended.
    PartnerSuspended,
}

/// A batch: who is paid, and who is not yet and why. A partner's key sees its
/// own part of it.
#[derive(Description)]
pub struct PayoutRun(pub payout_run::Model);
wraps!(PayoutRun, payout_run::Model);

#[Object(use_type_description)]
impl PayoutRun {
    /// Its id, `run_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The program whose partners are paid. Null only where its look-up fails.
    async fn program(&self, ctx: &Context<'_>) -> ApiResult<Option<Program>> {
        Ok(ctx.loaders().one(self.0.program_id).await?.map(Program))
    }

    /// The currency of all its payouts, as `USD`.
    async fn currency(&self) -> &str {
        self.0.currency.code()
    }

    /// Its state.
    async fn state(&self) -> PayoutRunState {
        self.0.state.into()
    }

    /// The rail that all of it is paid over; null where each partner is paid over
    /// that of its own payout method.
    async fn rail(&self) -> Option<RailName> {
        self.0.rail.map(Into::into)
    }

    /// How far its preparation is. Null for a partner's key: it counts everybody's
    /// earnings.
    async fn progress(&self, ctx: &Context<'_>) -> Option<Progress> {
        let progress = payout_runs::progress_of(ctx.scope(), &self.0)?;
        Some(Progress {
            done: progress.done.to_string(),
            total: progress.total.map(|total| total.to_string()),
        })
    }

    /// Who proposed it. Null for a partner's key.
    async fn proposed_by(&self) -> Option<Actor> {
        Actor::shown(self.0.proposed_by)
    }

    /// When: earnings whose hold had ended by then are in it.
    async fn proposed_at(&self) -> DateTime {
        DateTime(self.0.proposed_at)
    }

    /// Who approved it, another person; null until somebody did, and for a
    /// partner's key.
    async fn approved_by(&self) -> Option<Actor> {
        self.0.approved_by.and_then(Actor::shown)
    }

    /// When it was approved; null until then.
    async fn approved_at(&self) -> Option<DateTime> {
        self.0.approved_at.map(DateTime)
    }

    /// When the last payout was settled, or the run was cancelled; null until
    /// then.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }

    /// What its payouts add up to, failed ones included.
    async fn total(&self, ctx: &Context<'_>) -> ApiResult<Money> {
        let total = ctx.loaders().one(TotalOfRun(self.0.id)).await?;
        Ok(Money::minor(total.unwrap_or_default(), self.0.currency))
    }

    /// What is not paid and why, by partner: a line for each reason.
    #[graphql(directive = list_size::apply(Some(USUAL_PAGE), None, None))]
    async fn holds(&self, ctx: &Context<'_>) -> ApiResult<Vec<PayoutHold>> {
        let holds = ctx.loaders().one(HoldsOfRun(self.0.id)).await?;
        let holds = holds.unwrap_or_default();
        Ok(holds.into_iter().map(PayoutHold).collect())
    }

    /// Whether the key may approve it as it stands: somebody else proposed it.
    async fn viewer_can_approve(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        let waits = self.0.state == payout_run::State::Draft;
        let may = waits && ctx.scope().role().may(Permission::PayoutApprove);
        Ok(may && is_second(ctx, self.0.proposed_by).await?)
    }

    /// When it was last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    #[graphql(flatten)]
    async fn lists(&self) -> PayoutRunLists {
        self.nested()
    }
}

nested_lists! {
    PayoutRunLists of PayoutRun {
        /// Who is paid: one payout for each partner.
        payouts: Payout, by payout RunId;
    }
}

/// How far the preparation of a run is.
#[derive(SimpleObject)]
pub struct Progress {
    /// How many unpaid earnings were looked at, as decimal text.
    done: String,
    /// How many there were when the run was proposed; null until they were counted.
    total: Option<String>,
}

/// One reason why part of what a partner earned is not in a run.
#[derive(Description)]
pub struct PayoutHold(pub payout_hold::Model);

#[Object(use_type_description)]
impl PayoutHold {
    /// The partner. Null only where its look-up fails.
    async fn partner(&self, ctx: &Context<'_>) -> ApiResult<Option<Partner>> {
        Ok(ctx.loaders().one(self.0.partner_id).await?.map(Partner))
    }

    /// Why.
    async fn reason(&self) -> HoldReason {
        self.0.reason.into()
    }

    /// How much is held back. An amount with several reasons appears once for each: do
    /// not add them up.
    async fn amount(&self) -> Money {
        Money::minor(self.0.amount_minor, self.0.currency)
    }

    /// What it waits for, in words.
    async fn detail(&self) -> &str {
        &self.0.detail
    }
}

root_lists! {
    /// Reading payout runs.
    PayoutRunQueries {
        /// The payout runs that the key may see, oldest first.
        payout_runs: PayoutRun;
    }
}

/// A payout run to propose.
#[derive(InputObject)]
pub struct ProposePayoutRunInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The program whose partners are to be paid.
    program_id: ID,
    /// The rail to pay all of it over, whatever the payout methods are on: `MANUAL`
    /// for what is paid outside. That of each payout method, if not given.
    rail: Option<RailName>,
}

impl ProposePayoutRunInput {
    async fn run(self, scope: &Scope) -> Result<payout_run::Model> {
        let program = given(Noun::Program, "programId", &self.program_id);
        let (key, rail) = (&self.idempotency_key, self.rail.map(Into::into));
        payout_runs::propose(scope, key, program, rail).await
    }
}

/// A payout run to approve.
#[derive(InputObject)]
pub struct ApprovePayoutRunInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The run.
    id: ID,
}

impl ApprovePayoutRunInput {
    async fn run(self, scope: &Scope) -> Result<payout_run::Model> {
        payout_runs::approve(
            scope,
            self.idempotency_key.as_deref(),
            given(Noun::PayoutRun, "id", &self.id),
        )
        .await
    }
}

/// A payout run to cancel.
#[derive(InputObject)]
pub struct CancelPayoutRunInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The run.
    id: ID,
}

impl CancelPayoutRunInput {
    async fn run(self, scope: &Scope) -> Result<payout_run::Model> {
        payout_runs::cancel(
            scope,
            self.idempotency_key.as_deref(),
            given(Noun::PayoutRun, "id", &self.id),
        )
        .await
    }
}

commands! {
    /// Changing payout runs.
    PayoutRunMutations {
        /// Proposes a run over everything of a program that is not paid, as of now. The
        /// server prepares it: what is due to ready partners goes into payouts, everything
        /// else is listed under `holds`. Then the run is a DRAFT, or DONE where it has
        /// nothing to send.
        propose_payout_run(ProposePayoutRunInput, "The run.") needs PayoutPropose ->
        /// Result of `proposePayoutRun`.
        ProposePayoutRunPayload {
            /// The run; null where nothing was proposed.
            payout_run: PayoutRun
        }

        /// Approves a run that somebody else proposed. Its payouts are sent next.
        /// Approving it again is harmless.
        approve_payout_run(ApprovePayoutRunInput, "Which.") needs PayoutApprove ->
        /// Result of `approvePayoutRun`.
        ApprovePayoutRunPayload {
            /// The run; null where nothing was approved.
            payout_run: PayoutRun
        }

        /// Stops a run: the server gives back what was not sent, for the next run; what
        /// was sent goes on. If nothing was sent, the run becomes CANCELLED.
        /// Repeating it is harmless.
        cancel_payout_run(CancelPayoutRunInput, "Which.") needs PayoutPropose ->
        /// Result of `cancelPayoutRun`.
        CancelPayoutRunPayload {
            /// The run; null where nothing was cancelled.
            payout_run: PayoutRun
        }
    }
}
