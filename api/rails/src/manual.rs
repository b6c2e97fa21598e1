//! Payments that people make by hand.

use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use tributary_domain::entity::payout_method::RailName;
use tributary_domain::entity::tenant;
use tributary_domain::rail::{Instruction, Rail, Status};

/// A rail without a provider: the payments of a run are exported, somebody makes
/// them at the bank and reports each, and somebody else confirms. For every tenant;
/// in a sandbox nobody should make them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manual;

impl Rail for Manual {
    fn name(&self) -> RailName {
        RailName::Manual
    }

    fn serves(&self, _: tenant::Kind) -> bool {
        true
    }

    fn answers(&self) -> bool {
        false
    }

    /// Takes the instruction. Its key is what to write on the payment.
    fn send(&self, instruction: Instruction) -> BoxFuture<'_, Status> {
        let reference = instruction.key();
        future::ready(Status::Accepted { reference }).boxed()
    }

    /// Knows no more than when it was sent.
    fn ask(&self, instruction: Instruction) -> BoxFuture<'_, Status> {
        self.send(instruction)
    }
}
