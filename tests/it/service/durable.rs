//! *Never: an acknowledged command is lost*, however a commit may fail.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::ConnectionTrait;
use serde_json::json;
use tributary_domain::database::Database;
use tributary_domain::deal::accounts::NewAccount;
use tributary_domain::deal::deals::{self, NewDeal};
use tributary_domain::entity::deal;
use tributary_domain::error::Error;
use tributary_domain::ids::DealId;
use tributary_domain::scope::Engine;

use crate::support::acme::Acme;
use crate::support::db::{self, Backend};
use crate::support::office::Office;
use crate::support::rail::TestRail;
use crate::support::server::Server;
use crate::support::small_disk::SmallDisk;
use crate::support::tables;
use crate::support::world::World;

impl Office {
    /// Opens a deal with an account of its own.
    async fn opens(&self, key: &str) -> Result<deal::Model, Error> {
        let account = NewAccount {
            name: format!("Customer {key}"),
            domain: format!("{key}.example"),
            crm_id: None,
        };
        let new = NewDeal {
            name: "A deal".to_owned(),
            amount: self.money(1_000).into(),
            stage: "Qualified".to_owned(),
            external_id: None,
        };
        deals::open(
            &self.engine.system(self.tenant).await?,
            key,
            self.program.id,
            account,
            new,
            None,
        )
        .await
    }
}

/// Every deal is there for whoever opens the database anew.
async fn all_are_kept(world: &World, office: &Office, acknowledged: &[DealId]) {
    let base = &office.engine;
    let db = Database::connect(&world.database.url, 1).await.unwrap();
    let engine = Engine::new(
        db,
        base.calculator.clone(),
        Vec::new(),
        base.clock.clone(),
        base.keyring.clone(),
    );
    let system = engine.system(office.tenant).await.unwrap();
    let found = tributary_domain::reads::by_ids::<deal::Entity>(&system, acknowledged);
    assert_eq!(found.await.unwrap().len(), acknowledged.len());
}

story! {
    /// Callers that leave at any moment, also while their command is made
    /// durable, leave no connection behind on which the next one is lost.
    async fn callers_that_leave_take_nothing_along(world: World) {
        let office = Arc::new(Office::open(&world, Arc::new(TestRail::new([]))).await);
        let mut acknowledged = Vec::new();
        for number in 0..60_u64 {
            let (office, key) = (office.clone(), format!("leaves-{number}"));
            let opening = tokio::spawn(async move { office.opens(&key).await });
            tokio::time::sleep(Duration::from_micros(number * 150)).await;
            opening.abort();
            if let Ok(opened) = opening.await {
                acknowledged.push(opened.unwrap().id);
            }
        }
        for number in 0..10 {
            acknowledged.push(office.opens(&format!("stays-{number}")).await.unwrap().id);
        }
        all_are_kept(&world, &office, &acknowledged).await;
    }
}

