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
    fn of<M: ModelTrait>(self, row: &M) -> Result<serde_json::Value>
    where
        M::Entity: EntityTrait<Column = C>,
    {
        let (Self::Id(column) | Self::Number(column) | Self::Optional(column) | Self::Text(column)) =
            self;
        match (self, row.get(column)) {
            (Self::Id(_), Value::Uuid(Some(id))) => Ok(id.to_string().into()),
            (Self::Number(_) | Self::Optional(_), Value::BigInt(Some(number))) => Ok(number.into()),
            (Self::Optional(_), Value::BigInt(None)) => Ok(LAST.into()),
            (Self::Text(_), Value::String(Some(text))) => Ok(text.to_string().into()),
            (_, other) => Err(Error::broken(format!("a list is ordered by {other:?}"))),
        }
    }

    /// The value that a cursor carries, or `None` where it is of another kind.
    fn read(self, value: &serde_json::Value) -> Option<SimpleExpr> {
        Some(match self {
            Self::Id(_) => Expr::value(value.as_str()?.parse::<Uuid>().ok()?),
            Self::Number(_) | Self::Optional(_) => Expr::value(value.as_i64()?),
            Self::Text(_) => Expr::value(value.as_str()?.to_owned()),
        })
    }
}

/// Where a row stands in a list: its values of the columns of the order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place(String);

impl Place {
    /// Where a row stands in a list of this order.
    pub fn of<E: Listed>(order: Order<E::Order>, row: &E::Model) -> Result<Self> {
        let values: Vec<_> = E::keys(order.field)
            .iter()
            .map(|key| key.of(row))
            .collect::<Result<_>>()?;
        let text = serde_json::to_string(&values);
        text.map(Self)
            .map_err(|error| Error::broken(error.to_string()))
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
        let keyring = &scope.engine().keyring;
        keyring.seal_cursor(&sealing::<E>(scope, list, order), self.0.as_bytes())
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
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        text.map(Self)
            .ok_or_else(|| Error::invalid(field, "not a cursor of this list in this order"))
    }

    /// The filter that rows pass which stand on one side of the place.
    pub(super) fn beyond<E: Listed>(&self, field: E::Order, side: BinOper) -> Result<SimpleExpr> {
        let unread = || Error::broken("a cursor does not fit its order");
        let values: Vec<serde_json::Value> = serde_json::from_str(&self.0).map_err(|_| unread())?;
        let keys = E::keys(field);
        let mut own = Vec::with_capacity(keys.len());
        let mut given = Vec::with_capacity(keys.len());
        for (index, key) in keys.iter().enumerate() {
            own.push(key.expr());
            let value = values.get(index).and_then(|value| key.read(value));
            given.push(value.ok_or_else(unread)?);
        }
        Ok(Expr::tuple(own).binary(side, Expr::tuple(given)))
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
