//! The log, the commands that were done, and the work that is left.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::schema::{Tables, index, owned, tenants, unique};

/// How their rows change, and what serves the lists of them.
pub(crate) const TABLES: Tables = Tables {
    changing: &[],
    passing: &[],
    appended: &[
        "event",
        "log_epoch",
        "command",
        "search_term",
        "external_id",
    ],
    orders: &[],
    optional_orders: &[],
    filters: &[],
    texts: &[],
};

pub(crate) fn tables() -> Vec<TableCreateStatement> {
    vec![
        event(),
        log_epoch(),
        command(),
        work(),
        search_term(),
        external_id(),
        write_probe(),
    ]
}

pub(crate) fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("event", &["tenant_id", "deal_id", "position"]),
        index("event", &["tenant_id", "partner_id", "position"]),
        unique("external_id", &["tenant_id", "noun", "external_id"]),
    ]
}

fn event() -> TableCreateStatement {
    owned("event", &["tenant_id", "position"])
        .col(big_integer("position"))
        .col(uuid("id"))
        .col(string("kind"))
        .col(integer("version"))
        .col(string("subject"))
        .col(uuid_null("partner_id"))
        .col(uuid_null("deal_id"))
        .col(text("data"))
        .col(string("actor"))
        .col(big_integer("occurred_at"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn log_epoch() -> TableCreateStatement {
    owned("log_epoch", &["tenant_id", "number"])
        .col(integer("number"))
        .col(big_integer("epoch"))
        .col(big_integer("began_after"))
        .col(big_integer("began_at"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn command() -> TableCreateStatement {
    owned("command", &["tenant_id", "key"])
        .col(string("key"))
        .col(string("operation"))
        .col(string("arguments_digest"))
        .col(string_len("noun", 3))
        .col(uuid("subject"))
        .col(big_integer("done_at"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn work() -> TableCreateStatement {
    owned("work", &["tenant_id", "kind", "subject"])
        .col(string_len("kind", 32))
        .col(uuid("subject"))
        .col(big_integer_null("due_at"))
        .col(big_integer("not_before"))
        .col(integer("attempts"))
        .col(big_integer_null("lease_until"))
        .col(text_null("failure"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn search_term() -> TableCreateStatement {
    owned(
        "search_term",
        &["tenant_id", "noun", "term", "audience", "subject"],
    )
    .col(string_len("noun", 3))
    .col(string_len("term", 64))
    .col(uuid("audience"))
    .col(uuid("subject"))
    .foreign_key(&mut tenants())
    .to_owned()
}

fn external_id() -> TableCreateStatement {
    owned("external_id", &["tenant_id", "noun", "subject"])
        .col(string_len("noun", 3))
        .col(uuid("subject"))
        .col(string("external_id"))
        .foreign_key(&mut tenants())
        .to_owned()
}

/// One row that readiness writes to.
fn write_probe() -> TableCreateStatement {
    Table::create()
        .table("write_probe")
        .col(integer("id").primary_key())
        .col(big_integer("count"))
        .col(blob_null("filling"))
        .to_owned()
}
