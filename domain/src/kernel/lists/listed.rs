//! What makes a noun one that is listed.

use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;

use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use super::keys::Key;
use super::query::Wanted;
use crate::error::Result;
use crate::kernel::visible::Visible;
use crate::scope::Scope;

/// A row of a noun.
pub type ModelOf<E> = <E as EntityTrait>::Model;

/// What is wanted of a list of a noun.
pub type WantedOf<E> = Wanted<<E as Listed>::Filter, <E as Listed>::Order>;

/// A noun that is listed.
pub trait Listed: Visible + EntityTrait<Model: Clone + Send + Sync + 'static> {
    /// Which rows are wanted.
    type Filter: Clone + Debug + Default + PartialEq + Eq + Hash + Send + Sync + 'static;
    /// What lists of it are ordered by; by default when rows were made.
    type Order: Copy + Debug + Default + PartialEq + Eq + Hash + Send + Sync + 'static;

    /// The columns of an order, as far as the actor may know it.
    fn keys(scope: &Scope, order: Self::Order) -> &'static [Key<Self::Column>];

    /// The columns of its amount and currency, if a list of it is one of money.
    fn money() -> Option<(Self::Column, Self::Column)>;

    /// Whether the actor may ask this.
    ///
    /// # Errors
    /// `NotFound` for an id of another noun's row that the actor may not see, and
    /// `InvalidInput` for what a partner may not ask.
    fn check(
        scope: &Scope,
        filter: &Self::Filter,
        order: Self::Order,
    ) -> impl Future<Output = Result<()>> + Send;

    /// The condition that rows pass which the filter admits.
    fn condition(scope: &Scope, filter: &Self::Filter) -> Condition;
}
