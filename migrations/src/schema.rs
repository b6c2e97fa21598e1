//! The shape that every table of a tenant has, said once.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::uuid;

/// A table of a tenant, keyed by the tenant first.
pub(crate) fn owned(name: &'static str, key: &[&'static str]) -> TableCreateStatement {
    let mut primary = Index::create();
    for column in key {
        primary.col(*column);
    }
    Table::create()
        .table(name)
        .col(uuid("tenant_id"))
        .primary_key(&mut primary)
        .to_owned()
}

/// The tenant must exist.
pub(crate) fn tenants() -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from_col("tenant_id")
        .to("tenant", "id")
        .to_owned()
}

/// The row that a column names must exist in the same tenant.
pub(crate) fn references(
    column: &'static str,
    table: &'static str,
    target: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from_col("tenant_id")
        .from_col(column)
        .to_tbl(table)
        .to_col("tenant_id")
        .to_col(target)
        .to_owned()
}

/// An index.
pub(crate) fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index
        .name(format!("{table}_{}_idx", columns.join("_")))
        .table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

/// An index that no two rows share a value of.
pub(crate) fn unique(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = index(table, columns);
    index
        .name(format!("{table}_{}_key", columns.join("_")))
        .unique();
    index
}

/// An index that no two rows share a value of, among those that `condition` picks.
pub(crate) fn unique_where(
    table: &'static str,
    columns: &[&'static str],
    condition: &'static str,
) -> IndexCreateStatement {
    let mut index = unique(table, columns);
    index
        .name(format!("{table}_{}_partial_key", columns.join("_")))
        .and_where(Expr::cust(condition));
    index
}

/// An index of those rows that `condition` picks.
pub(crate) fn index_where(
    table: &'static str,
    columns: &[&'static str],
    condition: &'static str,
) -> IndexCreateStatement {
    let mut index = index(table, columns);
    index
        .name(format!("{table}_{}_partial_idx", columns.join("_")))
        .and_where(Expr::cust(condition));
    index
}

/// What a file's tables have beside columns and keys.
pub(crate) struct Tables {
    /// Tables whose rows change and are never deleted.
    pub changing: &'static [&'static str],
    /// Tables whose rows are changed and deleted.
    pub passing: &'static [&'static str],
    /// Tables whose rows are only ever added.
    pub appended: &'static [&'static str],
    /// Lists of a table are ordered by these columns, and rows of equal values by id.
    pub orders: &'static [(&'static str, &'static [&'static str])],
    /// The same, by a column that may have no value, behind others.
    pub optional_orders: &'static [(&'static str, &'static [&'static str], &'static str)],
    /// Lists of a table are filtered by these columns, of which the last are what its rows
    /// are usually ordered by.
    pub filters: &'static [(&'static str, &'static [&'static str])],
    /// Texts that lists are ordered by.
    pub texts: &'static [(&'static str, &'static str)],
}
