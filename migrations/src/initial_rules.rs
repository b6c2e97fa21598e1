//! Plugins, rules and their evaluations.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::schema::{Tables, index, owned, references, tenants, unique};

/// How their rows change, and what serves the lists of them.
pub(crate) const TABLES: Tables = Tables {
    changing: &["plugin", "plugin_version", "activation"],
    passing: &["upload"],
    appended: &["evaluation", "plugin_code", "rule"],
    orders: &[
        ("plugin", &["name"]),
        ("plugin_version", &["updated_at"]),
        ("activation", &["updated_at"]),
    ],
    optional_orders: &[],
    filters: &[
        ("plugin_version", &["state", "id"]),
        ("activation", &["state", "id"]),
        ("activation", &["effective_at"]),
    ],
    texts: &[("plugin", "name")],
};

pub(crate) fn tables() -> Vec<TableCreateStatement> {
    vec![
        plugin(),
        plugin_version(),
        plugin_code(),
        activation(),
        upload(),
        rule(),
        evaluation(),
    ]
}

pub(crate) fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("plugin", &["tenant_id", "name"]),
        unique("plugin_version", &["tenant_id", "plugin_id", "digest"]),
        index("activation", &["tenant_id", "plugin_id"]),
        index("rule", &["tenant_id", "plugin_id"]),
        unique(
            "rule",
            &["tenant_id", "terms_id", "rule_group", "precedence"],
        ),
        index("evaluation", &["tenant_id", "deal_id"]),
    ]
}

fn plugin() -> TableCreateStatement {
    owned("plugin", &["tenant_id", "id"])
        .col(uuid("id"))
        .col(string("name"))
        .col(big_integer("created_at"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn plugin_version() -> TableCreateStatement {
    owned("plugin_version", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("plugin_id"))
        .col(string("version"))
        .col(string("digest"))
        .col(big_integer("size_bytes"))
        .col(text("description"))
        .col(string_len("state", 32))
        .col(string("published_by"))
        .col(big_integer("published_at"))
        .foreign_key(&mut references("plugin_id", "plugin", "id"))
        .to_owned()
}

fn plugin_code() -> TableCreateStatement {
    owned("plugin_code", &["tenant_id", "digest"])
        .col(string("digest"))
        .col(blob("bytes"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn activation() -> TableCreateStatement {
    owned("activation", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("plugin_id"))
        .col(uuid("plugin_version_id"))
        .col(string_len("state", 32))
        .col(big_integer("effective_at"))
        .col(text("reason"))
        .col(string("proposed_by"))
        .col(big_integer("proposed_at"))
        .col(string_null("decided_by"))
        .col(big_integer_null("decided_at"))
        .col(big_integer_null("approved_position"))
        .foreign_key(&mut references("plugin_id", "plugin", "id"))
        .foreign_key(&mut references("plugin_version_id", "plugin_version", "id"))
        .to_owned()
}

fn upload() -> TableCreateStatement {
    owned("upload", &["tenant_id", "id"])
        .col(uuid("id"))
        .col(blob_null("bytes"))
        .col(string("created_by"))
        .col(big_integer("expires_at"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn rule() -> TableCreateStatement {
    owned("rule", &["tenant_id", "id"])
        .col(uuid("id"))
        .col(uuid("terms_id"))
        .col(string_len("role", 32))
        .col(string("rule_group"))
        .col(integer("precedence"))
        .col(string_len("kind", 32))
        .col(uuid_null("plugin_id"))
        .col(uuid_null("plugin_version_id"))
        .col(text("config"))
        .foreign_key(&mut references("terms_id", "terms", "id"))
        .foreign_key(&mut references("plugin_id", "plugin", "id"))
        .foreign_key(&mut references("plugin_version_id", "plugin_version", "id"))
        .to_owned()
}

fn evaluation() -> TableCreateStatement {
    owned("evaluation", &["tenant_id", "id"])
        .col(uuid("id"))
        .col(uuid("deal_id"))
        .col(uuid("rule_id"))
        .col(uuid_null("plugin_version_id"))
        .col(string("code_digest"))
        .col(string("input_digest"))
        .col(string("config_digest"))
        .col(string("policy_digest"))
        .col(string("output_digest"))
        .col(text("input"))
        .col(text("output"))
        .col(string_null("fault_code"))
        .col(big_integer("fuel"))
        .col(big_integer("created_at"))
        .foreign_key(&mut references("deal_id", "deal", "id"))
        .foreign_key(&mut references("rule_id", "rule", "id"))
        .foreign_key(&mut references("plugin_version_id", "plugin_version", "id"))
        .to_owned()
}
