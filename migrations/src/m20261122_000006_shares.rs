//! Shares of credit as exact ratios. What was settled in ten-thousandths stays
//! what it was.

use sea_orm_migration::prelude::*;

/// Two columns for one; no row is touched, since row-level security hides them
/// from whoever migrates.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rename = Table::alter()
            .table("credit_share")
            .rename_column("share_bps", "share_numerator")
            .to_owned();
        manager.alter_table(rename).await?;
        let mut denominator = ColumnDef::new("share_denominator");
        denominator.integer().not_null().default(10_000);
        let add = Table::alter()
            .table("credit_share")
            .add_column(denominator)
            .to_owned();
        manager.alter_table(add).await
    }
}