/// Makes every commit fail that opens a deal, and nothing before it: what is only
/// looked at in the end is wrong. SQLite leaves such a transaction open.
const BREAKS_COMMIT: [(Backend, &str, &str); 2] = [
    (
        Backend::Sqlite,
        "CREATE TABLE nowhere (id INTEGER PRIMARY KEY);
         CREATE TABLE wrong (id INTEGER REFERENCES nowhere (id) DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER breaks AFTER INSERT ON deal BEGIN INSERT INTO wrong VALUES (1); END",
        "DROP TRIGGER breaks",
    ),
    (
        Backend::Postgres,
        "CREATE FUNCTION breaks() RETURNS trigger LANGUAGE plpgsql
             AS $$ BEGIN RAISE EXCEPTION 'no commit'; END $$;
         CREATE CONSTRAINT TRIGGER breaks AFTER INSERT ON deal
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION breaks()",
        "DROP TRIGGER breaks ON deal",
    ),
];

story! {
    /// Where the commit itself fails, the caller is told that nobody knows; the
    /// connection is not used again, and what is acknowledged afterwards is kept.
    async fn a_commit_that_fails_takes_nothing_along(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let acme = Acme::new(&world).await;
        let of_this = BREAKS_COMMIT.into_iter().find(|(backend, ..)| *backend == world.database.backend);
        let (_, breaks, mends) = of_this.unwrap();
        let mut acknowledged = Vec::new();
        for round in 0..5 {
            let connection = world.database.connect().await;
            let breaks = match round {
                0 => breaks,
                _ => &breaks[breaks.rfind("CREATE ").unwrap()..],
            };
            connection.execute_unprepared(breaks).await.unwrap();
            for number in 0..3 {
                let failed = office.opens(&format!("fails-{round}-{number}")).await;
                assert!(matches!(failed, Err(Error::OutcomeUnknown(_))), "{failed:?}");
            }
            let input = json!({
                "idempotencyKey": format!("fails-{round}"), "programId": acme.program, "name": "A deal",
                "account": { "name": "Globex", "domain": "globex.example" },
                "amount": { "amount": "10.00", "currency": "USD" }, "stage": "Qualified",
            });
            let document = "mutation($input: OpenDealInput!) { openDeal(input: $input) { deal { id } } }";
            let told = acme.owner.post(document, json!({ "input": input })).await;
            assert_eq!(told["errors"][0]["extensions"]["code"], "OUTCOME_UNKNOWN", "{told}");
            connection.execute_unprepared(mends).await.unwrap();
            for number in 0..3 {
                acknowledged.push(office.opens(&format!("holds-{round}-{number}")).await.unwrap().id);
            }
        }
        // Nothing came of the commits that failed: their keys are free.
        for round in 0..5 {
            acknowledged.push(office.opens(&format!("fails-{round}-0")).await.unwrap().id);
        }
        all_are_kept(&world, &office, &acknowledged).await;
        let deals = office.all::<deal::Entity>().await;
        assert_eq!(deals.len(), acknowledged.len());
    }
}

/// PostgreSQL ends connections at any moment. What was acknowledged is there,
/// what fails says that nothing was done or that nobody knows, and the next
/// command finds a good connection.
#[tokio::test]
async fn connections_that_break_lose_nothing() {
    let world = World::new(Backend::Postgres).await;
    let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
    let killer = world.database.connect().await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut acknowledged = Vec::new();
    for number in 0..80_u64 {
        let key = format!("breaks-{number}");
        let killing = async {
            tokio::time::sleep(Duration::from_micros(number * 200)).await;
            killer.execute_unprepared(kill).await.ok();
        };
        let (opened, ()) = tokio::join!(office.opens(&key), killing);
        match opened {
            Ok(deal) => acknowledged.push(deal.id),
            Err(Error::Unavailable(_) | Error::OutcomeUnknown(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    // The same commands again: what was done is not done twice.
    for number in 0..80 {
        let deal = office.opens(&format!("breaks-{number}")).await.unwrap();
        if !acknowledged.contains(&deal.id) {
            acknowledged.push(deal.id);
        }
    }
    assert_eq!(acknowledged.len(), 80);
    all_are_kept(&world, &office, &acknowledged).await;
}

/// The status of readiness, and the code of a command that is refused.
async fn refuses(server: &Server, acme: &Acme, key: &str) -> (u16, String) {
    // What was seen holds for a quarter of a second.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let ready = reqwest::get(format!("{}/readyz", server.url)).await;
    let input = json!({
        "idempotencyKey": key, "name": "Late", "model": "REFERRAL", "currency": "USD",
    });
    let code = acme
        .owner
        .is_refused("createProgram", "program { id }", input);
    (ready.unwrap().status().as_u16(), code.await)
}

/// A database whose file is gone, or another one in its place, takes nothing:
/// what is written to the old one is lost at the next start.
#[tokio::test]
async fn a_removed_file_takes_no_commands() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("tributary.db");
    let url = db::sqlite_at(&file).await;
    let server = Server::start(&url).await;
    let acme = Acme::on(&server).await;
    std::fs::rename(&file, home.path().join("moved.db")).unwrap();
    let unavailable = (503, "UNAVAILABLE".to_owned());
    assert_eq!(refuses(&server, &acme, "removed").await, unavailable);
    db::sqlite_at(&file).await;
    assert_eq!(refuses(&server, &acme, "replaced").await, unavailable);
}

/// A database that can only be read is not ready: the other half of a pair of
/// PostgreSQL servers that changed places, or a file on a read-only file system.
#[tokio::test]
async fn a_database_that_can_only_be_read_is_not_ready() {
    let world = World::new(Backend::Postgres).await;
    let acme = Acme::new(&world).await;
    let admin = world.database.connect().await;
    let name = world.database.url.rsplit('/').next().unwrap();
    let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    admin.execute_unprepared(&sql).await.unwrap();
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    admin.execute_unprepared(sql).await.unwrap();
    let unavailable = (503, "UNAVAILABLE".to_owned());
    assert_eq!(
        refuses(&world.server, &acme, "read-only").await,
        unavailable
    );
}

/// The same of a file on a file system that can only be read.
#[tokio::test]
async fn full_disk_or_read_only_it_is_not_ready() {
    let disk = SmallDisk::new(12);
    let url = db::sqlite_at(&disk.path("tributary.db")).await;
    disk.freeze();
    match Database::connect(&url, 1).await {
        Err(Error::Unavailable(_)) => {}
        Err(error) => panic!("{error:?}"),
        Ok(database) => assert!(database.probe().await.is_err()),
    }
}

story! {
    /// Callers that leave while their transaction begins leave none behind: a
    /// connection in one would give the next caller a state of long ago.
    async fn callers_that_leave_early_leave_no_transaction(world: World) {
        let office = Office::open(&world, Arc::new(TestRail::new([]))).await;
        let engine = &office.engine;
        for micros in (0..3_000).step_by(10) {
            let leaves = engine.system(office.tenant).await.unwrap();
            let _ = tokio::time::timeout(Duration::from_micros(micros), leaves.read()).await;
            let stays = engine.system(office.tenant).await.unwrap();
            let read = stays.read().await;
            assert!(read.is_ok(), "after {micros} µs: {:?}", read.err());
        }
        // What had begun is taken back meanwhile.
        tokio::time::sleep(Duration::from_millis(200)).await;
        if world.database.backend == Backend::Postgres {
            let sql = "SELECT pid::text, query FROM pg_stat_activity
                WHERE datname = current_database() AND state = 'idle in transaction'";
            let left = tables::pairs(&world.database.connect().await, sql).await;
            assert!(left.is_empty(), "{left:?}");
        }
        // Nobody holds SQLite's write lock either.
        office.partner("Northwind").await;
    }
}
