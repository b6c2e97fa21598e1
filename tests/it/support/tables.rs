//! Behind the server's back: what is in the tables themselves.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::entity::prelude::*;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IdenStatic, Iterable,
    Statement, TransactionTrait,
};
use tributary_domain::entity;
use tributary_domain::ids::TenantId;

use crate::support::db::{Backend, TestDatabase};

/// Tables, and what each has: columns, or rows as text.
pub type Tables = BTreeMap<String, BTreeSet<String>>;

/// Names each entity of a tenant to a macro. The tenant itself is not its own.
macro_rules! owned_entities {
    ($each:ident) => {
        $each! {
            account account_identifier activation agreement api_key collection command commission credit
            credit_share deal earning enrollment entry evaluation event external_id involvement
            assessment ledger_transaction log_epoch partner payout payout_hold payout_method payout_report payout_run person plugin
            plugin_code plugin_version program registration registration_conflict rule search_term tax_form terms upload work
        }
    };
}

/// The columns of each entity, the tenant's included.
pub fn entity_columns() -> Tables {
    let mut tables = Tables::new();
    macro_rules! columns {
        ($($entity:ident)+) => {$(
            let names = entity::$entity::Column::iter().map(|column| column.as_str().to_owned());
            tables.insert(stringify!($entity).to_owned(), names.collect());
        )+};
    }
    owned_entities!(columns);
    columns!(tenant);
    tables
}

/// The columns of each table that the migrations made.
pub async fn table_columns(database: &TestDatabase) -> Tables {
    let sql = match database.backend {
        Backend::Sqlite => {
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        Backend::Postgres => {
            "SELECT table_name::text, column_name::text FROM information_schema.columns
             WHERE table_schema = 'public'"
        }
    };
    let mut tables = Tables::new();
    for (table, column) in pairs(&database.connect().await, sql).await {
        tables.entry(table).or_default().insert(column);
    }
    tables.remove("seaql_migrations");
    tables.remove("write_probe");
    tables
}

/// The two texts in each row of what a query finds.
pub async fn pairs(connection: &DatabaseConnection, sql: &str) -> Vec<(String, String)> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    let pair = |row: &QueryResult| {
        (
            row.try_get_by_index(0).unwrap(),
            row.try_get_by_index(1).unwrap(),
        )
    };
    rows.iter().map(pair).collect()
}

/// Every row of a tenant, in words. Reading them all as their entities shows
/// that the migrations made what the entities expect.
pub async fn rows(database: &TestDatabase, tenant: TenantId) -> Tables {
    rows_at(&database.connect().await, tenant).await
}

/// The same of the database behind a connection.
pub async fn rows_at(connection: &DatabaseConnection, tenant: TenantId) -> Tables {
    let db = pinned(connection, Some(tenant)).await;
    let mut tables = Tables::new();
    macro_rules! read {
        ($($entity:ident)+) => {$(
            let own = entity::$entity::Column::TenantId.eq(tenant);
            let rows = entity::$entity::Entity::find().filter(own).all(&db).await;
            let rows = rows.unwrap_or_else(|error| panic!("{}: {error}", stringify!($entity)));
            let words = rows.into_iter().map(|row| format!("{row:?}"));
            tables.insert(stringify!($entity).to_owned(), words.collect());
        )+};
    }
    owned_entities!(read);
    let head = entity::tenant::Entity::find_by_id(tenant)
        .one(&db)
        .await
        .unwrap();
    tables.insert(
        "tenant".to_owned(),
        head.iter().map(|row| format!("{row:?}")).collect(),
    );
    tables
}

/// A transaction as the server begins it for a tenant, or for none.
pub async fn pinned(
    connection: &DatabaseConnection,
    tenant: Option<TenantId>,
) -> DatabaseTransaction {
    let db = connection.begin().await.unwrap();
    let backend = db.get_database_backend();
    if let (DbBackend::Postgres, Some(tenant)) = (backend, tenant) {
        let pin = format!("SET LOCAL tributary.tenant = '{}'", tenant.0);
        db.execute_unprepared(&pin).await.unwrap();
    }
    db
}

/// How many rows of a table a transaction sees.
pub async fn count(db: &DatabaseTransaction, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM \"{table}\"");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Everything that a thief of the database would have of a tenant.
pub async fn dump(database: &TestDatabase, tenant: TenantId) -> String {
    if database.backend == Backend::Sqlite {
        let file = database
            .url
            .trim_start_matches("sqlite://")
            .replace("?mode=rwc", "");
        let mut bytes = std::fs::read(&file).unwrap();
        bytes.extend(std::fs::read(file + "-wal").unwrap_or_default());
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    let connection = database.connect().await;
    let db = pinned(&connection, Some(tenant)).await;
    let mut text = String::new();
    for table in entity_columns().keys() {
        let sql = format!("SELECT t::text FROM \"{table}\" t");
        let rows = db
            .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
            .await;
        for row in rows.unwrap() {
            text += &row.try_get_by_index::<String>(0).unwrap();
        }
    }
    text
}
