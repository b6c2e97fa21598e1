//! Rules, and the plugins that they are written in.

pub mod activations;
pub mod evaluations;
pub mod plugins;
pub mod rules;
