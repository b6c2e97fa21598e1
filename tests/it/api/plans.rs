//! Each filter and each order of a list is served by an index, on both databases.

use std::fmt::Debug;
use std::sync::Arc;

use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, QueryTrait, Statement,
    TransactionTrait,
};
use tributary_domain::clock::Moment;
use tributary_domain::entity::*;
use tributary_domain::ids::*;
use tributary_domain::kernel::lists::{self, Listed, Span, Wanted};
use tributary_domain::scope::Scope;

use crate::support::office::Office;
use crate::support::rail::TestRail;
use crate::support::world::World;

/// A value to filter by.
trait Sample {
    fn sample() -> Self;
}

impl Sample for String {
    fn sample() -> Self {
        "one".to_owned()
    }
}

/// Makes ids ones to filter by.
macro_rules! ids {
    ({ $($(#[$doc:meta])* $id:ident $prefix:literal $noun:ident $plain:literal $fresh:ident $entity:ident;)+ } $others:tt) => {$(
        impl Sample for $id {
            fn sample() -> Self {
                Self::new()
            }
        }
    )+};
}
tributary_domain::nouns!(ids);

/// Makes states ones to filter by.
macro_rules! states {
    ($($state:ty = $value:ident,)+) => {$(
        impl Sample for $state {
            fn sample() -> Self {
                Self::$value
            }
        }
    )+};
}
states! {
    program::State = Open,
    program::ProgramModel = Referral,
    terms::State = InForce,
    partner::State = Active,
    enrollment::State = Active,
    tax_form::State = Submitted,
    payout_method::State = Unverified,
    registration::State = Submitted,
    deal::State = Open,
    involvement::State = Proposed,
    commission::State = Held,
    earning::Standing = InPayout,
    payout_run::State = Draft,
    payout::State = Sent,
    entry::LedgerAccount = Cash,
    plugin_version::State = Admitted,
    activation::State = Proposed,
}
/// What serves a filter, where that is not a column of its name.
fn served_by(member: &str) -> &str {
    match member {
        // The partner's parts in deals.
        "Deal.partner_id" => "partner_id",
        "Partner.program_id" => "program_id",
        // Its identifiers.
        "Account.domain" | "Account.crm_id" => "value",
        _ => member.split_once('.').unwrap().1,
    }
}

async fn pin(tx: &DatabaseTransaction, scope: &Scope) {
    let pin = format!("SET LOCAL tributary.tenant = '{}'", scope.tenant().0);
    tx.execute_unprepared(&pin).await.unwrap();
}

/// Makes PostgreSQL take a table for a large one: it goes by the size of the file, which
/// what is rolled back leaves behind. In a small table every plan costs the same.
async fn enlarge(db: &DatabaseConnection, scope: &Scope, table: &str) {
    let columns = format!(
        "SELECT string_agg(CASE
             WHEN column_name = 'tenant_id' THEN '{}'::text
             WHEN data_type = 'uuid' THEN 'gen_random_uuid()'
             WHEN data_type = 'boolean' THEN 'false'
             WHEN data_type IN ('integer', 'bigint') THEN 'n'
             WHEN character_maximum_length IS NULL THEN 'n || ''' || column_name || ''''
             ELSE 'left(n::text, ' || character_maximum_length || ')'
         END, ', ' ORDER BY ordinal_position) AS made
         FROM information_schema.columns WHERE table_name = '{table}'",
        format_args!("''{}''::uuid", scope.tenant().0),
    );
    let made = Statement::from_string(DbBackend::Postgres, columns);
    let made = db.query_one_raw(made).await.unwrap().unwrap();
    let made: String = made.try_get("", "made").unwrap();
    let kept = format!("ALTER TABLE {table} SET (autovacuum_enabled = false)");
    db.execute_unprepared(&kept).await.unwrap();
    let tx = db.begin().await.unwrap();
    pin(&tx, scope).await;
    let rows = format!("INSERT INTO {table} SELECT {made} FROM generate_series(1000, 9000) n");
    // It fails where rows name others that are not there, once it has written them.
    let failed = tx.execute_unprepared(&rows).await.err();
    tx.rollback().await.unwrap();
    let size = format!("SELECT pg_relation_size('{table}') AS size");
    let size = Statement::from_string(DbBackend::Postgres, size);
    let size = db.query_one_raw(size).await.unwrap().unwrap();
    let size: i64 = size.try_get("", "size").unwrap();
    assert!(size > 500_000, "{table} has {size} bytes: {failed:?}");
}

/// How a database answers a statement, in lines.
async fn plan(db: &DatabaseConnection, scope: &Scope, statement: &SelectStatement) -> Vec<String> {
    let backend = db.get_database_backend();
    let (sql, values) = match backend {
        DbBackend::Postgres => statement.build(sea_orm::sea_query::PostgresQueryBuilder),
        _ => statement.build(sea_orm::sea_query::SqliteQueryBuilder),
    };
    let tx = db.begin().await.unwrap();
    let explain = if backend == DbBackend::Postgres {
        pin(&tx, scope).await;
        tx.execute_unprepared("SET LOCAL enable_sort = off")
            .await
            .unwrap();
        "EXPLAIN"
    } else {
        "EXPLAIN QUERY PLAN"
    };
    let explained = Statement::from_sql_and_values(backend, format!("{explain} {sql}"), values);
    let rows = tx.query_all_raw(explained).await.unwrap();
    let column = if backend == DbBackend::Postgres {
        "QUERY PLAN"
    } else {
        "detail"
    };
    rows.iter()
        .map(|row| row.try_get::<String>("", column).unwrap())
        .collect()
}

/// Whether a plan looks rows up in an index by what serves a filter.
fn looks_up(plan: &[String], column: &str) -> bool {
    plan.iter().any(|line| {
        // An index of the rows with one value of the column.
        if line.contains("_partial_") {
            return column == "state";
        }
        let conditions = match line.split_once("Index Cond:") {
            Some((_, conditions)) => conditions,
            None if line.contains("USING") && line.contains("INDEX") => {
                line.split_once('(').map_or("", |(_, terms)| terms)
            }
            None => "",
        };
        conditions.contains(column) || conditions.contains("<expr>")
    })
}

/// Whether a plan reads rows in their order, and of one tenant alone.
fn is_in_order(plan: &[String]) -> bool {
    let sorted = |line: &String| line.contains("Sort") || line.contains("TEMP B-TREE");
    let found = |line: &String| line.contains("Index Cond:") || line.contains("SEARCH");
    !plan.iter().any(sorted) && plan.iter().any(found)
}

/// Fails for an order of a list that no index serves.
async fn served_in_order<E: Listed>(
    db: &DatabaseConnection,
    scope: &Scope,
    field: E::Order,
) -> Option<String> {
    let mut wanted = Wanted::<E::Filter, E::Order>::first(20);
    wanted.order.field = field;
    wanted.order.descending = true;
    let query = lists::page_query::<E>(scope, &wanted).into_query();
    let plan = plan(db, scope, &query).await;
    (!is_in_order(&plan)).then(|| format!("{:?} by {field:?}: {plan:#?}", E::NOUN))
}

/// Fails for a filter of a list that no index serves.
async fn served<E: Listed<Filter: Debug>>(
    db: &DatabaseConnection,
    scope: &Scope,
    member: &str,
    filter: E::Filter,
) -> Option<String> {
    let plan = plan(db, scope, &lists::count_query::<E>(scope, &filter)).await;
    (!looks_up(&plan, served_by(member))).then(|| format!("{member}: {plan:#?}"))
}

/// Enlarges the table of each noun.
macro_rules! enlarged {
    ($($entity:ident => $node:ident, $filter:ident, $order:ident, $field:ident $lists:tt)+) => {$({
        let (db, scope, _) = asking!();
        enlarge(db, scope, stringify!($entity)).await;
    })+};
}

/// A filter with one member.
fn filtered<F: Default>(set: impl FnOnce(&mut F)) -> F {
    let mut filter = F::default();
    set(&mut filter);
    filter
}

/// Asks for each filter and order of each noun.
macro_rules! asked {
    ($(
        $entity:ident => $node:ident, $filter:ident, $order:ident, $field:ident {
            ids { $($(#[$id_doc:meta])* $([$id_mark:ident])? $id:ident: $id_type:ident, $id_how:ident $id_by:ident;)* }
            any { $($(#[$any_doc:meta])* $([$any_mark:ident])? $any:ident: $gql:ident as $any_type:ty, $any_how:ident $any_by:ident;)* }
            spans { $($(#[$span_doc:meta])* $([$span_mark:ident])? $span:ident: $span_kind:ident $span_column:ident;)* }
            money { $($amount:ident $currency:ident)? }
            order { $($(#[$order_doc:meta])* $([$order_mark:ident])? $variant:ident: $($kind:ident $column:ident)+;)+ }
        }
    )+) => {$({
        let (db, scope, unserved) = asking!();
        $(unserved.extend(served_in_order::<$entity::Entity>(db, scope, lists::$field::$variant).await);)+
        $({
            let filter = filtered(|filter: &mut lists::$filter| filter.$id = Some(vec![Sample::sample()]));
            let member = concat!(stringify!($node), ".", stringify!($id));
            unserved.extend(served::<$entity::Entity>(db, scope, member, filter).await);
        })*
        $({
            let filter = filtered(|filter: &mut lists::$filter| filter.$any = Some(vec![Sample::sample()]));
            let member = concat!(stringify!($node), ".", stringify!($any));
            unserved.extend(served::<$entity::Entity>(db, scope, member, filter).await);
        })*
        $({
            let span = Span { from: Some(Moment(1)), until: Some(Moment(2)) };
            let filter = filtered(|filter: &mut lists::$filter| filter.$span = Some(span));
            let member = concat!(stringify!($node), ".", stringify!($span));
            unserved.extend(served::<$entity::Entity>(db, scope, member, filter).await);
        })*
    })+};
}

story! {
    /// No list reads all rows of a tenant to find some, or to put them in order.
    async fn an_index_serves_every_filter_and_order(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let db = world.database.connect().await;
        let mut unserved: Vec<String> = Vec::new();
        macro_rules! asking {
            () => {
                (&db, &office.ada, &mut unserved)
            };
        }
        if db.get_database_backend() == DbBackend::Postgres {
            tributary_domain::listed!(enlarged);
        }
        tributary_domain::listed!(asked);
        assert!(unserved.is_empty(), "{}", unserved.join("\n"));
    }
}
