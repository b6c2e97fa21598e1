//! Anything by its id.
