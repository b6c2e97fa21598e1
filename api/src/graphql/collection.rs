//! What customers pay.

use async_graphql::{ID, Object};
use tributary_domain::entity::collection;

use super::context::wraps;

/// Money received from the customer, or refunded.
pub struct Collection(pub collection::Model);
wraps!(Collection, collection::Model);

#[Object]
impl Collection {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
