//! Lists: pages in an order, how many rows there are, and what they add up to; also of
//! the children of many parents in one statement.
//!
//! What each noun is filtered and ordered by is declared in [`listed`](crate::listed).
//! All of it starts from [`Visible`], so that no list shows, counts or adds up what its
//! reader may not see.

mod conditions;
mod filters;
pub mod pairs;
mod places;
mod wanted;

use std::collections::HashMap;
use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{
    BinOper, Expr, ExprTrait, JoinType, Order as Side, OverStatement, Query, SelectStatement,
    SimpleExpr, WindowStatement,
};
use sea_orm::{Condition, FromQueryResult, QueryResult, QuerySelect, QueryTrait};

pub use self::filters::*;
pub use self::places::{Key, Place};
pub use self::wanted::{
    Count, LARGEST_COUNT, LARGEST_PAGE, Link, ModelOf, Order, Page, ParentId, Span, Total, Wanted,
    WantedOf, Window,
};
use crate::error::{Error, Result};
use crate::kernel::visible::Visible;
use crate::money::Currency;
use crate::scope::Scope;

/// A noun that is listed.
pub trait Listed: Visible + EntityTrait<Model: Clone + Send + Sync + 'static> {
    /// Which rows are wanted.
    type Filter: Clone + Debug + Default + PartialEq + Eq + Hash + Send + Sync + 'static;
    /// What lists of it are ordered by; by default when rows were made.
    type Order: Copy + Debug + Default + PartialEq + Eq + Hash + Send + Sync + 'static;

    /// The columns of an order.
    fn keys(order: Self::Order) -> &'static [Key<Self::Column>];

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

/// A page of the rows that the actor may see and that pass the filter.
pub async fn page<E: Listed>(scope: &Scope, wanted: &WantedOf<E>) -> Result<Page<E::Model>> {
    checked(wanted.window.limit)?;
    E::check(scope, &wanted.filter, wanted.order.field).await?;
    let query = page_query::<E>(scope, wanted);
    let rows = query.all(&scope.read().await?).await?;
    let page = cut(rows, wanted);
    Ok(Page {
        rows: E::shown(scope, page.rows).await?,
        ..page
    })
}

/// What a page asks the database: for one row more than it has, to know whether there
/// are more.
pub fn page_query<E: Listed>(scope: &Scope, wanted: &WantedOf<E>) -> Select<E> {
    let mut query = E::visible(scope)
        .filter(E::condition(scope, &wanted.filter))
        .filter(between::<E>(wanted))
        .limit(wanted.window.limit + 1);
    for key in E::keys(wanted.order.field) {
        QueryTrait::query(&mut query).order_by_expr(key.expr(), side::<E>(wanted));
    }
    query
}

/// For each parent a page of its children, all in one statement.
pub async fn children<E: Listed>(
    scope: &Scope,
    link: &Link<E>,
    parents: &[Uuid],
    wanted: &WantedOf<E>,
) -> Result<HashMap<Uuid, Page<E::Model>>> {
    checked(wanted.window.limit)?;
    let (mut ranked, parent) = linked(scope, link, parents, wanted).await?;
    ranked.cond_where(between::<E>(wanted));
    let mut order = WindowStatement::new();
    OverStatement::add_partition_by(&mut order, parent.clone());
    for key in E::keys(wanted.order.field) {
        order.order_by_expr(key.expr(), side::<E>(wanted));
    }
    ranked
        .expr_as(E::id_column().into_expr(), "child")
        .expr_as(parent, "parent")
        .expr_window_as(Expr::cust("ROW_NUMBER()"), order, "place");
    let mut query = E::of(scope.tenant()).into_query();
    query
        .expr_as(Expr::col(("ranked", "parent")), "list_parent")
        .join_subquery(
            JoinType::InnerJoin,
            ranked,
            "ranked",
            Expr::col(("ranked", "child")).equals(E::id_column().as_column_ref()),
        )
        .and_where(Expr::col(("ranked", "place")).lte(wanted.window.limit + 1));
    for key in E::keys(wanted.order.field) {
        query.order_by_expr(key.expr(), side::<E>(wanted));
    }
    let mut owners = Vec::new();
    let mut rows = Vec::new();
    for found in scope.read().await?.query_all(&query).await? {
        owners.push(found.try_get::<Uuid>("", "list_parent")?);
        rows.push(E::Model::from_query_result(&found, "")?);
    }
    let rows = E::shown(scope, rows).await?;
    let mut grouped: HashMap<Uuid, Vec<E::Model>> = HashMap::new();
    for (owner, row) in owners.into_iter().zip(rows) {
        grouped.entry(owner).or_default().push(row);
    }
    let page_of = |parent: &Uuid| cut(grouped.remove(parent).unwrap_or_default(), wanted);
    Ok(parents
        .iter()
        .copied()
        .zip(parents.iter().map(page_of))
        .collect())
}

