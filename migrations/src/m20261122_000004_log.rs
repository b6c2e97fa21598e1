//! The log, and the commands that were done.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;

use crate::schema::{index, owned, tenants};

/// The log, and the commands that were done.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [event(), command()] {
            manager.create_table(table).await?;
        }
        for index in [index("event", &["tenant_id", "deal_id", "position"])] {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn event() -> TableCreateStatement {
    owned("event", &["tenant_id", "position"])
        .col(big_integer("position"))
        .col(uuid("id"))
        .col(string("kind"))
        .col(string("subject"))
        .col(uuid_null("deal_id"))
        .col(text("data"))
        .col(string("actor"))
        .col(big_integer("occurred_at"))
        .foreign_key(&mut tenants())
        .to_owned()
}

fn command() -> TableCreateStatement {
    owned("command", &["tenant_id", "key"])
        .col(string("key"))
        .col(string("operation"))
        .col(string("arguments_digest"))
        .col(uuid("subject"))
        .col(big_integer("done_at"))
        .foreign_key(&mut tenants())
        .to_owned()
}
