//! Tenants, the people who work for them, and their keys.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::schema::{Tables, owned, tenants};

/// How their rows change, and what serves the lists of them.
pub(crate) const TABLES: Tables = Tables {
    changing: &["person"],
    passing: &[],
    appended: &[],
    orders: &[("api_key", &["updated_at"])],
    optional_orders: &[],
    filters: &[
        ("api_key", &["person_id", "id"]),
        ("api_key", &["partner_id", "id"]),
    ],
    texts: &[],
};

pub(crate) fn tables() -> Vec<TableCreateStatement> {
    vec![tenant(), person(), api_key()]
}

fn tenant() -> TableCreateStatement {
    Table::create()
        .table("tenant")
        .col(uuid("id").primary_key())
        .col(string("name"))
        .col(string_len("kind", 32))
        .col(big_integer_null("clock_at"))
        .col(big_integer("last_position"))
        .col(big_integer("last_at"))
        .col(big_integer("epoch"))
        .col(big_integer("created_at"))
        .to_owned()
}

fn person() -> TableCreateStatement {
    owned("person", &["tenant_id", "id"])
        .col(uuid("id"))
        .col(string("name"))
        .col(string("added_by"))
        .col(big_integer("created_at"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn api_key() -> TableCreateStatement {
    owned("api_key", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(string("name"))
        .col(uuid("person_id"))
        .col(boolean("is_service"))
        .col(string_len("role", 32))
        .col(uuid_null("partner_id"))
        .col(string("secret_digest"))
        .col(string("created_by"))
        .col(big_integer("created_at"))
        .col(big_integer_null("revoked_at"))
        // Not a foreign key: this table has no fence, as a token is looked up before its
        // tenant is known, and the owner's own check of the key would find nobody behind the
        // fence of `person` (when a dump is restored, or Citus moves a tenant).
        .to_owned()
}
