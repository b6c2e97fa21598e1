//! Programs and their terms.

pub mod programs;
pub mod terms;
