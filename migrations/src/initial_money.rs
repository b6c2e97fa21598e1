//! Rules, commissions and what becomes of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::schema::{Tables, index, index_where, owned, references, tenants, unique, unique_where};

/// How their rows change, and what serves the lists of them.
pub(crate) const TABLES: Tables = Tables {
    changing: &[
        "commission",
        "payout_run",
        "payout",
        "payout_report",
        "earning",
    ],
    passing: &[],
    appended: &["assessment", "ledger_transaction", "entry", "payout_hold"],
    orders: &[
        ("commission", &["updated_at"]),
        ("earning", &["updated_at"]),
        ("earning", &["payable_at"]),
        ("earning", &["currency", "amount_minor"]),
        ("payout_run", &["updated_at"]),
        ("payout", &["updated_at"]),
        ("payout", &["currency", "amount_minor"]),
    ],
    optional_orders: &[
        ("commission", &["currency"], "total_minor"),
        ("payout", &[], "settled_at"),
    ],
    filters: &[
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
    ],
    texts: &[],
};

pub(crate) fn tables() -> Vec<TableCreateStatement> {
    vec![
        commission(),
        assessment(),
        payout_run(),
        payout(),
        payout_report(),
        payout_hold(),
        earning(),
        ledger_transaction(),
        entry(),
    ]
}

pub(crate) fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique(
            "commission",
            &["tenant_id", "deal_id", "rule_id", "partner_id"],
        ),
        index("commission", &["tenant_id", "partner_id", "terms_id"]),
        unique_where(
            "payout_run",
            &["tenant_id", "program_id"],
            "state IN ('preparing', 'draft', 'approved')",
        ),
        unique(
            "payout",
            &["tenant_id", "run_id", "partner_id", "currency", "part"],
        ),
        index("payout", &["tenant_id", "partner_id"]),
        index("payout", &["tenant_id", "run_id", "state"]),
        index_where("payout", &["tenant_id", "run_id"], "NOT is_applied"),
        unique("earning", &["tenant_id", "commission_id", "number"]),
        index("earning", &["tenant_id", "commission_id", "collection_id"]),
        index("earning", &["tenant_id", "partner_id", "state"]),
        index("earning", &["tenant_id", "deal_id"]),
        index_where(
            "earning",
            &["tenant_id", "program_id", "partner_id", "position"],
            "state = 'held'",
        ),
        index("earning", &["tenant_id", "run_id", "partner_id"]),
        index("earning", &["tenant_id", "payout_id"]),
        index("entry", &["tenant_id", "position"]),
    ]
}

fn commission() -> TableCreateStatement {
    owned("commission", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("deal_id"))
        .col(uuid("terms_id"))
        .col(uuid("credit_id"))
        .col(uuid("partner_id"))
        .col(uuid("rule_id"))
        .col(string_len("role", 32))
        .col(string_len("state", 32))
        .col(big_integer_null("total_minor"))
        .col(string_len("currency", 3))
        .col(text_null("explanation"))
        .col(uuid_null("evaluation_id"))
        .col(string_null("fault_code"))
        .col(text_null("fault_message"))
        .col(big_integer("as_of_at"))
        .col(big_integer("as_of_position"))
        .col(big_integer("created_at"))
        .col(big_integer_null("assessed_at"))
        .col(integer("released_ordinal"))
        .foreign_key(&mut references("deal_id", "deal", "id"))
        .foreign_key(&mut references("terms_id", "terms", "id"))
        .foreign_key(&mut references("credit_id", "credit", "id"))
        .foreign_key(&mut references("partner_id", "partner", "id"))
        .foreign_key(&mut references("rule_id", "rule", "id"))
        .foreign_key(&mut references("evaluation_id", "evaluation", "id"))
        .check(Expr::cust("total_minor >= 0"))
        .to_owned()
}

fn assessment() -> TableCreateStatement {
    owned("assessment", &["tenant_id", "commission_id", "number"])
        .col(uuid("commission_id"))
        .col(integer("number"))
        .col(uuid("credit_id"))
        .col(uuid("evaluation_id"))
        .col(string("exact"))
        .col(big_integer("total_minor"))
        .col(big_integer("as_of_position"))
        .col(big_integer("created_at"))
        .foreign_key(&mut references("commission_id", "commission", "id"))
        .foreign_key(&mut references("credit_id", "credit", "id"))
        .foreign_key(&mut references("evaluation_id", "evaluation", "id"))
        .to_owned()
}

