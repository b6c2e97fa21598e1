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
