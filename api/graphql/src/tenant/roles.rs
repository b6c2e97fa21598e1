//! Roles.

use async_graphql::Enum;
use tributary_domain::access;

/// What a key's holder may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "access::Role")]
pub enum Role {
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
