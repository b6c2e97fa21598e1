//! How many rows lists have, and what they add up to.

use std::collections::HashMap;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, Order as Side, Query, SelectStatement};
use sea_orm::{QueryResult, QueryTrait};

use super::linked::linked;
use super::listed::{Listed, WantedOf};
use super::query::{Count, LARGEST_COUNT, Link, Total};
use crate::error::Result;
use crate::money::Currency;
use crate::scope::Scope;
use crate::sums::whole_sum;

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

/// Adds the sum of each currency to a statement.
fn added<E: Listed>(
    query: &mut SelectStatement,
    (amount, currency): (E::Column, E::Column),
) -> &mut SelectStatement {
    query
        .expr_as(whole_sum(amount), "minor")
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
