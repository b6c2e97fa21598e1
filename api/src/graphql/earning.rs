//! Released amounts.

use async_graphql::{ID, Object};
use tributary_domain::entity::earning;

use super::context::wraps;

/// An amount of a commission that a collection released, or took back.
pub struct Earning(pub earning::Model);
wraps!(Earning, earning::Model);

#[Object]
impl Earning {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
