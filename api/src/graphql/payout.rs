//! Payouts.

use async_graphql::{ID, Object};
use tributary_domain::entity::payout;

use super::context::wraps;

/// One partner, one currency, one run.
pub struct Payout(pub payout::Model);
wraps!(Payout, payout::Model);

#[Object]
impl Payout {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
