//! How credit becomes money: built-in rules, tenants' code, and from when on which of it
//! decides.

pub mod activations;
pub mod deciding;
pub mod evaluations;
pub mod kinds;
pub mod plugins;
pub mod rules;
