//! Receipts.

use async_graphql::{ID, Object};
use tributary_domain::entity::evaluation;

use super::context::wraps;

/// The receipt of one rule run.
pub struct Evaluation(pub evaluation::Model);
wraps!(Evaluation, evaluation::Model);

#[Object]
impl Evaluation {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
