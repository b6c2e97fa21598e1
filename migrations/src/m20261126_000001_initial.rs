//! The schema of the first release.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::schema::Tables;
use crate::{
    initial_deals, initial_fences, initial_lists, initial_log, initial_money, initial_people,
    initial_programs, initial_rules,
};

/// What the tables of each file have beside columns and keys.
const ALL: &[Tables] = &[
    initial_people::TABLES,
    initial_programs::TABLES,
    initial_deals::TABLES,
    initial_rules::TABLES,
    initial_money::TABLES,
    initial_log::TABLES,
];

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
            initial_rules::tables(),
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
            initial_rules::indexes(),
            initial_money::indexes(),
            initial_log::indexes(),
        ]
        .into_iter()
        .chain(ALL.iter().map(initial_lists::indexes))
        .flatten()
        {
            manager.create_index(index).await?;
        }
        let db = manager.get_connection();
        for statement in ALL.iter().flat_map(initial_lists::expressions) {
            db.execute_unprepared(&statement).await?;
        }
        db.execute_unprepared("INSERT INTO write_probe (id, count) VALUES (1, 0)")
            .await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            // One statement at a time: Citus takes no more from a client.
            let collations = ALL.iter().flat_map(initial_lists::collations);
            for statement in collations.chain(ALL.iter().flat_map(initial_fences::statements)) {
                db.execute_unprepared(&statement).await?;
            }
        }
        Ok(())
    }
}
