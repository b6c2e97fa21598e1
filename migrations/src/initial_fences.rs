//! Row-level security on PostgreSQL: the second fence behind scoped finders.
//!
//! A transaction sees the tenant that it has set `tributary.tenant` to, and
//! nothing without it, also as the owner of the tables. What is never changed
//! has no policy for changing it, so an update or delete finds no row.

/// Tables whose rows change and are never deleted.
const CHANGING: &[&str] = &[
    "person",
    "program",
    "terms",
    "partner",
    "enrollment",
    "tax_form",
    "payout_method",
    "account",
    "account_identifier",
    "registration",
    "deal",
    "involvement",
    "plugin",
    "plugin_version",
    "activation",
    "commission",
    "payout_run",
    "payout",
    "payout_report",
    "earning",
];

/// Tables whose rows are changed and deleted.
const PASSING: &[&str] = &["upload"];

/// Tables whose rows are only ever added.
const APPENDED: &[&str] = &[
    "agreement",
    "collection",
    "credit",
    "credit_share",
    "evaluation",
    "assessment",
    "event",
    "log_epoch",
    "command",
    "ledger_transaction",
    "entry",
    "plugin_code",
    "registration_conflict",
    "payout_hold",
    "rule",
];

/// The rows of the tenant that the transaction is pinned to. Unset reads as null
/// and, on a pooled connection, as the empty string. Not in a sub-select, which
/// PostgreSQL takes in a policy and Citus does not.
const OWN: &str = "tenant_id = NULLIF(current_setting('tributary.tenant', true), '')::uuid";

/// The statements that put up the fence, one at a time.
pub(crate) fn statements() -> Vec<String> {
    let mut statements = Vec::new();
    for table in CHANGING.iter().chain(PASSING).chain(APPENDED) {
        statements.extend([
            format!("ALTER TABLE \"{table}\" ENABLE ROW LEVEL SECURITY"),
            format!("ALTER TABLE \"{table}\" FORCE ROW LEVEL SECURITY"),
            format!("CREATE POLICY own_read ON \"{table}\" FOR SELECT USING ({OWN})"),
            format!("CREATE POLICY own_add ON \"{table}\" FOR INSERT WITH CHECK ({OWN})"),
        ]);
    }
    for table in CHANGING.iter().chain(PASSING) {
        statements.push(format!(
            "CREATE POLICY own_change ON \"{table}\" FOR UPDATE USING ({OWN}) WITH CHECK ({OWN})"
        ));
    }
    for table in PASSING {
        statements.push(format!(
            "CREATE POLICY own_remove ON \"{table}\" FOR DELETE USING ({OWN})"
        ));
    }
    statements
}
