//! What the processes on one PostgreSQL tell each other.

use std::time::Duration;

use sea_orm::ConnectionTrait;
use serde_json::json;
use tokio::time::timeout;

use crate::support::acme::Acme;
use crate::support::db::Backend;
use crate::support::server::Server;
use crate::support::world::World;

/// For what comes at once, on a machine that does other things.
const LONG: Duration = Duration::from_secs(20);

/// A commit of one server wakes those who follow the tenant at another, and nobody else;
/// what stands in the channel besides hints is passed over.
#[tokio::test]
async fn another_server_is_told_of_commits() {
    let world = World::new(Backend::Postgres).await;
    let acme = Acme::new(&world).await;
    let rival = Acme::new(&world).await;
    let other = Server::start(&world.database.url).await;
    let (mut told, mut own) = (
        other.engine.wake_of(acme.tenant),
        world.server.engine.wake_of(rival.tenant),
    );
    let not_told = other.engine.wake_of(rival.tenant);
    // Until the other server listens, it is told nothing: commit until it was.
    let hinted = async {
        loop {
            let input = json!({ "idempotencyKey": acme.key(), "name": "CRM", "role": "FINANCE" });
            acme.owner
                .does("createApiKey", "apiKey { id }", input)
                .await;
            if timeout(Duration::from_secs(1), told.changed())
                .await
                .is_ok()
            {
                return;
            }
        }
    };
    timeout(LONG, hinted).await.unwrap();
    assert!(!not_told.has_changed().unwrap());

    let connection = world.database.connect().await;
    let nonsense = "SELECT pg_notify('tributary_log', 'nonsense'), pg_notify('tributary_log', '')";
    connection.execute_unprepared(nonsense).await.unwrap();

    // By hand, as another process would.
    let hint = format!(
        "SELECT pg_notify('tributary_log', 'somebody {}')",
        rival.tenant.0
    );
    connection.execute_unprepared(&hint).await.unwrap();
    timeout(LONG, own.changed()).await.unwrap().unwrap();
}
