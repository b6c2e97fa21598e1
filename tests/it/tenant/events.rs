//! The log, and those who follow it: nothing is missed, nothing comes twice.

use std::time::Duration;

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tributary_api::AppState;
use tributary_transport::gateway::Timings;

use crate::support::acme::{Acme, Deal, usd};
use crate::support::client::Client;
use crate::support::db::Backend;
use crate::support::follower::{Socket, Stream, Told};
use crate::support::server::Server;
use crate::support::world::World;

/// The same key at another server.
fn at(server: &Server, client: &Client) -> Client {
    Client::new(&server.url, &client.token)
}

/// Moves deals at the same time, by turns at two servers.
async fn move_at_once(servers: [&Client; 2], deals: &[&Deal], rounds: usize) {
    let moves = (0..rounds).flat_map(|round| {
        deals.iter().enumerate().map(move |(number, deal)| {
            let client = servers[(round + number) % 2];
            let stage = format!("Stage {round}");
            let key = format!("{} {stage}", deal.id);
            let input = json!({ "idempotencyKey": key, "id": deal.id, "stage": stage });
            client.does("moveDeal", "deal { id }", input)
        })
    });
    join_all(moves).await;
}

/// The tenant's whole log, page by page: position and deal.
async fn whole_log(client: &Client) -> Vec<Value> {
    let document = "query($after: Position) { events(first: 100, after: $after) {
        position kind subject data actor { name } deal { id } } }";
    let mut log: Vec<Value> = Vec::new();
    loop {
        let after = log.last().map(|event| event["position"].clone());
        assert!(log.len() < 1_000, "the log of a story ends");
        let page = client.asks(document, json!({ "after": after })).await;
        match page["events"].as_array().unwrap().as_slice() {
            [] => return log,
            events => log.extend_from_slice(events),
        }
    }
}

async fn log_of(client: &Client, deal: &Deal) -> Vec<Value> {
    let mut log = whole_log(client).await;
    log.retain(|event| event["deal"]["id"] == deal.id);
    log
}

story! {
    /// Positions are 1, 2, 3 and so on, also when many write at two servers.
    async fn the_log_has_no_gaps(world: World) {
        let second = Server::start(&world.database.url).await;
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let (one, two) = (acme.deal(&partner, "10.00").await, acme.deal(&partner, "20.00").await);
        let other = at(&second, &acme.owner);
        move_at_once([&acme.owner, &other], &[&one, &two], 10).await;

        let log = whole_log(&other).await;
        let positions: Vec<String> =
            log.iter().map(|event| event["position"].as_str().unwrap().to_owned()).collect();
        let expected: Vec<String> = (1..=log.len()).map(|position| format!("0-{position}")).collect();
        assert_eq!(positions, expected);
        let moved = log.iter().filter(|event| event["kind"] == "DEAL_STAGE_CHANGED").count();
        assert_eq!(moved, 20, "every acknowledged command is in the log once");
    }
}

story! {
    /// A follower of one deal hears all of it, in order, while other deals
    /// change too and at both servers; a cut in the middle costs nothing.
    async fn a_follower_misses_nothing_and_hears_nothing_twice(world: World) {
        let second = Server::start(&world.database.url).await;
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let (deal, noise) = (acme.deal(&partner, "10.00").await, acme.deal(&partner, "20.00").await);
        let (near, far) = (&acme.owner, at(&second, &acme.owner));
        let start = json!("0");
        let mut socket = Socket::follow(near, Some(&deal.id), Some(&start)).await;
        let mut stream = Stream::follow(&far, Some(&deal.id), Some(&start)).await;

        let both = [&deal, &noise];
        let moving = move_at_once([near, &far], &both, 12);
        let following = async {
            let mut heard = socket.events(7).await;
            drop(socket);
            let last = heard.last().unwrap()["position"].clone();
            let mut resumed = Socket::follow(&far, Some(&deal.id), Some(&last)).await;
            // Opened, its part recorded and confirmed, and moved twelve times.
            heard.extend(resumed.events(15 - 7).await);
            (heard, resumed)
        };
        let ((), (heard, mut resumed)) = tokio::join!(moving, following);
        assert_eq!(heard, log_of(near, &deal).await);
        assert_eq!(stream.events(15).await, heard, "server-sent events tell the same");

        acme.wins(&deal).await;
        acme.collects(&deal, "6.00").await;
        acme.refunds(&deal, "1.00").await;
        let logged = log_of(near, &deal).await;
        let later = resumed.events(logged.len() - 15).await;
        assert_eq!(later, logged[15..], "and it goes on");
        assert_eq!(stream.events(later.len()).await, later);
        let last = later.last().unwrap();
        assert_eq!(last["kind"], "EARNING_RELEASED");
        assert_eq!(last["data"]["amount"], usd("-0.10"), "{last}");
    }
}

