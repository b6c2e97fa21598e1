//! Backups hold every row, also those that are taken while a server is at work; and
//! what is restored from them goes on.

use std::any::Any;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs};

use serde_json::json;
use tempfile::TempDir;
use tributary_api::cli::Failure;
use tributary_api::cli::backup::Backup;
use tributary_api::cli::restore::Restore;
use tributary_api::config::DatabaseSettings;
use tributary_domain::ids::TenantId;
use tributary_domain::tenant::backups;
use tributary_domain::tenant::positions;

use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::db::{self, Backend};
use crate::support::keeper;
use crate::support::office::Office;
use crate::support::rail::{Act, TestRail};
use crate::support::server::Server;
use crate::support::tables::{self, Tables};
use crate::support::whole;
use crate::support::world::World;

/// The address of a server's role that reads every row, of any database there.
const BACKUP_URL_VARIABLE: &str = "TRIBUTARY_TEST_POSTGRES_BACKUP_URL";

fn settings(url: &str) -> DatabaseSettings {
    DatabaseSettings {
        database_url: url.parse().unwrap(),
        database_connections: 2,
        keyring_file: None,
    }
}

async fn back_up(url: &str, to: &Path) -> Result<(), Failure> {
    let (to, database) = (to.to_owned(), settings(url));
    Backup { to, database }.run().await
}

async fn restore(from: &Path, url: &str, replace: bool) -> Result<(), Failure> {
    let (from, database) = (from.to_owned(), settings(url));
    let restore = Restore {
        from,
        replace,
        database,
    };
    restore.run().await
}

/// A directory, and the address of a database in it that is not there yet.
fn elsewhere() -> (TempDir, PathBuf, String) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("t.db");
    let url = format!("sqlite://{}", file.display());
    (directory, file, url)
}

/// Every row of a tenant, but for what a restore changes: the head of the log, the
/// epochs, and the one event that tells of it.
async fn rows(url: &str, tenant: TenantId) -> Tables {
    let mut rows = tables::rows_at(&db::connect(url).await.unwrap(), tenant).await;
    for table in ["tenant", "log_epoch"] {
        rows.remove(table);
    }
    let events = rows.get_mut("event").unwrap();
    events.retain(|event| !event.contains("log.restored"));
    assert!(events.len() > 50, "the story left something to compare");
    rows
}

/// A restored database serves under the keys of before, and its books balance.
async fn goes_on(url: &str, acme: &Acme, position: &str) {
    let server = Server::start(url).await;
    let owner = Client::new(&server.url, &acme.owner.token);
    let seen = owner
        .asks(
            "{ ledger { balanced } viewer { tenant { lastPosition } } }",
            json!({}),
        )
        .await;
    assert_eq!(seen["ledger"]["balanced"], true);
    let document = "query($after: Position) { events(after: $after) { kind } }";
    let told = owner.asks(document, json!({ "after": position })).await;
    assert_eq!(told["events"], json!([{ "kind": "LOG_RESTORED" }]));
    // What would come next in the log that was lost.
    let (epoch, number) = position.split_once('-').unwrap();
    let lost = format!("{epoch}-{}", number.parse::<i64>().unwrap() + 1);
    let answer = owner.post(document, json!({ "after": lost })).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"],
        "POSITION_UNKNOWN"
    );
}

async fn position(acme: &Acme) -> String {
    let answer = acme
        .owner
        .asks("{ viewer { tenant { lastPosition } } }", json!({}))
        .await;
    text(&answer["viewer"]["tenant"]["lastPosition"])
}

/// A copy of a world's database, made and put back as the README says.
struct Copied {
    url: String,
    _home: Box<dyn Any>,
}

impl Copied {
    async fn of(world: &World) -> Self {
        let url = &world.database.url;
        let (directory, file, copy) = elsewhere();
        let backup = file.with_file_name("the backup.db");
        if world.database.backend == Backend::Sqlite {
            back_up(url, &backup).await.unwrap();
            restore(&backup, &copy, false).await.unwrap();
            return Self {
                url: copy,
                _home: Box::new(directory),
            };
        }
        dumped(&backup_role(url), &backup).unwrap();
        let target = tokio::task::spawn_blocking(keeper::create_empty);
        let target = target.await.unwrap().unwrap();
        let arguments = [
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--dbname",
        ];
        let arguments = [&arguments[..], &[&target.url, backup.to_str().unwrap()]].concat();
        runs("pg_restore", &arguments).unwrap();
        let server = Server::start(&target.url).await;
        positions::begin_epochs(&server.engine).await.unwrap();
        Self {
            url: target.url.clone(),
            _home: Box::new(target),
        }
    }
}

/// The address of a database for the role that may read every row of it.
fn backup_role(url: &str) -> String {
    let server = env::var(BACKUP_URL_VARIABLE).unwrap_or_else(|_| {
        panic!("{BACKUP_URL_VARIABLE} is unset. `cargo verify` sets it; see the README")
    });
    let mut server = url::Url::parse(&server).unwrap();
    server.set_path(url::Url::parse(url).unwrap().path());
    server.into()
}

fn dumped(url: &str, to: &Path) -> Result<(), String> {
    let to = to.to_str().unwrap();
    runs("pg_dump", &["--format=custom", "--file", to, url])
}

