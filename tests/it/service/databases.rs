//! What every other story takes for granted about its database.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use sea_orm_migration::MigratorTrait;
use tributary_migrations::Migrator;
use url::Url;

use crate::support::db::{self, Backend};
use crate::support::keeper;
use crate::support::world::World;

story! {
    /// The clone of the template has what a migrated database has.
    async fn a_fresh_database_is_current(world: World) {
        let connection = world.database.connect().await;
        let applied = Migrator::get_applied_migrations(&connection).await.unwrap();
        assert_eq!(applied.len(), Migrator::migrations().len());
    }
}

story! {
    /// What one story writes, no other sees.
    async fn a_story_has_its_database_to_itself(world: World) {
        let other = db::fresh(world.database.backend).await;
        let (ours, theirs) = (world.database.connect().await, other.connect().await);

        ours.execute_unprepared("CREATE TABLE mark (number INTEGER)").await.unwrap();
        ours.execute_unprepared("INSERT INTO mark VALUES (1)").await.unwrap();
        assert!(theirs.execute_unprepared("INSERT INTO mark VALUES (2)").await.is_err());
    }
}

story! {
    /// A finished story leaves nothing behind, even if it is still connected.
    async fn a_database_goes_with_its_story(world: World) {
        let backend = world.database.backend;
        let url = world.database.url.replace("?mode=rwc", "");
        let connection = world.database.connect().await;
        connection.execute_unprepared("SELECT 1").await.unwrap();

        drop(world);
        assert!(Database::connect(&url).await.is_err(), "{backend:?} still has {url}");
    }
}

story! {
    /// A server is ready on the schema that it was built for, and says what to
    /// do about an older one; alive it is either way.
    async fn a_server_is_ready_on_its_own_schema(world: World) {
        let asks = async |path: &str| {
            let answer = reqwest::get(format!("{}/{path}", world.server.url)).await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        assert_eq!(asks("readyz").await, (200, "ready\n".to_owned()));

        let newest = Migrator::migrations().last().unwrap().name().to_owned();
        let forget = format!("DELETE FROM seaql_migrations WHERE version = '{newest}'");
        world.database.connect().await.execute_unprepared(&forget).await.unwrap();
        // What was seen holds for a quarter of a second.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let older = (503, "the database needs `tributary migrate`\n".to_owned());
        assert_eq!(asks("readyz").await, older);
        assert_eq!(asks("healthz").await, (200, "ok\n".to_owned()));
    }
}

/// A run that was killed leaves its databases, and its connections for as long
/// as the server takes to notice. The next run removes both.
#[tokio::test]
async fn what_a_killed_run_left_is_removed() {
    let database = db::fresh(Backend::Postgres).await;
    let connection = database.connect().await;
    // No server process has the number 1, and another run's beginning may be
    // quicker than ours.
    let left = format!("tributary_test_1_{}", std::process::id());
    connection
        .execute_unprepared(&format!("CREATE DATABASE {left}"))
        .await
        .unwrap();
    let mut url = Url::parse(&database.url).unwrap();
    url.set_path(&left);
    let holding_on = Database::connect(url.as_str()).await;

    keeper::sweep(&connection).await.unwrap();
    let there = format!("SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{left}')");
    assert!(!holds(&connection, &there).await, "{holding_on:?}");
}

/// Row-level security binds neither superusers nor roles that may bypass it:
/// as one of those, every story about it would pass for nothing.
#[tokio::test]
async fn stories_run_as_a_plain_role() {
    let database = db::fresh(Backend::Postgres).await;
    let privileged = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";
    assert!(!holds(&database.connect().await, privileged).await);
}

async fn holds(connection: &DatabaseConnection, sql: &str) -> bool {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// A server of PostgreSQL that answers a commit before it is durable is told not to.
#[tokio::test]
async fn a_commit_is_durable_whatever_the_database_is_set_to() {
    let database = db::fresh(Backend::Postgres).await;
    let connection = database.connect().await;
    let name = database.url.rsplit('/').next().unwrap();
    let name = name.split('?').next().unwrap();
    let off = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    connection.execute_unprepared(&off).await.unwrap();
    let ours = tributary_domain::database::Database::connect(&database.url, 2)
        .await
        .unwrap();
    let shown = Statement::from_string(ours.get_database_backend(), "SHOW synchronous_commit");
    let shown = ours.query_one_raw(shown).await.unwrap().unwrap();
    assert_eq!(shown.try_get_by_index::<String>(0).unwrap(), "on");
    ours.close().await.unwrap();
}
