//! `tributary tenant` and `tributary key`: what is done before there is a key.

use clap::Subcommand;
use tributary_domain::entity::tenant::Kind;
use tributary_domain::ids::TenantId;
use tributary_domain::{keys, tenants};

use super::{Failure, engine};
use crate::config::DatabaseSettings;

#[derive(Subcommand)]
pub enum Tenant {
    /// Create a tenant and its first key, which is shown once
    Create {
        /// What the company calls itself
        name: String,
        /// Who will hold the first key
        #[arg(long)]
        person: String,
        /// Nothing is real in it, and its clock can be moved forward
        #[arg(long)]
        sandbox: bool,
        #[command(flatten)]
        database: DatabaseSettings,
    },
}

impl Tenant {
    pub async fn run(self) -> Result<(), Failure> {
        let Self::Create {
            name,
            person,
            sandbox,
            database,
        } = self;
        let engine = engine::open(&database).await?;
        let kind = if sandbox { Kind::Sandbox } else { Kind::Live };
        let tenant = tenants::create(&engine, &name, kind, None).await?;
        println!("tenant {}", tenant.id);
        show(&keys::create_first(&engine, tenant.id, &person).await?);
        Ok(())
    }
}

#[derive(Subcommand)]
pub enum Key {
    /// Create an owner's key for a tenant; it is shown once
    Create {
        /// The tenant, as `ten_…`
        tenant: TenantId,
        /// Who will hold it
        #[arg(long)]
        person: String,
        #[command(flatten)]
        database: DatabaseSettings,
    },
}

impl Key {
    pub async fn run(self) -> Result<(), Failure> {
        let Self::Create {
            tenant,
            person,
            database,
        } = self;
        let engine = engine::open(&database).await?;
        show(&keys::create_first(&engine, tenant, &person).await?);
        Ok(())
    }
}

/// Standard output is for the key alone; the log never sees it.
fn show(created: &keys::NewKey) {
    println!("key    {}", created.token);
}
