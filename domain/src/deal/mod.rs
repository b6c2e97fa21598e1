//! The life of a deal: registered, worked, won or lost, and who is credited.

pub mod accounts;
pub mod conflicts;
pub mod credits;
pub mod deals;
pub mod decisions;
pub mod involvements;
mod namesakes;
pub mod outcomes;
pub mod pipeline;
pub(crate) mod protections;
pub mod registrations;
