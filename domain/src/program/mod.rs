//! Programs and their terms.

pub mod in_force;
pub mod programs;
pub mod terms;
