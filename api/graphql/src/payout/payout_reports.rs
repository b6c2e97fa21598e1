//! What people report of payouts.

use async_graphql::{Description, Enum, ID, InputObject, Object};
use tributary_domain::entity::{payout, payout_report};
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::payout::payout_reports::{self, NewReport};
use tributary_domain::scope::Scope;

use crate::context::given;
use crate::error::commands;
use crate::payout::payouts::Payout;
use crate::scalars::DateTime;
use crate::tenant::actors::Actor;

/// What became of a payout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "payout_report::Outcome")]
pub enum PayoutOutcome {
    /// The partner has the money.
    Paid,
    /// It certainly did not and will not get it.
    Failed,
}

/// What a person reported of a payout. It counts once another confirms it.
#[derive(Description)]
pub struct PayoutReport(pub payout_report::Model);

#[Object(use_type_description)]
impl PayoutReport {
    /// What became of it.
    async fn outcome(&self) -> PayoutOutcome {
        self.0.outcome.into()
    }

    /// When.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.0.occurred_at)
    }

    /// What the bank or the provider calls the payment.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// What shows it.
    async fn evidence(&self) -> &str {
        &self.0.evidence
    }

    /// Who says so. Null for a partner's key where it was one of the tenant's people.
    async fn reported_by(&self) -> Option<Actor> {
        Actor::shown(self.0.reported_by)
    }

    /// Since when.
    async fn reported_at(&self) -> DateTime {
        DateTime(self.0.reported_at)
    }

    /// Who confirmed it, another person; null until somebody did.
    async fn confirmed_by(&self) -> Option<Actor> {
        self.0.confirmed_by.and_then(Actor::shown)
    }

    /// When it was confirmed; null until then.
    async fn confirmed_at(&self) -> Option<DateTime> {
        self.0.confirmed_at.map(DateTime)
    }
}

/// What became of a payout.
#[derive(InputObject)]
pub struct ReportPayoutOutcomeInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The payout; SENT or UNKNOWN.
    id: ID,
    /// What became of it.
    outcome: PayoutOutcome,
    /// When; not in the future.
    occurred_at: DateTime,
    /// What the bank or the provider calls the payment, 1 to 200 characters.
    reference: String,
    /// What shows it, as a bank statement: 1 to 2,000 characters.
    evidence: String,
}

impl ReportPayoutOutcomeInput {
    async fn run(self, scope: &Scope) -> Result<payout::Model> {
        let new = NewReport {
            payout: given(Noun::Payout, "id", &self.id),
            outcome: self.outcome.into(),
            occurred_at: self.occurred_at.0,
            reference: self.reference,
            evidence: self.evidence,
        };
        payout_reports::report(scope, &self.idempotency_key, new).await
    }
}

/// A report to confirm.
#[derive(InputObject)]
pub struct ConfirmPayoutOutcomeInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The payout.
    id: ID,
    /// What became of it, as you see it.
    outcome: PayoutOutcome,
    /// What the bank or the provider calls the payment, as you see it.
    reference: String,
}

impl ConfirmPayoutOutcomeInput {
    async fn run(self, scope: &Scope) -> Result<payout::Model> {
        let payout = given(Noun::Payout, "id", &self.id);
        payout_reports::confirm(
            scope,
            self.idempotency_key.as_deref(),
            payout,
            self.outcome.into(),
            &self.reference,
        )
        .await
    }
}

commands! {
    /// Reporting what became of payouts.
    PayoutReportMutations {
        /// Reports the outcome of a payout whose rail gives no status, or whose outcome is
        /// unknown. It counts once another person confirms it; a later
        /// report takes the place of an earlier one.
        report_payout_outcome(ReportPayoutOutcomeInput, "Which payout, and what became of it.") needs PayoutPropose ->
        /// Result of `reportPayoutOutcome`.
        ReportPayoutOutcomePayload {
            /// The payout, with the report; null where nothing was reported.
            payout: Payout
        }

        /// Confirms what another person reported of a payout, and settles it so. Say
        /// yourself what you see: another outcome or reference than the reported one is
        /// refused. Repeating it is harmless.
        confirm_payout_outcome(ConfirmPayoutOutcomeInput, "Which payout, and what became of it.") needs PayoutApprove ->
        /// Result of `confirmPayoutOutcome`.
        ConfirmPayoutOutcomePayload {
            /// The payout, settled; null where nothing was confirmed.
            payout: Payout
        }
    }
}
