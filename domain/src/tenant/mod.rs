//! Tenants as a whole: their keys, their logs, and what the operator does for them.

pub mod backups;
pub mod events;
pub mod keys;
pub mod positions;
pub mod sealing;
pub mod tenants;
