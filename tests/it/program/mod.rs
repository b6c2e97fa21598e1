//! Programs and their terms.

pub mod terms;
