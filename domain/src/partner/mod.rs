//! Partners, their papers, and where they are paid.

pub mod paperwork;
pub mod partners;
pub mod payout_methods;
pub mod readiness;
