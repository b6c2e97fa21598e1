//! What each audience sees of each noun: which rows, and what of them. Every way
//! out of the domain reads through this, so that all of them show the same.
//!
//! There are two audiences: the tenant's own people, who see what their role may
//! read, and the people of one partner, who see what concerns that partner.

mod basis;
mod conflicts;
mod customers;
mod deals;
mod money;
mod programs;

pub use conflicts::{ShownConflict, conflicts_of};
pub(crate) use customers::identifiers_shown;
pub(crate) use deals::{events_of_deal, events_shown, shares_shown, with_partners};
pub use money::{RunProgress, progress_of};
pub(crate) use money::{holds_shown, reports_shown};
pub(crate) use programs::sees_sharing;
