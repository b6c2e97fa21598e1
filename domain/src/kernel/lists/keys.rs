//! What rows are compared by, and where a row stands.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{BinOper, Expr, ExprTrait, SimpleExpr};

use crate::error::{Error, Result};

/// One column of an order. The last one of an order has no value twice.
#[derive(Clone, Copy, Debug)]
pub enum Key<C> {
    /// A UUID.
    Id(C),
    /// An integer.
    Number(C),
    /// An integer; rows that have none come after all others.
    Optional(C),
    /// A text, by its bytes.
    Text(C),
}

/// Comes after every value of a column that may have none. Written out, because an
/// index of an expression serves no parameter.
const LAST: i64 = i64::MAX;

impl<C: ColumnTrait> Key<C> {
    /// What rows are compared by.
    pub(super) fn expr(self) -> SimpleExpr {
        match self {
            Self::Id(column) | Self::Number(column) | Self::Text(column) => column.into_expr(),
            // Not COALESCE: under row-level security PostgreSQL takes that for one which may
            // tell of hidden rows, and looks nothing up by it.
            Self::Optional(column) => Expr::case(column.is_null(), Expr::cust(LAST.to_string()))
                .finally(column.into_expr())
                .into(),
        }
    }

    /// The value of a row.
    pub(super) fn of<M: ModelTrait>(self, row: &M) -> Result<Part>
    where
        M::Entity: EntityTrait<Column = C>,
    {
        let (Self::Id(column) | Self::Number(column) | Self::Optional(column) | Self::Text(column)) =
            self;
        match (self, row.get(column)) {
            (Self::Id(_), Value::Uuid(Some(id))) => Ok(Part::Id(id.as_u128())),
            (Self::Number(_) | Self::Optional(_), Value::BigInt(Some(number))) => {
                Ok(Part::Number(number))
            }
            (Self::Optional(_), Value::BigInt(None)) => Ok(Part::Number(LAST)),
            (Self::Text(_), Value::String(Some(text))) => Ok(Part::Text(text.to_string())),
            (_, other) => Err(Error::broken(format!("a list is ordered by {other:?}"))),
        }
    }

    /// Whether a value is of its kind.
    fn fits(self, part: &Part) -> bool {
        match self {
            Self::Id(_) => matches!(part, Part::Id(_)),
            Self::Number(_) | Self::Optional(_) => matches!(part, Part::Number(_)),
            Self::Text(_) => matches!(part, Part::Text(_)),
        }
    }
}

/// A row's value of one column of an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub(super) enum Part {
    Id(u128),
    Number(i64),
    Text(String),
}

impl Part {
    fn expr(&self) -> SimpleExpr {
        match self {
            Self::Id(id) => Expr::value(Uuid::from_u128(*id)),
            Self::Number(number) => Expr::value(*number),
            Self::Text(text) => Expr::value(text.clone()),
        }
    }
}

/// Where a row stands in a list: its values of the columns of the order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Place(Vec<Part>);

impl Place {
    /// Where a row stands in the order of these columns.
    pub(super) fn of<M: ModelTrait>(
        keys: &[Key<<M::Entity as EntityTrait>::Column>],
        row: &M,
    ) -> Result<Self> {
        let parts = keys.iter().map(|key| key.of(row));
        parts.collect::<Result<_>>().map(Self)
    }

    /// Whether it can be a place in the order of these columns.
    pub(super) fn fits<C: ColumnTrait>(&self, keys: &[Key<C>]) -> bool {
        let mut both = keys.iter().zip(&self.0);
        self.0.len() == keys.len() && both.all(|(key, part)| key.fits(part))
    }

    /// The filter that rows pass which stand on one side of the place.
    pub(super) fn beyond<C: ColumnTrait>(&self, keys: &[Key<C>], side: BinOper) -> SimpleExpr {
        let own = keys.iter().map(|key| key.expr());
        let given = self.0.iter().map(Part::expr);
        Expr::tuple(own).binary(side, Expr::tuple(given))
    }
}
