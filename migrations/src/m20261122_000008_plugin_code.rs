//! The bytes of plugins, apart from what is said of them: whoever lists the
//! versions of a plugin does not read megabytes.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::schema::{OWN, owned, tenants};

/// The bytes of plugins, in a table of their own.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(plugin_code()).await?;
        let db = manager.get_connection();
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        if postgres {
            // The rows of all tenants are moved: for that the fence is opened.
            db.execute_unprepared("ALTER TABLE plugin_version NO FORCE ROW LEVEL SECURITY")
                .await?;
        }
        db.execute_unprepared(
            "INSERT INTO plugin_code (tenant_id, digest, bytes)
             SELECT DISTINCT tenant_id, digest, bytes FROM plugin_version",
        )
        .await?;
        if postgres {
            let fence = format!(
                "ALTER TABLE plugin_version FORCE ROW LEVEL SECURITY;
                 ALTER TABLE plugin_code ENABLE ROW LEVEL SECURITY;
                 ALTER TABLE plugin_code FORCE ROW LEVEL SECURITY;
                 CREATE POLICY own_read ON plugin_code FOR SELECT USING ({OWN});
                 CREATE POLICY own_add ON plugin_code FOR INSERT WITH CHECK ({OWN});"
            );
            db.execute_unprepared(&fence).await?;
        }
        let table = Table::alter()
            .table("plugin_version")
            .drop_column("bytes")
            .to_owned();
        manager.alter_table(table).await
    }
}

fn plugin_code() -> TableCreateStatement {
    owned("plugin_code", &["tenant_id", "digest"])
        .col(string("digest"))
        .col(blob("bytes"))
        .foreign_key(&mut tenants())
        .to_owned()
}
