//! What runs the tests sets up beside them, with the standard library alone.

pub mod packages;
pub mod postgres;
pub mod steps;
