//! Programs, partners and their papers.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::schema::{Tables, index, owned, references, tenants, unique, unique_where};

/// How their rows change, and what serves the lists of them.
pub(crate) const TABLES: Tables = Tables {
    changing: &[
        "program",
        "terms",
        "partner",
        "enrollment",
        "tax_form",
        "payout_method",
    ],
    passing: &[],
    appended: &["agreement"],
    orders: &[
        ("program", &["updated_at"]),
        ("program", &["name"]),
        ("partner", &["updated_at"]),
        ("partner", &["name"]),
        ("enrollment", &["updated_at"]),
        ("tax_form", &["updated_at"]),
        ("payout_method", &["updated_at"]),
    ],
    optional_orders: &[],
    filters: &[
        ("program", &["state", "id"]),
        ("program", &["model", "id"]),
        ("terms", &["state", "id"]),
        ("partner", &["state", "id"]),
        ("partner", &["responsible_id", "id"]),
        ("partner", &["created_at"]),
        ("enrollment", &["program_id", "partner_id"]),
        ("enrollment", &["state", "id"]),
        ("agreement", &["terms_id"]),
        ("tax_form", &["state", "id"]),
        ("payout_method", &["state", "id"]),
    ],
    texts: &[("program", "name"), ("partner", "name")],
};

pub(crate) fn tables() -> Vec<TableCreateStatement> {
    vec![
        program(),
        terms(),
        partner(),
        enrollment(),
        agreement(),
        tax_form(),
        payout_method(),
    ]
}

pub(crate) fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("terms", &["tenant_id", "program_id", "version"]),
        unique_where(
            "terms",
            &["tenant_id", "program_id", "state"],
            "state in ('scheduled', 'in_force')",
        ),
        unique("enrollment", &["tenant_id", "partner_id", "program_id"]),
        unique("agreement", &["tenant_id", "partner_id", "terms_id"]),
        index("tax_form", &["tenant_id", "partner_id"]),
        index("payout_method", &["tenant_id", "partner_id"]),
        index("payout_method", &["tenant_id", "fingerprint"]),
        unique_where(
            "payout_method",
            &["tenant_id", "partner_id"],
            "state = 'verified'",
        ),
    ]
}

fn program() -> TableCreateStatement {
    owned("program", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(string("name"))
        .col(string_len("model", 32))
        .col(string_len("currency", 3))
        .col(string_len("state", 32))
        .col(big_integer("created_at"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn terms() -> TableCreateStatement {
    owned("terms", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("program_id"))
        .col(integer("version"))
        .col(string_len("state", 32))
        .col(text("agreement_text"))
        .col(text("document"))
        .col(string("document_digest"))
        .col(integer("protection_days"))
        .col(boolean("auto_approve"))
        .col(integer("hold_days"))
        .col(integer("credit_decision_days"))
        .col(big_integer("payout_minimum_minor"))
        .col(integer("commission_cap_bps"))
        .col(big_integer("published_at"))
        .col(big_integer("published_position"))
        .col(big_integer("effective_at"))
        .foreign_key(&mut references("program_id", "program", "id"))
        .check(Expr::cust("payout_minimum_minor >= 0"))
        .to_owned()
}

fn partner() -> TableCreateStatement {
    owned("partner", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(string("name"))
        .col(string_len("state", 32))
        .col(uuid_null("responsible_id"))
        .col(big_integer("created_at"))
        .foreign_key(&mut tenants())
        .foreign_key(&mut references("responsible_id", "person", "id"))
        .to_owned()
}

fn enrollment() -> TableCreateStatement {
    owned("enrollment", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("partner_id"))
        .col(uuid("program_id"))
        .col(string_null("tier"))
        .col(string_len("state", 32))
        .col(big_integer("created_at"))
        .foreign_key(&mut references("partner_id", "partner", "id"))
        .foreign_key(&mut references("program_id", "program", "id"))
        .to_owned()
}

fn agreement() -> TableCreateStatement {
    owned("agreement", &["tenant_id", "id"])
        .col(uuid("id"))
        .col(uuid("partner_id"))
        .col(uuid("terms_id"))
        .col(string("document_digest"))
        .col(text("rendered_text"))
        .col(string("signer_name"))
        .col(string("signer_authority"))
        .col(string("method"))
        .col(string("act"))
        .col(string_null("ip"))
        .col(string_null("user_agent"))
        .col(string("recorded_by"))
        .col(string_len("state", 32))
        .col(big_integer("accepted_at"))
        .foreign_key(&mut references("partner_id", "partner", "id"))
        .foreign_key(&mut references("terms_id", "terms", "id"))
        .to_owned()
}

fn tax_form() -> TableCreateStatement {
    owned("tax_form", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("partner_id"))
        .col(string_len("kind", 32))
        .col(string("tax_id_last4"))
        .col(string("signer_name"))
        .col(string_len("state", 32))
        .col(string("submitted_by"))
        .col(big_integer("submitted_at"))
        .col(big_integer_null("decided_at"))
        .col(string_null("decided_by"))
        .col(string_null("reason"))
        .col(big_integer_null("expires_at"))
        .foreign_key(&mut references("partner_id", "partner", "id"))
        .to_owned()
}

fn payout_method() -> TableCreateStatement {
    owned("payout_method", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("partner_id"))
        .col(string("rail"))
        .col(string("destination"))
        .col(string("fingerprint"))
        .col(string("label"))
        .col(string_len("state", 32))
        .col(string("added_by"))
        .col(string_null("verified_by"))
        .col(big_integer("created_at"))
        .foreign_key(&mut references("partner_id", "partner", "id"))
        .to_owned()
}
