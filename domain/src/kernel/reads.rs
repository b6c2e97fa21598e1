//! Reading: one row, many by id, a page, and pages of children in one statement.
//!
//! All of it starts from [`Visible`], so there is one place per noun that says
//! which rows an actor may see. What has no noun of its own, as the reasons of a
//! conflict, is read by the id of a row that was found so.

use std::collections::HashMap;
use std::hash::Hash;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Alias, BinOper, Expr, ExprTrait, Order, Query, SimpleExpr};
use sea_orm::{Condition, QueryOrder, QuerySelect, QueryTrait};

use crate::entity::{Owned, tenant};
use crate::error::{About, Error, Result};
use crate::ids::Noun;
use crate::kernel::check::Check;
use crate::scope::{Scope, Tx};

/// The most rows that one page holds.
pub const LARGEST_PAGE: u64 = 100;

pub use crate::kernel::visible::{Visible, shown};

/// Which rows of an ordered list are wanted. Rows are in the order in which they were
/// made, give or take the clocks of two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window<Id> {
    /// Only rows after this one.
    pub after: Option<Id>,
    /// Only rows before this one.
    pub before: Option<Id>,
    /// How many; at most [`LARGEST_PAGE`].
    pub limit: u64,
    /// Whether they are counted from the end of the list.
    pub backward: bool,
}

