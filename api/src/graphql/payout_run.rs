//! Payout runs: who is paid, who is not yet, and why.

use async_graphql::{ID, Object};
use tributary_domain::entity::payout_run;

use super::context::wraps;

/// A batch of payouts.
pub struct PayoutRun(pub payout_run::Model);
wraps!(PayoutRun, payout_run::Model);

#[Object]
impl PayoutRun {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
