//! `tributary demo`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tokio::sync::oneshot;
use tributary_domain::access::Role;
use tributary_domain::entity::deal;
use tributary_domain::entity::tenant::{self, Kind};
use tributary_domain::kernel::lists::{self, Wanted};
use tributary_domain::scope::Engine;
use tributary_domain::tenant::{keys, tenants};

use super::serve::listen;
use super::{Failure, engine};
use crate::config::DatabaseSettings;
use crate::{AppState, serve};
use tributary_client::Client;
use tributary_demo::{self as demo, Operator, Teller, Told};

/// The example rule, from the root of the project.
const RULE: &str = "plugin-sdk/examples/tiered-accelerator";

/// Play a year of a partner program through the API, and go on serving it
///
/// The story publishes the example rule, which is built from its source: run
/// this in the project's directory, where cargo is. A database that has the
/// story already needs neither; unless `--exit` is given, its people get new
/// keys, and lose the earlier ones.
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
        let interrupted = tributary_web::stop::requested()?;
        let mut teller = if self.json {
            Teller::aside()
        } else {
            Teller::aloud()
        };
        let engine = engine::open_or_make(&self.database).await?;
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
        let told = tell(&engine, &url, !self.exit, &mut teller).await?;
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
async fn tell(
    engine: &Engine,
    url: &str,
    goes_on: bool,
    teller: &mut Teller,
) -> Result<Told, Failure> {
    let mut finished = None;
    for tenant in tenants::named(engine, demo::TENANT).await? {
        if is_finished(engine, &tenant).await? {
            finished = Some(tenant);
            break;
        }
        let id = tenant.id;
        teller.plain(&format!(
            "{id} has that name too, and no finished story: it is left as it is."
        ));
    }
    let told = match finished {
        Some(tenant) => revisit(engine, url, &tenant, goes_on, teller).await?,
        None => play(engine, url, teller).await?,
    };
    told.outcome.sum_up(teller)?;
    Ok(told)
}

/// Whether the story was told in a tenant of this name to its end.
async fn is_finished(engine: &Engine, tenant: &tenant::Model) -> Result<bool, Failure> {
    if tenant.clock_at < Some(demo::END) {
        return Ok(false);
    }
    let scope = engine.system(tenant.id).await?;
    let deals = lists::page::<deal::Entity>(&scope, &Wanted::first(20)).await?;
    Ok(deals.rows.iter().any(|deal| deal.name == demo::DEAL))
}

async fn revisit(
    engine: &Engine,
    url: &str,
    tenant: &tenant::Model,
    goes_on: bool,
    teller: &mut Teller,
) -> Result<Told, Failure> {
    teller.plain(&format!(
        "The story of {} ({}) was played here before. It is not played again;\n\
         this is what came of it.",
        tenant.name, tenant.id
    ));
    let operator = Operator::new(engine, tenant.id);
    let key = operator.key(demo::OWNER, Role::Owner, None).await?;
    let owner = Client::new(url, &key.token);
    if goes_on {
        teller.plain("Its people get new keys, and the earlier ones no longer work.");
        return demo::revisit(&owner, &operator).await;
    }
    let told = demo::look_back(&owner).await;
    keys::revoke(&engine.system(tenant.id).await?, None, key.key.id).await?;
    told
}

async fn play(engine: &Engine, url: &str, teller: &mut Teller) -> Result<Told, Failure> {
    teller.plain("The example rule is built from its source…");
    let rule = tokio::task::spawn_blocking(build).await??;
    let begin = Some(demo::BEGIN);
    let tenant = tenants::create(engine, demo::TENANT, Kind::Sandbox, begin).await?;
    let operator = Operator::new(engine, tenant.id);
    let key = operator.key(demo::OWNER, Role::Owner, None).await?;
    teller.plain(&format!(
        "Whoever runs the server makes the sandbox {} ({})\n\
         and each person's first key, {}'s before all, as `tributary key create` does.\n\
         The rest goes through the API.",
        tenant.name,
        tenant.id,
        demo::OWNER
    ));
    demo::play(&Client::new(url, &key.token), &operator, rule, teller).await
}

/// Builds the example rule as `tributary plugin build` does.
fn build() -> Result<Vec<u8>, Failure> {
    let here = std::env::current_dir()?;
    let mut directories = here.ancestors().map(|directory| directory.join(RULE));
    let found: Option<PathBuf> = directories.find(|directory| directory.is_dir());
    let missing = || format!("{RULE} is not here: run the demo in the project's directory");
    let built = tributary_toolchain::build(&found.ok_or_else(missing)?, None)?;
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
    for (holder, about, document) in demo::EXAMPLES {
        teller.plain(&format!("\nAs {holder}, {about}:\n\n{document}"));
    }
    teller.plain("\nPress Ctrl-C to stop.");
}
