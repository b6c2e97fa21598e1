//! Customers, claims and deals.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::schema::{Tables, index, index_where, owned, references, tenants, unique, unique_where};

/// How their rows change, and what serves the lists of them.
pub(crate) const TABLES: Tables = Tables {
    changing: &[
        "account",
        "account_identifier",
        "registration",
        "deal",
        "involvement",
    ],
    passing: &[],
    appended: &[
        "collection",
        "credit",
        "credit_share",
        "registration_conflict",
    ],
    orders: &[
        ("account", &["name"]),
        ("registration", &["updated_at"]),
        ("deal", &["updated_at"]),
        ("deal", &["currency", "amount_minor"]),
        ("involvement", &["updated_at"]),
        ("collection", &["currency", "amount_minor"]),
    ],
    optional_orders: &[
        ("registration", &[], "protected_until"),
        ("deal", &[], "closed_at"),
    ],
    filters: &[
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
    ],
    texts: &[("account", "name")],
};

pub(crate) fn tables() -> Vec<TableCreateStatement> {
    vec![
        account(),
        account_identifier(),
        registration(),
        registration_conflict(),
        deal(),
        involvement(),
        credit(),
        credit_share(),
        collection(),
    ]
}

pub(crate) fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("account", &["tenant_id", "normalized_name"]),
        unique("account", &["tenant_id", "created_position"]),
        index("registration", &["tenant_id", "normalized_name"]),
        index("account_identifier", &["tenant_id", "account_id"]),
        index("registration", &["tenant_id", "account_id"]),
        unique_where("registration", &["tenant_id", "account_id"], "protects"),
        index("registration", &["tenant_id", "partner_id"]),
        index_where(
            "registration",
            &["tenant_id", "protected_until"],
            "state = 'approved'",
        ),
        index("deal", &["tenant_id", "account_id"]),
        unique("deal", &["tenant_id", "opened_position"]),
        index("deal", &["tenant_id", "program_id"]),
        unique("deal", &["tenant_id", "registration_id"]),
        index("involvement", &["tenant_id", "deal_id"]),
        index("involvement", &["tenant_id", "partner_id"]),
        index_where("involvement", &["tenant_id", "id"], "state = 'proposed'"),
        unique("involvement", &["tenant_id", "registration_id"]),
        unique("credit", &["tenant_id", "deal_id", "version"]),
        index("credit_share", &["tenant_id", "partner_id"]),
        unique("collection", &["tenant_id", "deal_id", "ordinal"]),
    ]
}