/// How many rows the actor may see that pass the filter.
pub async fn count<E: Listed>(scope: &Scope, wanted: &WantedOf<E>) -> Result<Count> {
    E::check(scope, &wanted.filter, wanted.order.field).await?;
    let query = count_query::<E>(scope, &wanted.filter);
    let found = scope.read().await?.query_one(&query).await?;
    let rows = found
        .map(|row| row.try_get::<i64>("", "rows"))
        .transpose()?;
    Ok(counted(rows.unwrap_or_default()))
}

/// What a count asks the database.
pub fn count_query<E: Listed>(scope: &Scope, filter: &E::Filter) -> SelectStatement {
    let passing = E::visible(scope).filter(E::condition(scope, filter));
    let mut some = passing.into_query();
    some.clear_selects()
        .expr_as(Expr::val(1), "one")
        .limit(LARGEST_COUNT + 1);
    Query::select()
        .expr_as(Expr::cust("COUNT(*)"), "rows")
        .from_subquery(some, "some")
        .to_owned()
}

/// How many children each parent has, in one statement. Parents without children are
/// absent.
pub async fn counts<E: Listed>(
    scope: &Scope,
    link: &Link<E>,
    parents: &[Uuid],
    wanted: &WantedOf<E>,
) -> Result<HashMap<Uuid, Count>> {
    let (mut query, parent) = linked(scope, link, parents, wanted).await?;
    query
        .expr_as(parent.clone(), "parent")
        .expr_as(Expr::cust("COUNT(*)"), "rows")
        .add_group_by([parent]);
    let mut counts = HashMap::new();
    for found in scope.read().await?.query_all(&query).await? {
        let rows = found.try_get::<i64>("", "rows")?;
        counts.insert(found.try_get::<Uuid>("", "parent")?, counted(rows));
    }
    Ok(counts)
}

/// What the rows add up to that the actor may see and that pass the filter, by currency
/// in their order. Nothing for a noun that is not money.
pub async fn totals<E: Listed>(scope: &Scope, wanted: &WantedOf<E>) -> Result<Vec<Total>> {
    let Some(money) = E::money() else {
        return Ok(Vec::new());
    };
    E::check(scope, &wanted.filter, wanted.order.field).await?;
    let passing = E::visible(scope).filter(E::condition(scope, &wanted.filter));
    let mut query = passing.into_query();
    added::<E>(query.clear_selects(), money);
    let mut totals = Vec::new();
    for found in scope.read().await?.query_all(&query).await? {
        totals.extend(total(&found)?);
    }
    Ok(totals)
}

/// What the children of each parent add up to, in one statement. Parents without children
/// are absent.
pub async fn totals_of<E: Listed>(
    scope: &Scope,
    link: &Link<E>,
    parents: &[Uuid],
    wanted: &WantedOf<E>,
) -> Result<HashMap<Uuid, Vec<Total>>> {
    let Some(money) = E::money() else {
        return Ok(HashMap::new());
    };
    let (mut query, parent) = linked(scope, link, parents, wanted).await?;
    added::<E>(&mut query, money)
        .expr_as(parent.clone(), "parent")
        .add_group_by([parent]);
    let mut totals: HashMap<Uuid, Vec<Total>> = HashMap::new();
    for found in scope.read().await?.query_all(&query).await? {
        let parent = found.try_get::<Uuid>("", "parent")?;
        totals.entry(parent).or_default().extend(total(&found)?);
    }
    Ok(totals)
}