fn runs(program: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().unwrap();
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

story! {
    /// Of every tenant, each in its own log.
    async fn what_is_restored_has_every_row(world: World) {
        let acme = Acme::new(&world).await;
        let other = Acme::new(&world).await;
        whole::everything(&acme).await;
        whole::everything(&other).await;
        let ends = [position(&acme).await, position(&other).await];
        let copy = Copied::of(&world).await;
        for acme in [&acme, &other] {
            let before = rows(&world.database.url, acme.tenant).await;
            assert_eq!(rows(&copy.url, acme.tenant).await, before);
        }
        goes_on(&copy.url, &acme, &ends[0]).await;
        goes_on(&copy.url, &other, &ends[1]).await;
        if world.database.backend == Backend::Postgres {
            // The second fence was restored too.
            let unpinned = db::connect(&copy.url).await.unwrap();
            let unpinned = tables::pinned(&unpinned, None).await;
            assert_eq!(tables::count(&unpinned, "deal").await, 0);
        }
    }
}

story! {
    /// *Never: a partner is paid twice for one earning.* The provider knows of
    /// instructions that the backup does not: it gets the same ones again.
    async fn what_was_sent_since_the_backup_is_paid_once(world: World) {
        for (number, first) in [Act::LosesCall, Act::LosesAnswer, Act::Accepts, Act::Pays].into_iter().enumerate() {
            for is_sent_before in [false, true] {
                let rail = Arc::new(TestRail::new([first]));
                let office = Office::open(&world, rail.clone()).await;
                let northwind = office.partner("Northwind").await;
                office.paid_deal(1_000_000, northwind).await;
                office.days_pass(31).await;
                office.approved_run().await;
                if is_sent_before {
                    office.executes().await;
                }
                let copy = Copied::of(&world).await;
                let restored = office.over(&copy.url, rail.clone()).await;
                for office in [&office, &restored] {
                    let told = format!("{number} {is_sent_before}");
                    office.pays_out(&told).await;
                    assert_eq!(rail.moved().len(), 1, "{told}");
                    assert_eq!(rail.sum_to("Northwind"), 100_000);
                }
                assert!(restored.books().await.balanced);
            }
        }
    }
}

/// A role that row-level security binds sees no rows, and PostgreSQL says so
/// instead of writing an empty dump.
#[tokio::test]
async fn a_dump_by_the_servers_own_role_fails() {
    let world = World::new(Backend::Postgres).await;
    let acme = Acme::new(&world).await;
    let partner = acme.partner("Northwind").await;
    acme.deal(&partner, "10.00").await;
    let (_directory, file, _) = elsewhere();
    let failure = dumped(&world.database.url, &file).unwrap_err();
    assert!(failure.contains("row-level security"), "{failure}");
}

/// The database in its file alone, without what is beside it, is the past.
#[tokio::test]
async fn a_backup_has_all_that_was_acknowledged_before_it() {
    let world = World::new(Backend::Sqlite).await;
    let acme = Acme::new(&world).await;
    let partner = acme.partner("Northwind").await;
    let deal = acme.deal(&partner, "100000.00").await;
    acme.wins(&deal).await;
    let (_directory, file, _) = elsewhere();
    let done = AtomicBool::new(false);
    let works = async {
        while !done.load(Ordering::Relaxed) {
            acme.collects(&deal, "10.00").await;
        }
    };
    let takes = async {
        let mut last = 0;
        for number in 0..10 {
            let number_of =
                |position: &str| position.split_once('-').unwrap().1.parse::<i64>().unwrap();
            let acknowledged = number_of(&position(&acme).await);
            let backup = file.with_file_name(format!("backup-{number}.db"));
            back_up(&world.database.url, &backup).await.unwrap();
            let contents = backups::verify(&backup).await.unwrap();
            assert!(
                contents.events >= acknowledged,
                "{contents:?}, {acknowledged}"
            );
            assert!(contents.events > last, "nothing happened meanwhile");
            last = contents.events;
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(works, takes);
}

#[tokio::test]
async fn what_is_no_backup_replaces_nothing() {
    let world = World::new(Backend::Sqlite).await;
    let acme = Acme::new(&world).await;
    let (_directory, file, url) = elsewhere();
    let backup = file.with_file_name("backup.db");
    back_up(&world.database.url, &backup).await.unwrap();
    let again = back_up(&world.database.url, &backup).await.unwrap_err();
    assert!(again.to_string().contains("is there already"), "{again}");

    let refused = async |from: &Path, url: &str, replace: bool, why: &str| {
        let failure = restore(from, url, replace).await.unwrap_err().to_string();
        assert!(failure.contains(why), "{failure}");
    };
    let bytes = fs::read(&backup).unwrap();
    let damaged = file.with_file_name("damaged.db");
    for (bytes, why) in [
        (bytes[..bytes.len() / 2].to_vec(), "malformed"),
        (b"no database".repeat(1_000), "cannot be read"),
        (Vec::new(), "no database of this program"),
    ] {
        fs::write(&damaged, bytes).unwrap();
        refused(&damaged, &url, false, why).await;
        assert!(!file.exists());
    }
    refused(&backup, &world.database.url, false, "--replace").await;
    refused(&backup, &world.database.url, true, "in use").await;
    let live = PathBuf::from(
        world
            .database
            .url
            .trim_start_matches("sqlite://")
            .trim_end_matches("?mode=rwc"),
    );
    refused(&live, &url, false, "no backup").await;
    assert!(!position(&acme).await.is_empty(), "the server goes on");

    restore(&backup, &url, false).await.unwrap();
    refused(&backup, &url, false, "--replace").await;
    restore(&backup, &url, true).await.unwrap();
    let aside = fs::read_dir(file.parent().unwrap()).unwrap().flatten();
    let aside: Vec<_> = aside
        .filter(|entry| entry.file_name().to_string_lossy().contains(".replaced-"))
        .collect();
    assert_eq!(aside.len(), 1, "what was replaced is kept: {aside:?}");
}
