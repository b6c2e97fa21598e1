//! The tenant, who asks, and what happened.

pub mod actors;
pub mod events;
pub mod roles;
pub mod tenants;
pub mod viewer;