fn payout_run() -> TableCreateStatement {
    owned("payout_run", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("program_id"))
        .col(string_len("currency", 3))
        .col(string_null("rail"))
        .col(string_len("state", 32))
        .col(big_integer("as_of_position"))
        .col(uuid_null("prepared_upto"))
        .col(big_integer_null("earnings_total"))
        .col(big_integer("earnings_done"))
        .col(string("proposed_by"))
        .col(big_integer("proposed_at"))
        .col(string_null("approved_by"))
        .col(big_integer_null("approved_at"))
        .col(big_integer_null("finished_at"))
        .foreign_key(&mut references("program_id", "program", "id"))
        .check(Expr::cust(
            "approved_by IS NULL OR approved_by <> proposed_by",
        ))
        .to_owned()
}

fn payout() -> TableCreateStatement {
    owned("payout", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("run_id"))
        .col(integer("part"))
        .col(uuid("partner_id"))
        .col(uuid("method_id"))
        .col(big_integer("amount_minor"))
        .col(string_len("currency", 3))
        .col(string_len("state", 32))
        .col(string("rail"))
        .col(integer("attempt"))
        .col(big_integer_null("retry_at"))
        .col(boolean("is_applied"))
        .col(string_null("reference"))
        .col(string_null("reason"))
        .col(big_integer_null("exported_at"))
        .col(big_integer_null("sent_at"))
        .col(big_integer_null("called_at"))
        .col(big_integer_null("settled_at"))
        .col(big_integer_null("settled_position"))
        .foreign_key(&mut references("run_id", "payout_run", "id"))
        .foreign_key(&mut references("partner_id", "partner", "id"))
        .foreign_key(&mut references("method_id", "payout_method", "id"))
        .check(Expr::cust("amount_minor > 0"))
        .to_owned()
}

fn payout_report() -> TableCreateStatement {
    owned("payout_report", &["tenant_id", "payout_id"])
        .col(uuid("payout_id"))
        .col(string_len("outcome", 32))
        .col(big_integer("occurred_at"))
        .col(string("reference"))
        .col(text("evidence"))
        .col(string("reported_by"))
        .col(big_integer("reported_at"))
        .col(string_null("confirmed_by"))
        .col(big_integer_null("confirmed_at"))
        .foreign_key(&mut references("payout_id", "payout", "id"))
        .check(Expr::cust(
            "confirmed_by IS NULL OR confirmed_by <> reported_by",
        ))
        .to_owned()
}

fn payout_hold() -> TableCreateStatement {
    owned(
        "payout_hold",
        &["tenant_id", "run_id", "partner_id", "reason"],
    )
    .col(uuid("run_id"))
    .col(uuid("partner_id"))
    .col(string_len("reason", 32))
    .col(big_integer("amount_minor"))
    .col(string_len("currency", 3))
    .col(text("detail"))
    .foreign_key(&mut references("run_id", "payout_run", "id"))
    .foreign_key(&mut references("partner_id", "partner", "id"))
    .to_owned()
}

fn earning() -> TableCreateStatement {
    owned("earning", &["tenant_id", "id"])
        .col(big_integer("updated_at"))
        .col(uuid("id"))
        .col(uuid("commission_id"))
        .col(integer("number"))
        .col(string_len("cause", 32))
        .col(uuid_null("collection_id"))
        .col(uuid("deal_id"))
        .col(uuid("program_id"))
        .col(uuid("terms_id"))
        .col(uuid("partner_id"))
        .col(big_integer("amount_minor"))
        .col(string_len("currency", 3))
        .col(string_len("state", 32))
        .col(big_integer("payable_at"))
        .col(uuid_null("run_id"))
        .col(uuid_null("payout_id"))
        .col(big_integer("held_since"))
        .col(big_integer("created_at"))
        .col(big_integer("position"))
        .foreign_key(&mut references("commission_id", "commission", "id"))
        .foreign_key(&mut references("collection_id", "collection", "id"))
        .foreign_key(&mut references("deal_id", "deal", "id"))
        .foreign_key(&mut references("partner_id", "partner", "id"))
        .foreign_key(&mut references("program_id", "program", "id"))
        .foreign_key(&mut references("terms_id", "terms", "id"))
        .foreign_key(&mut references("run_id", "payout_run", "id"))
        .foreign_key(&mut references("payout_id", "payout", "id"))
        .check(Expr::cust("amount_minor <> 0"))
        .to_owned()
}

fn ledger_transaction() -> TableCreateStatement {
    owned("ledger_transaction", &["tenant_id", "position"])
        .col(big_integer("position"))
        .col(string_len("kind", 32))
        .col(uuid("subject"))
        .col(big_integer("posted_at"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn entry() -> TableCreateStatement {
    owned("entry", &["tenant_id", "id"])
        .col(uuid("id"))
        .col(big_integer("position"))
        .col(string_len("account", 32))
        .col(uuid_null("partner_id"))
        .col(big_integer("amount_minor"))
        .col(string_len("currency", 3))
        .foreign_key(&mut references("partner_id", "partner", "id"))
        .foreign_key(&mut references(
            "position",
            "ledger_transaction",
            "position",
        ))
        .to_owned()
}
