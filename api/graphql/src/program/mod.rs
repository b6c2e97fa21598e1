//! Programs and terms.

pub mod programs;
pub mod terms;
