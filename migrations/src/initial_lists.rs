//! What serves the filters and orders of lists: a test reads the plans.

use sea_orm_migration::prelude::*;

use crate::schema::index;

/// Comes after every value of a column that may have none, in an order.
const LAST: i64 = i64::MAX;

/// Orders by a column; rows of equal value are in the order of their ids.
const ORDERS: &[(&str, &[&str])] = &[
    ("api_key", &["updated_at"]),
    ("program", &["updated_at"]),
    ("program", &["name"]),
    ("partner", &["updated_at"]),
    ("partner", &["name"]),
    ("enrollment", &["updated_at"]),
    ("tax_form", &["updated_at"]),
    ("payout_method", &["updated_at"]),
    ("account", &["name"]),
    ("registration", &["updated_at"]),
    ("deal", &["updated_at"]),
    ("deal", &["currency", "amount_minor"]),
    ("involvement", &["updated_at"]),
    ("collection", &["currency", "amount_minor"]),
    ("commission", &["updated_at"]),
    ("earning", &["updated_at"]),
    ("earning", &["payable_at"]),
    ("earning", &["currency", "amount_minor"]),
    ("payout_run", &["updated_at"]),
    ("payout", &["updated_at"]),
    ("payout", &["currency", "amount_minor"]),
    ("plugin", &["name"]),
    ("plugin_version", &["updated_at"]),
    ("activation", &["updated_at"]),
];

/// Orders by a column that may have no value, behind others.
const OPTIONAL_ORDERS: &[(&str, &[&str], &str)] = &[
    ("registration", &[], "protected_until"),
    ("deal", &[], "closed_at"),
    ("commission", &["currency"], "total_minor"),
    ("payout", &[], "settled_at"),
];

/// Filters, each followed by what its rows are usually ordered by.
const FILTERS: &[(&str, &[&str])] = &[
    ("api_key", &["person_id", "id"]),
    ("api_key", &["partner_id", "id"]),
    ("program", &["state", "id"]),
    ("program", &["model", "id"]),
    ("terms", &["state", "id"]),
    ("partner", &["state", "id"]),
    ("partner", &["created_at"]),
    ("enrollment", &["program_id", "partner_id"]),
    ("enrollment", &["state", "id"]),
    ("agreement", &["terms_id"]),
    ("tax_form", &["state", "id"]),
    ("payout_method", &["state", "id"]),
    ("account", &["created_at"]),
    ("registration", &["program_id", "id"]),
    ("registration", &["state", "id"]),
    ("registration", &["deal_id"]),
    ("registration", &["submitted_at"]),
    ("deal", &["state", "opened_position"]),
    ("deal", &["stage", "opened_position"]),
    ("deal", &["opened_at"]),
    ("involvement", &["state", "id"]),
    ("collection", &["reference"]),
    ("collection", &["received_at"]),
    ("commission", &["rule_id"]),
    ("commission", &["state", "id"]),
    ("earning", &["program_id", "id"]),
    ("earning", &["state", "payable_at"]),
    ("earning", &["created_at"]),
    ("payout_run", &["program_id", "id"]),
    ("payout_run", &["state", "id"]),
    ("payout_run", &["proposed_at"]),
    ("payout", &["method_id"]),
    ("payout", &["state", "id"]),
    ("entry", &["partner_id", "id"]),
    ("entry", &["account", "id"]),
    ("plugin_version", &["state", "id"]),
    ("activation", &["state", "id"]),
    ("activation", &["effective_at"]),
];

/// Texts that lists are ordered by.
const TEXTS: &[(&str, &str)] = &[
    ("program", "name"),
    ("partner", "name"),
    ("account", "name"),
    ("plugin", "name"),
];

pub(crate) fn indexes() -> Vec<IndexCreateStatement> {
    let orders = ORDERS.iter().map(|(table, columns)| {
        let columns = [&["tenant_id"], *columns, &["id"]].concat();
        index(table, &columns)
    });
    let filters = FILTERS.iter().map(|(table, columns)| {
        let columns = [&["tenant_id"], *columns].concat();
        index(table, &columns)
    });
    orders.chain(filters).collect()
}

/// The indexes of expressions, as statements: the builder writes none for SQLite.
pub(crate) fn expressions() -> Vec<String> {
    let orders = OPTIONAL_ORDERS.iter();
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
pub(crate) fn collations() -> Vec<String> {
    let texts = TEXTS.iter();
    texts
        .map(|(table, column)| {
            format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar COLLATE \"C\"")
        })
        .collect()
}
