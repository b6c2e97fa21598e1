//! Customers, registrations, deals and who has a part in them.

pub mod accounts;
pub mod conflicts;
pub mod credits;
pub mod deals;
pub mod involvements;
pub mod links;
pub mod outcomes;
pub mod registrations;
