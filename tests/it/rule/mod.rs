//! Tenants' own rules.

pub mod activations;
pub mod rules;
pub mod uploads;
