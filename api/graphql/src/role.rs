//! Roles.

use tributary_domain::access;

use super::context::mirrors;

mirrors! {
    /// What a key's holder may do.
    Role = access::Role {
        /// Everything, keys included.
        Owner,
        /// Runs programs: partners, registrations, deals and rules.
        Manager,
        /// Runs money: collections and payout runs.
        Finance,
        /// A system that sends deals, involvements and collections.
        Integrator,
        /// Reads everything of the tenant, changes nothing.
        Viewer,
        /// One partner's own people: their own rows alone.
        Partner,
    }
}
