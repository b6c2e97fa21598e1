//! Pages of lists: of one, or of one inside each of many parents.

use std::collections::HashMap;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{
    BinOper, Expr, ExprTrait, IntoCondition, JoinType, Order as Side, OverStatement,
    WindowStatement,
};
use sea_orm::{Condition, FromQueryResult, QuerySelect, QueryTrait};

use super::keys::Place;
use super::linked::linked;
use super::listed::{Listed, WantedOf};
use super::query::{LARGEST_PAGE, Link, Page, Wanted};
use crate::error::{Error, Result};
use crate::scope::Scope;

/// A page of the rows that the actor may see and that pass the filter.
pub async fn page<E: Listed>(scope: &Scope, wanted: &WantedOf<E>) -> Result<Page<E::Model>> {
    page_where::<E>(scope, wanted, Condition::all()).await
}

/// A page of those rows that also meet a condition.
async fn page_where<E: Listed>(
    scope: &Scope,
    wanted: &WantedOf<E>,
    also: impl IntoCondition,
) -> Result<Page<E::Model>> {
    checked(wanted.window.limit)?;
    E::check(scope, &wanted.filter, wanted.order.field).await?;
    let query = page_query::<E>(scope, wanted).filter(also);
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
        .filter(between::<E>(scope, wanted))
        .limit(wanted.window.limit + 1);
    for key in E::keys(scope, wanted.order.field) {
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
    if let ([parent], Link::Column(column)) = (parents, link) {
        let page = page_where::<E>(scope, wanted, column.eq(*parent)).await?;
        return Ok(HashMap::from([(*parent, page)]));
    }
    checked(wanted.window.limit)?;
    let (mut ranked, parent) = linked(scope, link, parents, wanted).await?;
    ranked.cond_where(between::<E>(scope, wanted));
    let mut order = WindowStatement::new();
    OverStatement::add_partition_by(&mut order, parent.clone());
    for key in E::keys(scope, wanted.order.field) {
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
    for key in E::keys(scope, wanted.order.field) {
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

/// The condition that rows pass which stand between the places of a window.
fn between<E: Listed>(scope: &Scope, wanted: &WantedOf<E>) -> Condition {
    let (after, before) = if wanted.order.descending {
        (BinOper::SmallerThan, BinOper::GreaterThan)
    } else {
        (BinOper::GreaterThan, BinOper::SmallerThan)
    };
    let beyond = |place: &Option<Place>, side| {
        let place = place.as_ref();
        place.map(|place| place.beyond(E::keys(scope, wanted.order.field), side))
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
