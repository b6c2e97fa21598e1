//! Paying partners.

pub mod exports;
pub mod payout_reports;
pub mod payout_runs;
pub mod payouts;
pub mod rails;
