//! What serves the filters and orders of lists: a test reads the plans.

use sea_orm_migration::prelude::*;

use crate::schema::{Tables, index};

/// Comes after every value of a column that may have none, in an order.
const LAST: i64 = i64::MAX;

/// Those of columns.
pub(crate) fn indexes(of: &Tables) -> Vec<IndexCreateStatement> {
    let orders = of.orders.iter().map(|(table, columns)| {
        let columns = [&["tenant_id"], *columns, &["id"]].concat();
        index(table, &columns)
    });
    let filters = of.filters.iter().map(|(table, columns)| {
        let columns = [&["tenant_id"], *columns].concat();
        index(table, &columns)
    });
    orders.chain(filters).collect()
}

/// The indexes of expressions, as statements: the builder writes none for SQLite.
pub(crate) fn expressions(of: &Tables) -> Vec<String> {
    let orders = of.optional_orders.iter();
    orders
        .map(|(table, before, column)| {
            let leading = [&["tenant_id"], *before].concat();
            let (name, leading) = (leading.join("_"), leading.join(", "));
            format!(
                "CREATE INDEX {table}_{name}_{column}_order_idx ON {table} \
                 ({leading}, (CASE WHEN {column} IS NULL THEN {LAST} ELSE {column} END), id)"
            )
        })
        .collect()
}

/// On PostgreSQL: makes these texts ordered by their bytes, as SQLite does. The
/// collation of a database may change with its operating system.
pub(crate) fn collations(of: &Tables) -> Vec<String> {
    let texts = of.texts.iter();
    texts
        .map(|(table, column)| {
            format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar COLLATE \"C\"")
        })
        .collect()
}
