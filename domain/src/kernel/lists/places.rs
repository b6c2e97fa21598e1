//! Where a row stands in an ordered list, and how a client keeps that place.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{BinOper, Expr, ExprTrait, SimpleExpr};

use super::{Listed, Order};
use crate::error::{Error, Result};
use crate::keyring::Sealing;
use crate::scope::Scope;

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
    fn of<M: ModelTrait>(self, row: &M) -> Result<Part>
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
enum Part {
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place(Vec<Part>);

impl Place {
    /// Where a row stands in a list of this order.
    pub fn of<E: Listed>(order: Order<E::Order>, row: &E::Model) -> Result<Self> {
        let keys = E::keys(order.field).iter();
        keys.map(|key| key.of(row)).collect::<Result<_>>().map(Self)
    }

    /// The place as a text that a client keeps and cannot read: it may tell of a row what
    /// the client is not told. It is good for this tenant, list and order alone.
    ///
    /// # Errors
    /// [`Error::Broken`] where the server has no key.
    pub fn cursor<E: Listed>(
        &self,
        scope: &Scope,
        list: &str,
        order: Order<E::Order>,
    ) -> Result<String> {
        let parts = serde_json::to_vec(&self.0);
        let parts = parts.map_err(|error| Error::broken(format!("a place: {error}")))?;
        let keyring = &scope.engine().keyring;
        keyring.seal_cursor(&sealing::<E>(scope, list, order), &parts)
    }

    /// The place that a cursor of this tenant, list and order stands for.
    ///
    /// # Errors
    /// `InvalidInput` on `field` for every other text.
    pub fn parse<E: Listed>(
        scope: &Scope,
        list: &str,
        order: Order<E::Order>,
        field: &'static str,
        cursor: &str,
    ) -> Result<Self> {
        let keyring = &scope.engine().keyring;
        let bytes = keyring.open_cursor(&sealing::<E>(scope, list, order), cursor);
        let parts = bytes.and_then(|bytes| serde_json::from_slice::<Vec<Part>>(&bytes).ok());
        let keys = E::keys(order.field);
        let fit = |parts: &Vec<Part>| {
            let mut both = keys.iter().zip(parts);
            parts.len() == keys.len() && both.all(|(key, part)| key.fits(part))
        };
        parts
            .filter(fit)
            .map(Self)
            .ok_or_else(|| Error::invalid(field, "not a cursor of this list in this order"))
    }

    /// The filter that rows pass which stand on one side of the place.
    pub(super) fn beyond<E: Listed>(&self, field: E::Order, side: BinOper) -> SimpleExpr {
        let own = E::keys(field).iter().map(|key| key.expr());
        let given = self.0.iter().map(Part::expr);
        Expr::tuple(own).binary(side, Expr::tuple(given))
    }
}

/// What a cursor is bound to.
fn sealing<E: Listed>(scope: &Scope, list: &str, order: Order<E::Order>) -> Sealing {
    let direction = if order.descending { "desc" } else { "asc" };
    Sealing {
        tenant: scope.tenant(),
        subject: format!("{list}/{:?}/{direction}", order.field),
    }
}
