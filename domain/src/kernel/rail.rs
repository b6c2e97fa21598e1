//! The port through which money leaves: a payout provider.
//!
//! An instruction is durable before it is sent, and its key never changes, so
//! that sending it again after a crash or a time-out is the same instruction.

use futures_util::future::BoxFuture;

use crate::clock::Moment;
use crate::entity::payout_method::RailName;
use crate::entity::tenant;
use crate::ids::PayoutId;
use crate::keyring::Secret;
use crate::money::Money;

/// One payment to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The payout; with the attempt it is the provider's idempotency key.
    pub payout: PayoutId,
    /// From 1; grows only after a provider said for certain that nothing was paid.
    pub attempt: i32,
    /// Where to, in the provider's terms.
    pub destination: Secret,
    /// How much; positive.
    pub money: Money,
    /// When the instruction was first sent, on the tenant's clock.
    pub sent_at: Moment,
    /// The present, on the tenant's clock.
    pub now: Moment,
}

impl Instruction {
    /// The idempotency key: the same for every repetition of one attempt.
    pub fn key(&self) -> String {
        format!("{}-{}", self.payout, self.attempt)
    }
}

/// What is known of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// The provider has it and has not finished.
    Accepted {
        /// The provider's own id for it.
        reference: String,
    },
    /// The partner has the money.
    Paid {
        /// The provider's own id for it.
        reference: String,
    },
    /// The provider says for certain that nothing was or will be paid.
    Failed {
        /// Why, from the provider.
        reason: String,
    },
    /// The provider says for certain that this attempt pays nothing, now or later, for a
    /// cause that may pass: its own outage, or too little money in the account.
    Declined {
        /// Why, from the provider.
        reason: String,
    },
    /// No answer, or one that proves nothing.
    Unknown {
        /// What was seen.
        reason: String,
    },
    /// The provider, asked, does not know the instruction. If it never took it, the
    /// same instruction is sent again.
    NeverArrived,
}

/// A payout provider.
pub trait Rail: Send + Sync + 'static {
    /// Its name, as stored with every payout.
    fn name(&self) -> RailName;

    /// Whether it serves such tenants. Real money leaves for live tenants alone, and
    /// what a live tenant is owed is never only pretended to be paid.
    fn serves(&self, kind: tenant::Kind) -> bool;

    /// Whether it tells what became of an instruction. Where it does not, people do:
    /// one reports, another confirms.
    fn answers(&self) -> bool {
        true
    }

    /// Sends an instruction. Repeating it under its key is harmless.
    fn send(&self, instruction: Instruction) -> BoxFuture<'_, Status>;

    /// Asks after an instruction that was sent. Never makes it pay.
    fn ask(&self, instruction: Instruction) -> BoxFuture<'_, Status>;
}
