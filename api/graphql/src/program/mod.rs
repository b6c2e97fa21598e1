//! Programs and terms.

pub mod programs;