/// The children of these parents that the actor may see and that pass the filter, with
/// nothing selected, and what their parent is.
async fn linked<E: Listed>(
    scope: &Scope,
    link: &Link<E>,
    parents: &[Uuid],
    wanted: &WantedOf<E>,
) -> Result<(SelectStatement, SimpleExpr)> {
    E::check(scope, &wanted.filter, wanted.order.field).await?;
    let passing = E::visible(scope).filter(E::condition(scope, &wanted.filter));
    let mut query = passing.into_query();
    query.clear_selects();
    let parent = match link {
        Link::Column(column) => {
            query.and_where(column.is_in(parents.iter().copied()));
            column.into_expr()
        }
        Link::Pairs(pairs) => {
            query.join_subquery(
                JoinType::InnerJoin,
                pairs(scope, parents),
                "pairs",
                Expr::col(("pairs", "child")).equals(E::id_column().as_column_ref()),
            );
            Expr::col(("pairs", "parent"))
        }
    };
    Ok((query, parent))
}

/// Adds the sum of each currency to a statement.
fn added<E: Listed>(
    query: &mut SelectStatement,
    (amount, currency): (E::Column, E::Column),
) -> &mut SelectStatement {
    query
        .expr_as(ExprTrait::cast_as(amount.sum(), "bigint"), "minor")
        .expr_as(currency.into_expr(), "currency")
        .add_group_by([currency.into_expr()])
        .order_by_expr(currency.into_expr(), Side::Asc)
}

fn total(found: &QueryResult) -> Result<Option<Total>> {
    let minor = found.try_get::<Option<i64>>("", "minor")?;
    let currency = found.try_get::<Currency>("", "currency")?;
    Ok(minor.map(|minor| Total { currency, minor }))
}

fn counted(rows: i64) -> Count {
    let rows = rows.unsigned_abs();
    Count {
        rows: Ord::min(rows, LARGEST_COUNT),
        or_more: rows > LARGEST_COUNT,
    }
}

/// The condition that rows pass which stand between the places of a window.
fn between<E: Listed>(wanted: &WantedOf<E>) -> Condition {
    let (after, before) = if wanted.order.descending {
        (BinOper::SmallerThan, BinOper::GreaterThan)
    } else {
        (BinOper::GreaterThan, BinOper::SmallerThan)
    };
    let beyond = |place: &Option<Place>, side| {
        let place = place.as_ref();
        place.map(|place| place.beyond::<E>(wanted.order.field, side))
    };
    Condition::all()
        .add_option(beyond(&wanted.window.after, after))
        .add_option(beyond(&wanted.window.before, before))
}

/// In which direction rows are read: against the order, where they are counted from its
/// end.
fn side<E: Listed>(wanted: &WantedOf<E>) -> Side {
    if wanted.order.descending == wanted.window.backward {
        Side::Asc
    } else {
        Side::Desc
    }
}

fn checked(limit: u64) -> Result<()> {
    checked_as("first", limit)
}

/// Whether a page may have so many rows.
///
/// # Errors
/// `InvalidInput` on `field` otherwise.
pub fn checked_as(field: &'static str, limit: u64) -> Result<()> {
    if (1..=LARGEST_PAGE).contains(&limit) {
        return Ok(());
    }
    let message = format!("a page has 1 to {LARGEST_PAGE} rows");
    Err(Error::invalid(field, message))
}

/// One row more than asked for was read, to know whether there is more.
fn cut<M, F, O>(mut rows: Vec<M>, wanted: &Wanted<F, O>) -> Page<M> {
    let window = &wanted.window;
    let more = rows.len() as u64 > window.limit;
    rows.truncate(usize::try_from(window.limit).unwrap_or(usize::MAX));
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
