//! Deals: opened, moved, won or lost.

use async_graphql::{ID, Object};
use tributary_domain::entity::deal;

use super::context::wraps;

/// An opportunity.
pub struct Deal(pub deal::Model);
wraps!(Deal, deal::Model);

#[Object]
impl Deal {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
