//! Paying partners, once.

mod balances;
mod departure;
pub mod orders;
pub mod payout_reports;
pub mod payout_runs;
pub mod payouts;
pub(crate) mod preparation;
pub(crate) mod settlement;
