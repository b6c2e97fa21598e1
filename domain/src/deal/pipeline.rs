//! The pipeline: how many deals there are and what they are worth, by group.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, Order, SimpleExpr};
use sea_orm::{QuerySelect, QueryTrait};

use crate::entity::deal;
use crate::error::Result;
use crate::ids::ProgramId;
use crate::kernel::lists::{DealFilter, DealOrderField, Listed, Total};
use crate::reads::Visible;
use crate::scope::Scope;
use crate::sums::whole_sum;

/// The most rows that are told: a group has one for each currency.
const MOST_ROWS: u64 = 400;

/// What deals are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// Their stage.
    Stage,
    /// Their state.
    State,
    /// Their program.
    Program,
}

/// What the deals of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Common {
    /// Their stage.
    Stage(String),
    /// Their state.
    State(deal::State),
    /// Their program.
    Program(ProgramId),
}

/// Deals that have something in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What.
    pub common: Common,
    /// How many there are.
    pub count: i64,
    /// What they are worth, by currency in its order.
    pub totals: Vec<Total>,
}

/// The deals that the actor may see and that pass the filter, in groups.
///
/// # Errors
///
/// Those of the filter.
pub async fn groups(scope: &Scope, by: GroupBy, filter: &DealFilter) -> Result<Vec<Group>> {
    <deal::Entity as Listed>::check(scope, filter, DealOrderField::CreatedAt).await?;
    let common: SimpleExpr = match by {
        GroupBy::Stage => deal::Column::Stage.into_expr(),
        GroupBy::State => deal::Column::State.into_expr(),
        GroupBy::Program => deal::Column::ProgramId.into_expr(),
    };
    let currency = deal::Column::Currency.into_expr();
    let mut query = deal::Entity::visible(scope)
        .filter(<deal::Entity as Listed>::condition(scope, filter))
        .limit(MOST_ROWS)
        .into_query();
    query
        .clear_selects()
        .expr_as(common.clone(), "common")
        .expr_as(currency.clone(), "currency")
        .expr_as(Expr::cust("COUNT(*)"), "rows")
        .expr_as(whole_sum(deal::Column::AmountMinor), "minor")
        .add_group_by([common.clone(), currency.clone()])
        .order_by_expr(common, Order::Asc)
        .order_by_expr(currency, Order::Asc);
    let mut groups: Vec<Group> = Vec::new();
    for row in scope.read().await?.query_all(&query).await? {
        let common = match by {
            GroupBy::Stage => Common::Stage(row.try_get("", "common")?),
            GroupBy::State => Common::State(row.try_get("", "common")?),
            GroupBy::Program => Common::Program(row.try_get("", "common")?),
        };
        let total = Total {
            currency: row.try_get("", "currency")?,
            minor: row.try_get("", "minor")?,
        };
        let count: i64 = row.try_get("", "rows")?;
        match groups.last_mut() {
            Some(group) if group.common == common => {
                group.count += count;
                group.totals.push(total);
            }
            _ => groups.push(Group {
                common,
                count,
                totals: vec![total],
            }),
        }
    }
    Ok(groups)
}