story! {
    /// Without a position one hears what comes from now on.
    async fn a_new_follower_begins_now(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let deal = acme.deal(&partner, "10.00").await;
        let mut all = Socket::follow(&acme.owner, None, None).await;
        // The subscription stands when something that comes later is heard.
        let mut marks = 0;
        let heard = loop {
            let stage = format!("Mark {marks}");
            let input = json!({ "idempotencyKey": stage, "id": deal.id, "stage": stage });
            acme.owner.does("moveDeal", "deal { id }", input).await;
            marks += 1;
            let next = tokio::time::timeout(Duration::from_millis(500), all.events(1)).await;
            if let Ok(mut heard) = next {
                break heard.remove(0);
            }
        };
        assert_eq!(heard["kind"], "DEAL_STAGE_CHANGED", "the past is not told: {heard}");
    }
}

story! {
    /// Who may not see a deal hears that there is none, and nothing else; over
    /// either way, and as of a deal that there is not. A partner hears of its
    /// own deal without the figures and names.
    async fn strangers_hear_nothing(world: World) {
        let (acme, rival) = (Acme::new(&world).await, Acme::new(&world).await);
        let (north, south) = (acme.partner("Northwind").await, acme.partner("Southridge").await);
        let deal = acme.deal(&north, "10.00").await;
        let start = json!("0");
        for stranger in [&rival.owner, &south.client] {
            assert_refused(stranger, Some(&deal.id), "NOT_FOUND").await;
        }
        assert_refused(&acme.owner, Some("del_nowhere"), "NOT_FOUND").await;
        assert_refused(&north.client, None, "FORBIDDEN").await;
        let mut own = Socket::follow(&north.client, Some(&deal.id), Some(&start)).await;
        let opened = own.events(1).await.remove(0);
        assert_eq!(opened["kind"], "INVOLVEMENT_RECORDED", "nothing older than its own part");
        assert_eq!(opened["deal"]["id"], deal.id);
        assert_eq!((&opened["data"], &opened["actor"]), (&Value::Null, &Value::Null));
    }
}

/// Over a socket and over server-sent events.
async fn assert_refused(client: &Client, deal: Option<&str>, code: &str) {
    let start = json!("0");
    let mut socket = Socket::follow(client, deal, Some(&start)).await;
    let mut stream = Stream::follow(client, deal, Some(&start)).await;
    for told in [socket.next().await, stream.next().await] {
        assert!(
            matches!(&told, Told::Error(found) if found == code),
            "{told:?} is not {code}"
        );
    }
    assert!(matches!(stream.next().await, Told::Complete));
}

story! {
    /// A revoked key ends what it has open.
    async fn a_revoked_key_hears_no_more(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let deal = acme.deal(&partner, "10.00").await;
        let mia = acme.person("Mia", "MANAGER").await;
        let impatient = watchful(&world).await;
        let mut socket =
            Socket::follow(&Client::new(&impatient, &mia.token), Some(&deal.id), Some(&json!("0"))).await;
        socket.events(3).await;

        let id = mia.token.split('.').nth(1).unwrap();
        acme.owner.does("revokeApiKey", "apiKey { id }", json!({ "id": id })).await;
        match socket.next().await {
            Told::Closed(code) => assert_eq!(code, 4403),
            other => panic!("{other:?}"),
        }
    }
}

/// A server over the same engine that looks at keys every tenth of a second.
async fn watchful(world: &World) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut state = AppState::new(world.server.engine.clone(), url.clone());
    state.timings = Timings {
        recheck: Duration::from_millis(100),
        ..Timings::default()
    };
    tokio::spawn(tributary_api::serve(
        listener,
        state,
        std::future::pending(),
    ));
    url
}

/// The transactions of a PostgreSQL database so far, as it counts them itself.
async fn transactions(world: &World) -> i64 {
    let connection = world.database.connect().await;
    let sql = "SELECT xact_commit + xact_rollback FROM pg_stat_database
               WHERE datname = current_database()";
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// Counted by PostgreSQL; SQLite counts no transactions.
#[tokio::test]
async fn sockets_that_wait_ask_the_database_nothing() {
    let world = World::new(Backend::Postgres).await;
    let acme = Acme::new(&world).await;
    let partner = acme.partner("Northwind").await;
    let deal = acme.deal(&partner, "1000.00").await;
    let document = "{ viewer { tenant { lastPosition } } }";
    let answer = acme.owner.asks(document, json!({})).await;
    let now = answer["viewer"]["tenant"]["lastPosition"].clone();
    let mut sockets = Vec::new();
    for number in 0..60 {
        let client = if number % 2 == 0 {
            &acme.owner
        } else {
            &partner.client
        };
        sockets.push(Socket::follow(client, Some(&deal.id), Some(&now)).await);
    }
    let input =
        |stage: &str| json!({ "idempotencyKey": acme.key(), "id": deal.id, "stage": stage });
    // All of them follow once all have told of this.
    acme.owner
        .does("moveDeal", "deal { id }", input("Verbal yes"))
        .await;
    for socket in &mut sockets {
        assert!(matches!(socket.next().await, Told::Event(_)));
    }
    // PostgreSQL adds up what a session did once it has been idle for a second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = transactions(&world).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let asked = transactions(&world).await - before;
    // Each asking once a second would make 240.
    assert!(asked < 60, "{asked} transactions");
    acme.owner
        .does("moveDeal", "deal { id }", input("Signed"))
        .await;
    for socket in &mut sockets {
        assert!(matches!(socket.next().await, Told::Event(_)));
    }
}
