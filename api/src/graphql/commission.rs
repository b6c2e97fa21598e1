//! Entitlements.

use async_graphql::{ID, Object};
use tributary_domain::entity::commission;

use super::context::wraps;

/// One partner's entitlement on one deal under one rule.
pub struct Commission(pub commission::Model);
wraps!(Commission, commission::Model);

#[Object]
impl Commission {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
