//! Money that leaves, once.

pub mod attempts;
pub mod by_hand;
pub mod evidence;
pub mod long_runs;
pub mod manual;
pub mod payouts;
pub mod rails;
pub mod stuck;
