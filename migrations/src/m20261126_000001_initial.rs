//! The schema of the first release.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::{
    initial_deals, initial_fences, initial_lists, initial_log, initial_money, initial_people,
    initial_programs,
};

/// Tables, indexes, and on PostgreSQL row-level security.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            initial_people::tables(),
            initial_programs::tables(),
            initial_deals::tables(),
            initial_money::tables(),
            initial_log::tables(),
        ]
        .into_iter()
        .flatten()
        {
            manager.create_table(table).await?;
        }
        for index in [
            initial_programs::indexes(),
            initial_deals::indexes(),
            initial_money::indexes(),
            initial_log::indexes(),
            initial_lists::indexes(),
        ]
        .into_iter()
        .flatten()
        {
            manager.create_index(index).await?;
        }
        let db = manager.get_connection();
        for statement in initial_lists::expressions() {
            db.execute_unprepared(&statement).await?;
        }
        db.execute_unprepared("INSERT INTO write_probe (id, count) VALUES (1, 0)")
            .await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            // One statement at a time: Citus takes no more from a client.
            let collations = initial_lists::collations();
            for statement in collations.into_iter().chain(initial_fences::statements()) {
                db.execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }
}
