//! Registrations, deals and credit.

pub mod conflicts;
pub mod deals;
pub mod links;
pub mod outcomes;
pub mod registrations;
pub mod rivals;
