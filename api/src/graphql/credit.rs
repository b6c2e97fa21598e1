//! Credit: who gets what part of a won deal.

use tributary_domain::entity::credit_share;

use super::context::mirrors;

mirrors! {
    /// The two ways in which a partner is credited.
    CreditRole = credit_share::Role {
        /// It brought the deal.
        Sourced,
        /// It moved the win.
        Influenced,
    }
}
