//! Customer companies.

use async_graphql::{ID, Object};
use tributary_domain::entity::account;

use super::context::wraps;

/// A customer company, actual or prospective.
pub struct Account(pub account::Model);
wraps!(Account, account::Model);

#[Object]
impl Account {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