fn account() -> TableCreateStatement {
    owned("account", &["tenant_id", "id"])
        .col(uuid("id"))
        .col(string("name"))
        .col(string("normalized_name"))
        .col(big_integer("created_at"))
        .col(big_integer("created_position"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn account_identifier() -> TableCreateStatement {
    owned("account_identifier", &["tenant_id", "kind", "value"])
        .col(string_len("kind", 32))
        .col(string("value"))
        .col(uuid("account_id"))
        .col(big_integer("position"))
        .foreign_key(&mut references("account_id", "account", "id"))
        .to_owned()
}

fn registration() -> TableCreateStatement {
    owned("registration", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("program_id"))
        .col(uuid("terms_id"))
        .col(uuid("partner_id"))
        .col(uuid("account_id"))
        .col(string("opportunity"))
        .col(string("submitted_name"))
        .col(string("normalized_name"))
        .col(string("submitted_domain"))
        .col(big_integer_null("expected_minor"))
        .col(string_len("currency", 3))
        .col(string_len("state", 32))
        .col(boolean("protects"))
        .col(big_integer_null("protected_until"))
        .col(uuid_null("deal_id"))
        .col(string_null("reason"))
        .col(string_null("decided_by"))
        .col(string("submitted_by"))
        .col(big_integer("submitted_at"))
        .col(big_integer("submitted_position"))
        .col(big_integer_null("decided_at"))
        .foreign_key(&mut references("program_id", "program", "id"))
        .foreign_key(&mut references("terms_id", "terms", "id"))
        .foreign_key(&mut references("partner_id", "partner", "id"))
        .foreign_key(&mut references("account_id", "account", "id"))
        .to_owned()
}

fn registration_conflict() -> TableCreateStatement {
    owned(
        "registration_conflict",
        &["tenant_id", "registration_id", "ordinal"],
    )
    .col(uuid("registration_id"))
    .col(integer("ordinal"))
    .col(string_len("kind", 32))
    .col(uuid_null("competing_registration_id"))
    .col(uuid_null("competing_deal_id"))
    .col(uuid_null("competing_account_id"))
    .foreign_key(&mut references("registration_id", "registration", "id"))
    .to_owned()
}

fn deal() -> TableCreateStatement {
    owned("deal", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("program_id"))
        .col(uuid("terms_id"))
        .col(uuid("account_id"))
        .col(uuid_null("registration_id"))
        .col(string("name"))
        .col(big_integer("amount_minor"))
        .col(string_len("currency", 3))
        .col(string_len("state", 32))
        .col(string("stage"))
        .col(big_integer("opened_at"))
        .col(big_integer("opened_position"))
        .col(big_integer_null("closed_at"))
        .col(big_integer_null("closed_position"))
        .col(big_integer_null("credit_due_at"))
        .col(big_integer_null("written_off_at"))
        .col(string_null("lost_reason"))
        .foreign_key(&mut references("program_id", "program", "id"))
        .foreign_key(&mut references("terms_id", "terms", "id"))
        .foreign_key(&mut references("account_id", "account", "id"))
        .foreign_key(&mut references("registration_id", "registration", "id"))
        .check(Expr::cust("amount_minor > 0"))
        .to_owned()
}

fn involvement() -> TableCreateStatement {
    owned("involvement", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("deal_id"))
        .col(uuid("partner_id"))
        .col(string_len("role", 32))
        .col(string_len("kind", 32))
        .col(text("evidence"))
        .col(uuid_null("registration_id"))
        .col(string_len("state", 32))
        .col(big_integer("occurred_at"))
        .col(big_integer("recorded_at"))
        .col(string("recorded_by"))
        .col(big_integer("recorded_position"))
        .col(big_integer_null("decided_at"))
        .col(string_null("decided_by"))
        .col(string_null("reason"))
        .foreign_key(&mut references("deal_id", "deal", "id"))
        .foreign_key(&mut references("partner_id", "partner", "id"))
        .foreign_key(&mut references("registration_id", "registration", "id"))
        .to_owned()
}

fn credit() -> TableCreateStatement {
    owned("credit", &["tenant_id", "id"])
        .col(uuid("id"))
        .col(uuid("deal_id"))
        .col(integer("version"))
        .col(string("reason"))
        .col(string("settled_by"))
        .col(big_integer("settled_at"))
        .col(big_integer("settled_position"))
        .foreign_key(&mut references("deal_id", "deal", "id"))
        .to_owned()
}

fn credit_share() -> TableCreateStatement {
    owned(
        "credit_share",
        &["tenant_id", "credit_id", "partner_id", "role"],
    )
    .col(uuid("credit_id"))
    .col(uuid("partner_id"))
    .col(string_len("role", 32))
    .col(integer("share_numerator"))
    .col(integer("share_denominator"))
    .col(uuid("involvement_id"))
    .col(text("reason"))
    .foreign_key(&mut references("credit_id", "credit", "id"))
    .foreign_key(&mut references("partner_id", "partner", "id"))
    .foreign_key(&mut references("involvement_id", "involvement", "id"))
    .to_owned()
}

fn collection() -> TableCreateStatement {
    owned("collection", &["tenant_id", "id"])
        .col(uuid("id"))
        .col(uuid("deal_id"))
        .col(integer("ordinal"))
        .col(big_integer("amount_minor"))
        .col(string_len("currency", 3))
        .col(big_integer("received_at"))
        .col(big_integer("recorded_at"))
        .col(string("recorded_by"))
        .col(string_null("reference"))
        .foreign_key(&mut references("deal_id", "deal", "id"))
        .check(Expr::cust("amount_minor <> 0"))
        .to_owned()
}
