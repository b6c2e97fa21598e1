//! Partners' parts in deals.

use async_graphql::{ID, Object};
use tributary_domain::entity::involvement;

use super::context::wraps;

/// One partner's part in one deal.
pub struct Involvement(pub involvement::Model);
wraps!(Involvement, involvement::Model);

#[Object]
impl Involvement {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
