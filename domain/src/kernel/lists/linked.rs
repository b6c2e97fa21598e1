//! Lists inside other things.

use sea_orm::QueryTrait;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, SelectStatement, SimpleExpr};

use super::listed::{Listed, WantedOf};
use super::query::Link;
use crate::error::Result;
use crate::scope::Scope;

/// The children of these parents that the actor may see and that pass the filter, with
/// nothing selected, and what their parent is.
pub(super) async fn linked<E: Listed>(
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
