//! Lists: pages in an order, how many rows there are, and what they add up to; also of
//! the children of many parents in one statement.
//!
//! What each noun is filtered and ordered by is declared in [`listed`](crate::listed).
//! All of it starts from [`Visible`], so that no list shows, counts or adds up what its
//! reader may not see.

mod conditions;
mod cursors;
mod figures;
mod filters;
mod keys;
mod linked;
mod listed;
mod pages;
pub mod pairs;
mod query;

pub use self::cursors::{cursor, place};
pub use self::figures::{count, count_query, counts, totals, totals_of};
pub use self::filters::*;
pub use self::keys::{Key, Place};
pub use self::listed::{Listed, ModelOf, WantedOf};
pub use self::pages::{checked_as, children, page, page_query};
pub use self::query::{
    Count, LARGEST_COUNT, LARGEST_PAGE, Link, Order, Page, ParentId, Span, Total, Wanted, Window,
};
