//! The ledger.

use async_graphql::{ID, Object};
use tributary_domain::entity::entry;

use super::context::wraps;

/// One line of the double-entry ledger.
pub struct LedgerEntry(pub entry::Model);
wraps!(LedgerEntry, entry::Model);

#[Object]
impl LedgerEntry {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
