//! Commissions, and what is earned of them.

pub mod bounds;
pub mod earnings;
pub mod refunds;
pub mod waiting;
