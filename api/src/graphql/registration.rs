//! Claims on opportunities.

use async_graphql::{ID, Object};
use tributary_domain::entity::registration;

use super::context::wraps;

/// A partner's claim on an opportunity, before it works it.
pub struct Registration(pub registration::Model);
wraps!(Registration, registration::Model);

#[Object]
impl Registration {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
