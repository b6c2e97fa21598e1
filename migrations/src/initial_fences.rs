//! Row-level security on PostgreSQL: the second fence behind scoped finders.
//!
//! A transaction sees the tenant that it has set `tributary.tenant` to, and
//! nothing without it, also as the owner of the tables. What is never changed
//! has no policy for changing it, so an update or delete finds no row.

use crate::schema::Tables;

/// The rows of the tenant that the transaction is pinned to. Unset reads as null
/// and, on a pooled connection, as the empty string. Not in a sub-select, which
/// PostgreSQL takes in a policy and Citus does not.
const OWN: &str = "tenant_id = NULLIF(current_setting('tributary.tenant', true), '')::uuid";

/// The statements that put up the fence around these tables, one at a time.
pub(crate) fn statements(of: &Tables) -> Vec<String> {
    let mut statements = Vec::new();
    let changing = || of.changing.iter().chain(of.passing);
    for table in changing().chain(of.appended) {
        statements.extend([
            format!("ALTER TABLE \"{table}\" ENABLE ROW LEVEL SECURITY"),
            format!("ALTER TABLE \"{table}\" FORCE ROW LEVEL SECURITY"),
            format!("CREATE POLICY own_read ON \"{table}\" FOR SELECT USING ({OWN})"),
            format!("CREATE POLICY own_add ON \"{table}\" FOR INSERT WITH CHECK ({OWN})"),
        ]);
    }
    for table in changing() {
        statements.push(format!(
            "CREATE POLICY own_change ON \"{table}\" FOR UPDATE USING ({OWN}) WITH CHECK ({OWN})"
        ));
    }
    for table in of.passing {
        statements.push(format!(
            "CREATE POLICY own_remove ON \"{table}\" FOR DELETE USING ({OWN})"
        ));
    }
    statements
}
