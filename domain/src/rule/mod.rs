//! How credit becomes money: built-in rules, tenants' code, and which version of it is
//! used when.

pub mod activations;
pub mod evaluations;
pub mod kinds;
pub mod plugins;
pub mod rules;
pub mod versions;
