//! `cargo soak <name> --seed N`: longer runs than `cargo verify` has time for.
//!
//! Each works the real program in a process of its own with random commands, some
//! of them wrong, disturbs it, and compares what it shows with a model that knows
//! nothing of its code. Every command is repeated under its key until it is
//! answered. A run is told apart by its seed; processes race, so a seed repeats the
//! commands and not their order.

mod books;
mod client;
mod model;
mod office;
mod program;
mod site;
#[path = "../it/support/small_disk.rs"]
#[expect(dead_code, reason = "the stories freeze theirs")]
#[expect(
    clippy::unwrap_used,
    reason = "a soak whose disk cannot be set up has nothing to run on"
)]
mod small_disk;
mod worker;

use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use books::Books;
use office::{Office, Payer};
use site::Site;
use worker::Worker;

/// What ends a run before its time.
type Failure = Box<dyn Error + Send + Sync>;

/// Deals are worked by so many at once, each its own.
const WORKERS: u64 = 4;

/// Commands of each worker between two comparisons.
const COMMANDS: usize = 60;

/// Works the program for a while, and compares it with a model.
#[derive(Parser)]
struct Soak {
    /// What happens meanwhile
    name: Name,
    /// What the random commands come from
    #[arg(long)]
    seed: u64,
    /// For how long, on each database
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// On which database; on both, if not given
    #[arg(long)]
    database: Option<Backend>,
}

/// What happens to the program while it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// Nothing.
    Model,
    /// It is killed at random moments, and started again.
    Kill,
    /// The disk of its database fills up, and is emptied.
    Disk,
    /// The database server is restarted, in order or as if it had been killed.
    Restart,
}

/// The databases we support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A private server.
    Postgres,
}

fn main() -> ExitCode {
    let soak = Soak::parse();
    let runs = |runtime: Runtime| runtime.block_on(soak.run());
    match Runtime::new().map_err(Failure::from).and_then(runs) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("soak failed: {failure}");
            ExitCode::FAILURE
        }
    }
}

impl Soak {
    async fn run(&self) -> Result<(), Failure> {
        let home = TempDir::with_prefix("tributary-soak-program-")?;
        let program = program::build(home.path())?;
        let backends = match self.database {
            Some(backend) => vec![backend],
            None => vec![Backend::Sqlite, Backend::Postgres],
        };
        for backend in backends {
            if self.name == Name::Restart && backend == Backend::Sqlite {
                println!("SQLite has no server that could be restarted: see `kill`");
                continue;
            }
            self.work(backend, Site::new(self.name, backend, &program)?)
                .await?;
        }
        Ok(())
    }

    /// Rounds of work, each with a comparison at its end.
    async fn work(&self, backend: Backend, mut site: Site) -> Result<(), Failure> {
        let began = Instant::now();
        let office = Office::open(&mut site).await?;
        let mut workers: Vec<_> = (0..WORKERS)
            .map(|number| Worker::new(&office, self.seed, number))
            .collect();
        let mut payer = Payer::new(&office);
        let mut random = StdRng::seed_from_u64(self.seed);
        let mut books = Books::default();
        let (mut rounds, mut disturbances) = (0, 0);
        while rounds == 0 || began.elapsed() < Duration::from_secs(60 * self.minutes) {
            let round = tokio::spawn(round(workers, payer));
            while !round.is_finished() {
                disturbances += site.disturb(&mut random).await?;
            }
            (workers, payer) = round.await??;
            let deals = workers.iter().flat_map(|worker| &worker.deals).collect();
            books.compare(&office, deals).await?;
            rounds += 1;
        }
        println!(
            "{:?} on {backend:?}, seed {}: {rounds} rounds in {} s, {disturbances} disturbances, \
             {}, {books}: nothing lost, doubled or wrong",
            self.name,
            self.seed,
            began.elapsed().as_secs(),
            office.owner.tally(),
        );
        Ok(())
    }
}

/// Everybody does a part of the work at the same time.
async fn round(workers: Vec<Worker>, mut payer: Payer) -> Result<(Vec<Worker>, Payer), Failure> {
    let pays = tokio::spawn(async move { payer.pays().await.map(|()| payer) });
    let mut set = JoinSet::new();
    for mut worker in workers {
        set.spawn(async move { worker.works(COMMANDS).await.map(|()| worker) });
    }
    let mut workers = Vec::new();
    while let Some(done) = set.join_next().await {
        workers.push(done??);
    }
    workers.sort_by_key(|worker| worker.number);
    Ok((workers, pays.await??))
}
