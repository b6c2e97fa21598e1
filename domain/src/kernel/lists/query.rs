//! What is asked of a list, and what it answers.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::SelectStatement;

use super::keys::Place;
use crate::clock::Moment;
use crate::money::Currency;
use crate::scope::Scope;

/// The most rows that one page holds.
pub const LARGEST_PAGE: u64 = 100;

/// The most rows that are counted exactly.
pub const LARGEST_COUNT: u64 = 10_000;

/// The id of what a list is inside of.
pub type ParentId = Uuid;

/// A span of time, from its first instant to before its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first instant; from the beginning, if not given.
    pub from: Option<Moment>,
    /// The first instant after it; without an end, if not given.
    pub until: Option<Moment>,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Order<F> {
    /// What it is ordered by.
    pub field: F,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// Which rows of an ordered list are wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Only rows after this place.
    pub after: Option<Place>,
    /// Only rows before this place.
    pub before: Option<Place>,
    /// How many: 1 to [`LARGEST_PAGE`].
    pub limit: u64,
    /// Whether they are counted from the end of the list.
    pub backward: bool,
}

impl Window {
    /// The first rows of a list.
    pub fn first(limit: u64) -> Self {
        Self {
            after: None,
            before: None,
            limit,
            backward: false,
        }
    }
}

/// What is wanted of a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wanted<F, O> {
    /// Which rows.
    pub filter: F,
    /// In which order.
    pub order: Order<O>,
    /// Which of them.
    pub window: Window,
}

impl<F: Default, O: Default> Wanted<F, O> {
    /// The first rows of the whole list.
    pub fn first(limit: u64) -> Self {
        Self {
            filter: F::default(),
            order: Order::default(),
            window: Window::first(limit),
        }
    }
}

/// Some rows of a list, in its order.
#[derive(Clone, Debug)]
pub struct Page<M> {
    /// The rows.
    pub rows: Vec<M>,
    /// Whether the list goes on after them.
    pub has_next: bool,
    /// Whether the list has rows before them.
    pub has_previous: bool,
}

impl<M> Default for Page<M> {
    /// A list without rows.
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            has_next: false,
            has_previous: false,
        }
    }
}

/// How many rows a list has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many; at most [`LARGEST_COUNT`].
    pub rows: u64,
    /// Whether there are more than that.
    pub or_more: bool,
}

/// What rows add up to in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// The currency.
    pub currency: Currency,
    /// The sum, in minor units.
    pub minor: i64,
}

/// How the rows of a noun belong to their parents.
pub enum Link<E: EntityTrait> {
    /// Each names its parent in a column.
    Column(E::Column),
    /// Another table has them in pairs: a statement with the columns `parent` and
    /// `child`, no pair twice, of these parents.
    Pairs(fn(&Scope, &[Uuid]) -> SelectStatement),
}
