//! One thread with one connection that makes and removes the PostgreSQL
//! databases of all stories of this process.
//!
//! The names carry the process number of that connection on the server. So
//! what a killed run left behind can be told from what a running one uses, and
//! the next run removes it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::{env, thread};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::support::db;

/// Names the PostgreSQL server: a role that may create databases, and a
/// database to do it from.
pub const URL_VARIABLE: &str = "TRIBUTARY_TEST_POSTGRES_URL";

/// Our databases whose run is no longer connected.
const ABANDONED: &str = r"SELECT datname::text FROM pg_database
    WHERE datname ~ '^tributary_test_\d+_'
      AND pg_get_userbyid(datdba) = current_user
      AND split_part(datname, '_', 3) NOT IN
          (SELECT pid::text FROM pg_stat_activity WHERE pid <> pg_backend_pid())";

static KEEPER: OnceLock<Result<Keeper, String>> = OnceLock::new();

/// Where to send orders, and how to name what is ordered.
struct Keeper {
    server: Url,
    prefix: String,
    made: AtomicU32,
    orders: Sender<Order>,
}

/// One statement to run, and where to say how it went.
struct Order {
    sql: String,
    outcome: Sender<Result<(), DbErr>>,
}

/// One database on the server. Dropping it removes it, and blocks meanwhile.
pub struct OwnDatabase {
    /// Its address.
    pub url: String,
    name: String,
    keeper: &'static Keeper,
}

/// Makes a migrated database for one story. Blocks.
///
/// # Errors
/// If no server is named, or it refuses.
pub fn create() -> Result<OwnDatabase, String> {
    made(|prefix| format!("{prefix}template"))
}

/// Makes one without anything in it. Blocks.
///
/// # Errors
/// If no server is named, or it refuses.
pub fn create_empty() -> Result<OwnDatabase, String> {
    made(|_| "template0".to_owned())
}

fn made(template: impl Fn(&str) -> String) -> Result<OwnDatabase, String> {
    let keeper = KEEPER
        .get_or_init(Keeper::start)
        .as_ref()
        .map_err(Clone::clone)?;
    let name = format!(
        "{}{}",
        keeper.prefix,
        keeper.made.fetch_add(1, Ordering::Relaxed)
    );
    keeper
        .order(format!(
            "CREATE DATABASE {name} TEMPLATE {}",
            template(&keeper.prefix)
        ))
        .map_err(|error| format!("cannot make a PostgreSQL database: {error}"))?;
    Ok(OwnDatabase {
        url: at(&keeper.server, &name),
        name,
        keeper,
    })
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        if let Err(error) = self
            .keeper
            .order(format!("DROP DATABASE {} WITH (FORCE)", self.name))
        {
            eprintln!("{} stays until the next run: {error}", self.name);
        }
    }
}

impl Keeper {
    fn start() -> Result<Self, String> {
        let server = env::var(URL_VARIABLE).map_err(|_| {
            format!(
                "stories on PostgreSQL need a server: run `cargo verify`, or set {URL_VARIABLE}"
            )
        })?;
        let server = Url::parse(&server).map_err(|error| format!("{URL_VARIABLE}: {error}"))?;
        let (orders, inbox) = mpsc::channel();
        let (opened, opening) = mpsc::channel();
        let address = server.clone();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("the system has room for a thread");
            match runtime.block_on(open(&address)) {
                Ok((connection, prefix)) => {
                    let _ = opened.send(Ok(prefix));
                    serve(&runtime, &connection, &inbox);
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            }
        });
        let prefix = opening
            .recv()
            .map_err(|_| "the keeper panicked".to_owned())?;
        let prefix = prefix.map_err(|error| format!("PostgreSQL at {URL_VARIABLE}: {error}"))?;
        Ok(Self {
            server,
            prefix,
            made: AtomicU32::new(0),
            orders,
        })
    }

    fn order(&self, sql: String) -> Result<(), DbErr> {
        let gone = || DbErr::Custom("the keeper is gone".to_owned());
        let (outcome, answer) = mpsc::channel();
        self.orders
            .send(Order { sql, outcome })
            .map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

/// Connects, removes what dead runs left, and migrates the template. Returns
/// the connection and the beginning of the names this run may use.
async fn open(server: &Url) -> Result<(DatabaseConnection, String), DbErr> {
    let mut options = ConnectOptions::new(server.as_str());
    // One connection for good: the names depend on its number.
    options
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None);
    let connection = Database::connect(options).await?;

    sweep(&connection).await?;
    let names = texts(
        &connection,
        "SELECT 'tributary_test_' || pg_backend_pid() || '_'",
    )
    .await?;
    let prefix = names.concat();
    connection
        .execute_unprepared(&format!("CREATE DATABASE {prefix}template"))
        .await?;
    db::migrate(&at(server, &format!("{prefix}template"))).await?;
    Ok((connection, prefix))
}

/// Removes what dead runs left, whoever may still hang on to it.
pub async fn sweep(connection: &DatabaseConnection) -> Result<(), DbErr> {
    for name in texts(connection, ABANDONED).await? {
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        if let Err(error) = connection.execute_unprepared(&drop).await {
            eprintln!("{name} stays: {error}");
        }
    }
    Ok(())
}

/// The first column of what a query finds.
async fn texts(connection: &DatabaseConnection, sql: &str) -> Result<Vec<String>, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

fn serve(runtime: &Runtime, connection: &DatabaseConnection, inbox: &Receiver<Order>) {
    for Order { sql, outcome } in inbox {
        let result = runtime.block_on(connection.execute_unprepared(&sql));
        let _ = outcome.send(result.map(|_| ()));
    }
}

/// The address of another database on the same server.
fn at(server: &Url, name: &str) -> String {
    let mut url = server.clone();
    url.set_path(name);
    url.into()
}
