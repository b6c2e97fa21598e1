//! Who moves a partner's payouts elsewhere; rows of money that nobody deletes;
//! and indexes for what is looked up at every claim and every run.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::schema::index_where;

/// Tables whose rows change and are never deleted. Only staged uploads are.
const KEPT: &[&str] = &[
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
    "commission",
    "payout_run",
    "payout",
    "earning",
];

/// The people behind a payout method, narrower policies, and indexes.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One column a statement: SQLite adds no two at once.
        for column in [
            string("added_by").default("").to_owned(),
            string_null("verified_by"),
        ] {
            let table = Table::alter()
                .table("payout_method")
                .add_column(column)
                .to_owned();
            manager.alter_table(table).await?;
        }
        for index in [
            index_where(
                "registration",
                &["tenant_id", "protected_until"],
                "state = 'approved'",
            ),
            index_where("earning", &["tenant_id", "deal_id"], "state = 'held'"),
        ] {
            manager.create_index(index).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            for table in KEPT {
                let narrower = format!("DROP POLICY own_remove ON \"{table}\"");
                manager
                    .get_connection()
                    .execute_unprepared(&narrower)
                    .await?;
            }
        }
        Ok(())
    }
}
