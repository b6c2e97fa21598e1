//! The log, the commands that were done, and the work that is left.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::schema::{Tables, index, owned, tenants};

/// How their rows change, and what serves the lists of them.
pub(crate) const TABLES: Tables = Tables {
    changing: &[],
    passing: &[],
    appended: &["event", "log_epoch", "command"],
    orders: &[],
    optional_orders: &[],
    filters: &[],
    texts: &[],
};

pub(crate) fn tables() -> Vec<TableCreateStatement> {
    vec![event(), log_epoch(), command(), work(), write_probe()]
}

pub(crate) fn indexes() -> Vec<IndexCreateStatement> {
    vec![index("event", &["tenant_id", "deal_id", "position"])]
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

/// One row that readiness writes to.
fn write_probe() -> TableCreateStatement {
    Table::create()
        .table("write_probe")
        .col(integer("id").primary_key())
        .col(big_integer("count"))
        .col(blob_null("filling"))
        .to_owned()
}
