//! The frozen steps of the schema. A step is never edited once released; a
//! change is a new step that old and new code can both live with.

mod m20261122_000001_programs;
mod m20261122_000002_deals;
mod m20261122_000003_money;
mod m20261122_000004_log;
mod m20261122_000005_row_level_security;
mod m20261122_000006_shares;
mod m20261122_000007_guards;
mod m20261122_000008_plugin_code;
mod schema;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DatabaseConnection, EntityTrait};
use sea_orm_migration::seaql_migrations;

/// How many steps the database lacks. Only reads, and does not mind steps of a
/// newer program: it serves beside this one while they change over.
///
/// # Errors
///
/// When the database does not answer.
pub async fn pending(db: &DatabaseConnection) -> Result<usize, DbErr> {
    let mut applied = Vec::new();
    if SchemaManager::new(db).has_table("seaql_migrations").await? {
        applied = seaql_migrations::Entity::find().all(db).await?;
    }
    let lacks = |step: &dyn MigrationTrait| applied.iter().all(|row| row.version != step.name());
    let steps = Migrator::migrations().into_iter();
    Ok(steps.filter(|step| lacks(&**step)).count())
}

/// All steps, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_programs::Migration),
            Box::new(m20261122_000002_deals::Migration),
            Box::new(m20261122_000003_money::Migration),
            Box::new(m20261122_000004_log::Migration),
            Box::new(m20261122_000005_row_level_security::Migration),
            Box::new(m20261122_000006_shares::Migration),
            Box::new(m20261122_000007_guards::Migration),
            Box::new(m20261122_000008_plugin_code::Migration),
        ]
    }
}
