//! `tributary demo`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tokio::sync::oneshot;
use tributary_domain::entity::tenant::Kind;
use tributary_domain::scope::Engine;
use tributary_domain::{keys, tenants};
use tributary_plugins::toolchain;

use super::serve::{interrupted, listen};
use super::{Failure, engine};
use crate::config::DatabaseSettings;
use crate::demo::{self, Client, Teller, Told};
use crate::{AppState, serve};

/// The example rule, from the root of the project.
const RULE: &str = "plugin-sdk/examples/tiered-accelerator";

/// Two things to ask, and with whose key.
const QUERIES: &str = r"
As Ada, who gets what for each deal, and why:

  { deals { nodes { name state amount { amount }
      credit { shares { role reason partner { name } } }
      commissions { nodes { partner { name } explanation
        total { amount } earned { amount } paid { amount } } } } } }

As Nora, what Northwind may see of it: the same query, and

  { viewer { partner { name readiness { ready missing } } }
    registrations { nodes { submittedName state protectedUntil } }
    earnings { nodes { amount { amount } state payableAt deal { name } } } }
";

#[derive(Args)]
pub struct Demo {
    #[command(flatten)]
    database: DatabaseSettings,

    /// The address to listen on
    #[arg(long, env = "TRIBUTARY_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// Stop once the story is told, instead of serving on
    #[arg(long)]
    exit: bool,

    /// Print what came of it as one JSON object, and tell the story on
    /// standard error
    #[arg(long)]
    json: bool,
}

impl Demo {
    pub async fn run(self) -> Result<(), Failure> {
        let interrupted = interrupted()?;
        let mut teller = match self.json {
            true => Teller::aside(),
            false => Teller::aloud(),
        };
        let (engine, _) = engine::migrated(&self.database).await?;
        let listener = listen(self.listen).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let state = AppState::new(engine.clone(), url.clone());
        let (leave, left) = oneshot::channel::<()>();
        let stop = async move {
            tokio::select! {
                () = interrupted => {}
                _ = left => {}
            }
        };
        let server = tokio::spawn(serve(listener, state, stop));

        teller.plain(&format!(
            "{} is served at {url}.",
            self.database.database_url
        ));
        let told = tell(&engine, &url, &mut teller).await?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&told.outcome)?);
        }
        if self.exit {
            drop(leave);
        } else {
            invite(&url, &told, &mut teller);
        }
        Ok(server.await??)
    }
}

/// Tells the story, or what came of it when it was told before.
///
/// A story that was broken off is left as it is: its tenant is apart from all
/// others, and the story is told anew in one of its own.
async fn tell(engine: &Engine, url: &str, teller: &mut Teller) -> Result<Told, Failure> {
    let earlier = tenants::named(engine, demo::TENANT).await?;
    let finished = earlier
        .iter()
        .find(|tenant| tenant.clock_at >= Some(demo::END));
    let told = match finished {
        Some(tenant) => {
            teller.plain(&format!(
                "The story of {} ({}) was played here before. It is not played again;\n\
                 this is what came of it.",
                tenant.name, tenant.id
            ));
            let key = keys::create_first(engine, tenant.id, demo::OWNER).await?;
            demo::revisit(&Client::new(url, &key.token)).await?
        }
        None => {
            for tenant in &earlier {
                teller.plain(&format!(
                    "A story in {} was broken off; it is left as it is.",
                    tenant.id
                ));
            }
            teller.plain("The example rule is built from its source…");
            let rule = tokio::task::spawn_blocking(build).await??;
            let kind = Kind::Sandbox;
            let tenant = tenants::create(engine, demo::TENANT, kind, Some(demo::BEGIN)).await?;
            let key = keys::create_first(engine, tenant.id, demo::OWNER).await?;
            teller.plain(&format!(
                "Whoever runs the server makes the sandbox {} ({}) and the first key,\n\
                 {}'s, as `tributary tenant create` does. The rest goes through the API.",
                tenant.name,
                tenant.id,
                demo::OWNER
            ));
            demo::play(&Client::new(url, &key.token), rule, teller).await?
        }
    };
    told.outcome.sum_up(teller)?;
    Ok(told)
}

/// Builds the example rule as `tributary plugin build` does.
fn build() -> Result<Vec<u8>, Failure> {
    let here = std::env::current_dir()?;
    let directories = here.ancestors().map(|directory| directory.join(RULE));
    let found: Option<PathBuf> = directories.filter(|directory| directory.is_dir()).last();
    let missing = || format!("{RULE} is not here: run the demo in the project's directory");
    let built = toolchain::build(&found.ok_or_else(missing)?, None)?;
    Ok(std::fs::read(built.path)?)
}

/// What one can do now.
fn invite(url: &str, told: &Told, teller: &mut Teller) {
    teller.plain(&format!(
        "\nThe server goes on. Look around at {url}/ with one of these keys:\n"
    ));
    for key in &told.keys {
        teller.plain(&format!("  {:<18} {}", key.holder, key.token));
    }
    teller.plain(QUERIES);
    teller.plain("Press Ctrl-C to stop.");
}
