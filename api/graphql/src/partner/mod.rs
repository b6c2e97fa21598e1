//! Partners and their papers.

pub mod agreements;
pub mod partners;
pub mod payout_methods;
pub mod readiness;
pub mod tax_forms;
