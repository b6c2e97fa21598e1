//! How deals end: won, lost, and written off.

use async_graphql::{Enum, ID, InputObject};
use tributary_domain::deal::decisions;
use tributary_domain::deal::outcomes;
use tributary_domain::entity::deal;
use tributary_domain::error::Result;
use tributary_domain::ids::Noun;
use tributary_domain::scope::Scope;

use crate::context::given;
use crate::deal::deals::Deal;
use crate::error::commands;

/// What becomes of involvements that nobody has decided when a deal is won.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "decisions::Undecided")]
pub enum UndecidedInvolvements {
    /// They are confirmed.
    Confirm,
    /// They are declined.
    Decline,
    /// They stay undecided, and the credit waits until all are decided or the
    /// deadline of the terms passes: then what is left is declined.
    LeaveOpen,
}

/// A deal that was won.
#[derive(InputObject)]
pub struct CloseDealWonInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The deal; open.
    id: ID,
    /// What becomes of involvements that nobody has decided; needed where there
    /// are any. CONFIRM and DECLINE are for keys that may decide on involvements.
    undecided: Option<UndecidedInvolvements>,
}

impl CloseDealWonInput {
    async fn run(self, scope: &Scope) -> Result<deal::Model> {
        let (key, deal) = (&self.idempotency_key, given(Noun::Deal, "id", &self.id));
        outcomes::win(scope, key, deal, self.undecided.map(Into::into)).await
    }
}

/// A deal that was lost.
#[derive(InputObject)]
pub struct CloseDealLostInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. It may be left out:
    /// a repetition that follows at once changes nothing. With the key, a late one
    /// returns the first result, and `command` tells what was done.
    idempotency_key: Option<String>,
    /// The deal; open.
    id: ID,
    /// Why, 1 to 2,000 characters.
    reason: String,
}

impl CloseDealLostInput {
    async fn run(self, scope: &Scope) -> Result<deal::Model> {
        outcomes::lose(
            scope,
            self.idempotency_key.as_deref(),
            given(Noun::Deal, "id", &self.id),
            &self.reason,
        )
        .await
    }
}

/// A deal of which nothing more is expected.
#[derive(InputObject)]
pub struct WriteOffDealInput {
    /// Idempotency key: 1 to 255 characters, unique for each command. Repeating a
    /// command with the same key and arguments returns its first result. A command that
    /// changed nothing keeps no key.
    idempotency_key: String,
    /// The deal; won.
    id: ID,
    /// Why, 1 to 2,000 characters.
    reason: String,
}

impl WriteOffDealInput {
    async fn run(self, scope: &Scope) -> Result<deal::Model> {
        let (key, deal) = (&self.idempotency_key, given(Noun::Deal, "id", &self.id));
        outcomes::write_off(scope, key, deal, &self.reason).await
    }
}

commands! {
    /// Ending deals.
    OutcomeMutations {
        /// Wins a deal: settles its credit and computes its commissions. Fails with
        /// INVOLVEMENT_UNDECIDED, and their ids, where involvements are PROPOSED, unless
        /// `undecided` says what becomes of them.
        close_deal_won(CloseDealWonInput, "Which deal.") needs DealManage ->
        /// Result of `closeDealWon`.
        CloseDealWonPayload {
            /// The deal; null where nothing was changed.
            deal: Deal
        }

        /// Loses a deal, with a reason. Repeating it is harmless.
        close_deal_lost(CloseDealLostInput, "Which deal, and why.") needs DealManage ->
        /// Result of `closeDealLost`.
        CloseDealLostPayload {
            /// The deal; null where nothing was changed.
            deal: Deal
        }

        /// Writes off what a won deal has left to collect: its commissions are closed,
        /// and what they had left to release is taken out of the books. A later payment is
        /// still recorded, and releases its part.
        write_off_deal(WriteOffDealInput, "Which deal, and why.") needs DealWriteOff ->
        /// Result of `writeOffDeal`.
        WriteOffDealPayload {
            /// The deal; null where nothing was changed.
            deal: Deal
        }
    }
}
