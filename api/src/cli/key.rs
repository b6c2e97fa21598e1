//! `tributary key`: the first keys, made by whoever runs the server. Every later
//! key is made by its tenant, over the API.

use clap::{Args, Subcommand};
use tributary_domain::entity::tenant::Kind;
use tributary_domain::ids::TenantId;
use tributary_domain::scope::Engine;
use tributary_domain::{keys, tenants};

use super::{Failure, engine};
use crate::config::DatabaseSettings;

#[derive(Subcommand)]
pub enum Key {
    /// Create an owner's key, which is shown once, and its tenant if there is none
    Create(Create),
}

#[derive(Args)]
pub struct Create {
    /// The tenant's name, or its id as `ten_…`
    #[arg(long)]
    tenant: String,
    /// Who will hold the key
    #[arg(long)]
    person: String,
    /// If the tenant is new: nothing is real in it, and its clock can be moved forward
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Key {
    pub async fn run(self) -> Result<(), Failure> {
        let Self::Create(create) = self;
        let engine = engine::open(&create.database).await?;
        let tenant = create.tenant(&engine).await?;
        let created = keys::create_first(&engine, tenant, &create.person).await?;
        println!("tenant {tenant}");
        // Standard output is for the key alone; the log never sees it.
        println!("key    {}", created.token);
        Ok(())
    }
}

impl Create {
    async fn tenant(&self, engine: &Engine) -> Result<TenantId, Failure> {
        if let Ok(id) = self.tenant.parse() {
            return Ok(id);
        }
        if self.tenant.starts_with("ten_") {
            // Else a mistyped id would make a new tenant of that name.
            return Err(format!("{} looks like a tenant's id, and is none", self.tenant).into());
        }
        let kind = if self.sandbox {
            Kind::Sandbox
        } else {
            Kind::Live
        };
        match tenants::named(engine, &self.tenant).await?.as_slice() {
            [] => {
                let tenant = tenants::create(engine, &self.tenant, kind, None).await?;
                eprintln!(
                    "a new {} tenant",
                    if self.sandbox { "sandbox" } else { "live" }
                );
                Ok(tenant.id)
            }
            [tenant] if self.sandbox && tenant.kind != kind => {
                Err(format!("{} is there already and is live", tenant.name).into())
            }
            [tenant] => Ok(tenant.id),
            several => {
                let ids: Vec<_> = several.iter().map(|tenant| tenant.id.to_string()).collect();
                Err(format!("several tenants call themselves so: {}", ids.join(", ")).into())
            }
        }
    }
}
