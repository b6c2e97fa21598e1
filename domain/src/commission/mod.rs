//! What partners earn: entitlements, released as customers pay, and the ledger of it.

pub(crate) mod assessments;
pub mod balances;
pub mod collections;
pub mod commissions;
pub mod earnings;
pub mod ledger;
