//! Partners, people and companies.

pub mod identity;
pub mod people;
