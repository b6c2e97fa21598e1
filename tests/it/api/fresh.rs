//! What is said twice says the same: schema and file, tables and entities.

use std::collections::BTreeSet;

use serde_json::Value;
use tributary_graphql as graphql;

use crate::support::contract::{self, assert_committed, list, name, named};
use crate::support::db::Backend;
use crate::support::tables;
use crate::support::world::World;

/// Lists of objects that are not connections, because what they belong to
/// bounds them.
const SHORT_LISTS: &[&str] = &[
    // By the caller: at most 100 ids, or 100 facts from a position on.
    "Query.nodes",
    "Query.events",
    // By the number of accounts in a ledger and of currencies.
    "Ledger.balances",
    // By what the server was built with.
    "Query.rails",
    // By the roles, which have one rule each.
    "Terms.rules",
    // By the programs of a tenant, in which a partner is enrolled once each.
    "Partner.enrollments",
    // By the currencies of a partner's programs.
    "Partner.balances",
    "PayoutMethod.sameDestination",
    // By the versions of terms that a partner is to accept.
    "Readiness.termsToAccept",
    // By the partners at work on one deal, or of one program.
    "Credit.shares",
    "PayoutRun.holds",
    // By what stands against one registration.
    "Registration.conflicts",
    // By position: each page begins after the last one of the page before.
    "Deal.timeline",
    "Partner.timeline",
    // By the tenant's stages or programs, and by currency.
    "Query.pipeline",
    "PipelineGroup.amountTotals",
];

#[test]
fn the_committed_schema_is_the_one_that_is_served() {
    let sdl = graphql::sdl(&graphql::schema());
    assert_committed("api/schema.graphql", &(sdl.trim_end().to_owned() + "\n"));
}

#[tokio::test]
async fn everything_in_the_schema_is_described() {
    let schema = contract::introspect().await;
    let mut silent = Vec::new();
    let mut check = |part: &Value, path: String| {
        if part["description"]
            .as_str()
            .is_none_or(|text| text.trim().is_empty())
        {
            silent.push(path);
        }
    };
    for of in contract::own_types(&schema) {
        if !is_standard(name(of)) {
            check(of, name(of).to_owned());
        }
        for parts in ["fields", "inputFields", "enumValues"] {
            for part in list(&of[parts]) {
                let path = format!("{}.{}", name(of), name(part));
                for argument in list(&part["args"]) {
                    check(argument, format!("{path}({})", name(argument)));
                }
                check(part, path);
            }
        }
    }
    assert!(silent.is_empty(), "without a description: {silent:#?}");
}

/// A field that leads to one thing and may be null says when, so that whoever writes a
/// client knows what to do about it.
#[tokio::test]
async fn links_that_may_be_null_say_when() {
    let schema = contract::introspect().await;
    let commands = ["Mutation", "Subscription"];
    let types = || contract::own_types(&schema);
    let objects: BTreeSet<&str> = types()
        .filter(|of| of["kind"] == "OBJECT")
        .map(name)
        .collect();
    let mut silent = Vec::new();
    let mut links = 0;
    for of in types().filter(|of| !commands.contains(&name(of))) {
        let to_one =
            |field: &&Value| objects.contains(field["type"]["name"].as_str().unwrap_or(""));
        for field in list(&of["fields"]).iter().filter(to_one) {
            links += 1;
            let about = field["description"].as_str().unwrap_or("").to_lowercase();
            if !about
                .split_whitespace()
                .any(|word| word.starts_with("null"))
            {
                silent.push(format!("{}.{}", name(of), name(field)));
            }
        }
    }
    assert!(links > 50, "{links} links were looked at");
    assert!(silent.is_empty(), "not said when it is null: {silent:#?}");
}

/// Types whose meaning is the standard's. Their fields are described all the same.
fn is_standard(name: &str) -> bool {
    name == "ID" || name.ends_with("Connection")
}

#[tokio::test]
async fn lists_of_objects_are_connections() {
    let schema = contract::introspect().await;
    let objects: BTreeSet<&str> = contract::own_types(&schema)
        .filter(|of| of["kind"] == "OBJECT" || of["kind"] == "INTERFACE")
        .map(name)
        .collect();
    let mut lists = BTreeSet::new();
    for of in contract::own_types(&schema).filter(|of| !name(of).ends_with("Connection")) {
        for field in list(&of["fields"]) {
            let (target, listed) = named(&field["type"]);
            if listed && objects.contains(target) && target != "UserError" {
                lists.insert(format!("{}.{}", name(of), name(field)));
            }
        }
    }
    let known: BTreeSet<String> = SHORT_LISTS.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(lists, known);
}

story! {
    /// The migrations make exactly what the entities describe.
    async fn tables_and_entities_agree(world: World) {
        let made = tables::table_columns(&world.database).await;
        assert_eq!(made, tables::entity_columns());
    }
}

story! {
    /// All rows of a tenant lie together: each key and index begins with it.
    async fn keys_and_indexes_begin_with_the_tenant(world: World) {
        let sql = match world.database.backend {
            Backend::Sqlite => {
                "SELECT m.name || ' ' || l.name, c.name
                 FROM sqlite_master m, pragma_index_list(m.name) l, pragma_index_info(l.name) c
                 WHERE m.type = 'table' AND c.seqno = 0"
            }
            Backend::Postgres => {
                "SELECT t.relname || ' ' || i.relname, a.attname::text
                 FROM pg_index x
                 JOIN pg_class t ON t.oid = x.indrelid
                 JOIN pg_class i ON i.oid = x.indexrelid
                 JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
                 WHERE t.relnamespace = 'public'::regnamespace"
            }
        };
        let leading = tables::pairs(&world.database.connect().await, sql).await;
        let tables: BTreeSet<_> = leading.iter().map(|(index, _)| index.split(' ').next()).collect();
        let entities = tables::entity_columns();
        for table in entities.keys() {
            assert!(tables.contains(&Some(table)), "{table} has no key");
        }
        let other: Vec<_> = leading
            .iter()
            .filter(|(index, first)| first != "tenant_id" && !is_exempt(index))
            .collect();
        assert!(other.is_empty(), "{other:?}");
    }
}

/// A tenant is its own key, and two tables are no tenant's.
fn is_exempt(index: &str) -> bool {
    let table = index.split(' ').next().unwrap();
    ["tenant", "seaql_migrations", "write_probe"].contains(&table)
}
