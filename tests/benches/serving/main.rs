//! What serving costs beside the least that could do the same: each figure is a ratio of two
//! that were measured in turns, in one run, on one PostgreSQL. Server, clients and PostgreSQL
//! share the machine.
//!
//! A page is compared with one statement that returns its JSON, after the look-up of the key
//! and in a transaction that names the tenant. A command is compared with the rows that it
//! wrote, inserted again under the tenant's lock, a statement for each table.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a benchmark that cannot go on has no figure"
)]
#![expect(clippy::float_arithmetic, reason = "rates are no money")]

mod commands;
mod following;
mod page;
#[expect(dead_code, reason = "the stories use the rest")]
mod support;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use sea_orm::sqlx::PgPool;
use sea_orm::sqlx::postgres::PgPoolOptions;
use tributary_tests::postgres;

use support::acme::Acme;
use support::db::Backend;
use support::world::World;

/// Where the stories look for their PostgreSQL.
const POSTGRES: &str = "TRIBUTARY_TEST_POSTGRES_URL";

/// How often each figure is measured; the median counts.
const ROUNDS: usize = 5;

/// How long one measurement takes.
const SPAN: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    if std::env::var_os(POSTGRES).is_some() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(measure());
        return ExitCode::SUCCESS;
    }
    // The same program again, beside a PostgreSQL of its own.
    let server = match postgres::provide() {
        Ok(server) => server,
        Err(reason) => {
            println!("serving: not measured, as there is no PostgreSQL: {reason}");
            return ExitCode::SUCCESS;
        }
    };
    let mut again = Command::new(std::env::current_exe().unwrap());
    let status = again.env(POSTGRES, server.url()).status().unwrap();
    if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn measure() {
    let world = World::new(Backend::Postgres).await;
    let acme = Acme::new(&world).await;
    let peer = PgPoolOptions::new()
        .max_connections(16)
        .connect(&world.database.url)
        .await
        .unwrap();
    page::fill(&acme).await;
    page::compare(&acme, &peer).await;
    commands::compare(&acme, &peer).await;
    following::compare(&acme).await;
    peer.close().await;
}

/// The pool of the least that could do the same.
type Peer = PgPool;

/// How many a second `clients` do of something, each one after the other.
async fn rate<F: AsyncFn()>(clients: usize, work: F) -> f64 {
    let began = Instant::now();
    let one = async || {
        let mut done = 0_u32;
        while began.elapsed() < SPAN {
            work().await;
            done += 1;
        }
        done
    };
    let all = futures_util::future::join_all((0..clients).map(|_| one())).await;
    f64::from(all.iter().sum::<u32>()) / began.elapsed().as_secs_f64()
}

/// The median.
fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// Prints both rates and their ratio.
fn tell(what: &str, ours: Vec<f64>, theirs: Vec<f64>) {
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "{what}: {ours:.0}/s beside {theirs:.0}/s: {:.2}",
        ours / theirs
    );
}
