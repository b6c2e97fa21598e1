//! Row-level security on PostgreSQL: the second fence behind scoped finders.
//!
//! A transaction sees the tenant that it has set `tributary.tenant` to, and
//! nothing without it, also as the owner of the tables. What is never changed
//! has no policy for changing it, so an update or delete finds no row.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::schema::OWN;

/// Tables whose rows change.
const CHANGING: &[&str] = &[
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
    "upload",
    "commission",
    "payout_run",
    "payout",
    "earning",
];

/// Tables whose rows are only ever added.
const APPENDED: &[&str] = &[
    "agreement",
    "collection",
    "credit",
    "credit_share",
    "evaluation",
    "event",
    "command",
    "ledger_transaction",
    "entry",
    "registration_conflict",
    "payout_hold",
    "rule",
];

/// Row-level security on PostgreSQL; nothing on SQLite, which has none.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let db = manager.get_connection();
        for table in CHANGING.iter().chain(APPENDED) {
            let fence = format!(
                "ALTER TABLE \"{table}\" ENABLE ROW LEVEL SECURITY;
                 ALTER TABLE \"{table}\" FORCE ROW LEVEL SECURITY;
                 CREATE POLICY own_read ON \"{table}\" FOR SELECT USING ({OWN});
                 CREATE POLICY own_add ON \"{table}\" FOR INSERT WITH CHECK ({OWN});"
            );
            db.execute_unprepared(&fence).await?;
        }
        for table in CHANGING {
            let change = format!(
                "CREATE POLICY own_change ON \"{table}\" FOR UPDATE USING ({OWN}) WITH CHECK ({OWN});
                 CREATE POLICY own_remove ON \"{table}\" FOR DELETE USING ({OWN});"
            );
            db.execute_unprepared(&change).await?;
        }
        Ok(())
    }
}
