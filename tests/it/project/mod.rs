//! The project itself: its structure, its README and its demo.

pub mod arrows;
pub mod demo;
pub mod floors;
pub mod tour;
