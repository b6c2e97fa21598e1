//! `tributary key`: the first key of each person, made by whoever runs the server.

use clap::{Args, Subcommand, ValueEnum};
use tributary_domain::access::Role;
use tributary_domain::entity::tenant::Kind;
use tributary_domain::ids::{PartnerId, TenantId};
use tributary_domain::scope::Engine;
use tributary_domain::tenant::{keys, tenants};

use super::{Failure, engine};
use crate::config::DatabaseSettings;

#[derive(Subcommand)]
pub enum Key {
    /// Create a person's key, which is shown once, and the tenant if there is none
    ///
    /// Where two people are needed, as for a payout run, they are told apart by
    /// this command: everybody named here is somebody else. What a person makes
    /// over the API counts as that person's.
    Create(Create),
}

#[derive(Args)]
pub struct Create {
    /// The tenant's name, or its id as `ten_…`
    #[arg(long)]
    tenant: String,
    /// Who will hold the key: a name, or the id `per_…` of one of several of that name
    #[arg(long)]
    person: String,
    /// What the holder is to the tenant
    #[arg(long, value_enum, default_value_t = KeyRole::Owner)]
    role: KeyRole,
    /// With the role partner: the partner's id, as `prt_…`
    #[arg(long)]
    partner: Option<PartnerId>,
    /// If the tenant is new: nothing is real in it, and its clock can be moved
    /// forward. Without it the tenant is live: its money is real, its clock is the
    /// machine's, and it pays over rails that move money, or by hand
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// What the holder of a key may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KeyRole {
    Owner,
    Manager,
    Finance,
    Integrator,
    Viewer,
    Partner,
}

impl From<KeyRole> for Role {
    fn from(role: KeyRole) -> Self {
        match role {
            KeyRole::Owner => Self::Owner,
            KeyRole::Manager => Self::Manager,
            KeyRole::Finance => Self::Finance,
            KeyRole::Integrator => Self::Integrator,
            KeyRole::Viewer => Self::Viewer,
            KeyRole::Partner => Self::Partner,
        }
    }
}

impl Key {
    pub async fn run(self) -> Result<(), Failure> {
        let Self::Create(create) = self;
        let engine = engine::open(&create.database).await?;
        let tenant = create.tenant(&engine).await?;
        let created = keys::create_for(
            &engine,
            tenant,
            &create.person,
            create.role.into(),
            create.partner,
        )
        .await?;
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
