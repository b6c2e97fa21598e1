//! What partners earn, and the books.

pub mod collections;
pub mod commissions;
pub mod earnings;
pub mod ledger;