impl<Id> Window<Id> {
    /// The first rows of the list.
    pub fn first(limit: u64) -> Self {
        Self {
            after: None,
            before: None,
            limit,
            backward: false,
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

/// The row with this id, or `NotFound` where the actor may see none.
pub async fn get<E: Visible>(scope: &Scope, id: E::Id) -> Result<E::Model> {
    let query = E::visible(scope).filter(E::id_column().eq(id));
    let row = query.one(&scope.read().await?).await?;
    shown::<E>(scope, row.ok_or(Error::NotFound(E::NOUN))?).await
}

/// The tenant of the scope, as it is now.
pub async fn tenant(scope: &Scope) -> Result<tenant::Model> {
    let row = tenant::Entity::find_by_id(scope.tenant())
        .one(&scope.read().await?)
        .await?;
    row.ok_or(Error::NotFound(Noun::Tenant))
}

/// The row with this id that a command names, or `NotFound` where the actor may see
/// none: errors must not tell a hidden row from a missing one.
pub(crate) async fn named<E: Visible>(scope: &Scope, tx: &Tx, id: E::Id) -> Result<E::Model> {
    let query = E::visible(scope).filter(E::id_column().eq(id));
    query.one(tx).await?.ok_or(Error::NotFound(E::NOUN))
}

/// All that is wrong with a command: what a check has found, and that the row which
/// this argument names is not there, where it is not.
pub(crate) async fn failed<E: Visible>(
    check: Check,
    scope: &Scope,
    field: &'static str,
    id: Option<E::Id>,
) -> Error {
    let mut all = Check::default();
    if let Some(id) = id
        && let Err(error) = all.take(get::<E>(scope, id).await.at(field))
    {
        return error;
    }
    match all.take::<()>(Err(check.failed())) {
        Ok(_) => all.failed(),
        Err(error) => error,
    }
}

/// The rows with these ids that the actor may see, by id.
pub async fn by_ids<E: Visible>(scope: &Scope, ids: &[E::Id]) -> Result<HashMap<E::Id, E::Model>> {
    let query = E::visible(scope).filter(E::id_column().is_in(ids.iter().copied()));
    let rows = query.all(&scope.read().await?).await?;
    let rows = E::shown(scope, rows).await?.into_iter();
    Ok(rows.map(|row| (E::id_of(&row), row)).collect())
}

/// The filter that every row passes.
pub fn all() -> Condition {
    Condition::all()
}

/// A page of the rows that the actor may see and that pass the filter.
pub async fn page<E: Visible>(
    scope: &Scope,
    filter: Condition,
    window: Window<E::Id>,
) -> Result<Page<E::Model>> {
    checked(window.limit)?;
    let page = page_of(&scope.read().await?, E::visible(scope), filter, window).await?;
    Ok(Page {
        rows: E::shown(scope, page.rows).await?,
        ..page
    })
}

/// A page, however large, of rows that pass the filter.
pub(crate) async fn page_of<E: Visible, C: ConnectionTrait>(
    db: &C,
    query: Select<E>,
    filter: Condition,
    window: Window<E::Id>,
) -> Result<Page<E::Model>> {
    let limit = window.limit;
    let after = window
        .after
        .map(|id| beyond(&query, BinOper::GreaterThan, id));
    let before = window
        .before
        .map(|id| beyond(&query, BinOper::SmallerThan, id));
    let between = Condition::all().add_option(after).add_option(before);
    let query = query.filter(filter).filter(between);
    let order = if window.backward {
        Order::Desc
    } else {
        Order::Asc
    };
    let query = query.order_by(E::order_column(), order).limit(limit + 1);
    Ok(cut(query.all(db).await?, &window, limit))
}

/// The filter that rows pass which come after the row with this id, or before it.
fn beyond<E: Owned>(rows: &Select<E>, side: BinOper, id: E::Id) -> SimpleExpr {
    let (order, column) = (E::order_column(), E::id_column());
    let place: SimpleExpr = match order.as_str() == column.as_str() {
        true => Expr::value(id),
        // The row is one of the list: the place of a hidden one is not told either.
        false => {
            let one = rows.clone().filter(column.eq(id));
            one.select_only().column(order).into_query().into()
        }
    };
    order.into_expr().binary(side, place)
}

/// For each parent the first rows of its children after a cursor, all in one
/// statement. Parents without children are absent.
pub async fn children<E: Visible, P>(
    scope: &Scope,
    column: E::Column,
    parents: &[P],
    parent_of: fn(&E::Model) -> P,
    window: Window<E::Id>,
) -> Result<HashMap<P, Page<E::Model>>>
where
    P: Clone + Eq + Hash + Into<Value>,
{
    let limit = checked(window.limit)?;
    let visible = E::visible(scope);
    let after = window
        .after
        .map(|id| beyond(&visible, BinOper::GreaterThan, id));
    let within = visible
        .filter(column.is_in(parents.iter().cloned()))
        .filter(Condition::all().add_option(after));
    let (id, place) = (E::id_column(), Alias::new("place"));
    let numbered = format!(
        "ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {})",
        column.as_str(),
        E::order_column().as_str()
    );
    let mut ranked = within.into_query();
    ranked
        .clear_selects()
        .column(id)
        .expr_as(Expr::cust(numbered), place.clone());
    let chosen = Query::select()
        .column(id)
        .from_subquery(ranked, Alias::new("ranked"))
        .and_where(Expr::col(place).lte(limit + 1))
        .to_owned();
    let query = E::of(scope.tenant())
        .filter(id.in_subquery(chosen))
        .order_by_asc(E::order_column());
    let mut grouped: HashMap<P, Vec<E::Model>> = HashMap::new();
    let rows = query.all(&scope.read().await?).await?;
    for row in E::shown(scope, rows).await? {
        grouped.entry(parent_of(&row)).or_default().push(row);
    }
    let pages = grouped
        .into_iter()
        .map(|(parent, rows)| (parent, cut(rows, &window, limit)));
    Ok(pages.collect())
}

fn checked(limit: u64) -> Result<u64> {
    match limit {
        1..=LARGEST_PAGE => Ok(limit),
        _ => Err(Error::invalid(
            "first",
            format!("a page has 1 to {LARGEST_PAGE} rows"),
        )),
    }
}

/// One row more than asked for was read, to know whether there is more.
fn cut<M, Id>(mut rows: Vec<M>, window: &Window<Id>, limit: u64) -> Page<M> {
    let more = rows.len() as u64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    if window.backward {
        rows.reverse();
        return Page {
            rows,
            has_next: window.before.is_some(),
            has_previous: more,
        };
    }
    Page {
        rows,
        has_next: more,
        has_previous: window.after.is_some(),
    }
}
