//! The steps of the schema. From the first release on a step is frozen: a change
//! is a new step that old and new code can both live with. Each statement is sent
//! by itself, and every key but the tenant's own begins with the tenant, so that
//! a distributed PostgreSQL takes them too.

mod initial_deals;
mod initial_fences;
mod initial_lists;
mod initial_log;
mod initial_money;
mod initial_people;
mod initial_programs;
mod initial_rules;
mod m20261126_000001_initial;
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
        vec![Box::new(m20261126_000001_initial::Migration)]
    }
}
