//! Credit: who gets what part of a won deal.

use async_graphql::{ID, Object};
use tributary_domain::entity::{credit, credit_share};

use super::context::{mirrors, wraps};

mirrors! {
    /// The two ways in which a partner is credited.
    CreditRole = credit_share::Role {
        /// It brought the deal.
        Sourced,
        /// It moved the win.
        Influenced,
    }
}

/// One version of the settled credit on a deal.
pub struct Credit(pub credit::Model);
wraps!(Credit, credit::Model);

#[Object]
impl Credit {
    /// Its id, `crd_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
