//! Sums in the database.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, SimpleExpr};

/// The sum of a column of 64-bit integers as such an integer: PostgreSQL widens it to an
/// arbitrary precision.
pub fn whole_sum(column: impl ColumnTrait) -> SimpleExpr {
    ExprTrait::cast_as(column.sum(), "bigint")
}
