//! Paying partners, once.

mod departure;
mod dues;
pub mod exports;
pub mod payout_reports;
pub mod payout_runs;
pub mod payouts;
pub(crate) mod preparation;
pub(crate) mod settlement;
