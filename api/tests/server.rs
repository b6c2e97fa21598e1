//! The whole server over a real database: its door, its health, its end.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tributary_api::{AppState, serve};
use tributary_domain::access::Role;
use tributary_domain::clock::SystemClock;
use tributary_domain::database::Database;
use tributary_domain::entity::tenant::Kind;
use tributary_domain::keyring::Keyring;
use tributary_domain::scope::{Engine, Origin};
use tributary_domain::tenant::keys::{self, KeyPurpose};
use tributary_domain::tenant::tenants;
use tributary_migrations::{Migrator, MigratorTrait};
use tributary_plugins::Sandbox;
use tributary_web::accept::MAX_HALF_OPEN;

struct Server {
    address: SocketAddr,
    engine: Engine,
    stop: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
    _directory: TempDir,
}

impl Server {
    /// Over a database that has no schema yet.
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("t.db").display());
        let db = Database::connect(&url, 5).await.unwrap();
        let sandbox = Arc::new(Sandbox::new().unwrap());
        let engine = Engine::new(
            db,
            sandbox,
            Vec::new(),
            Arc::new(SystemClock),
            Keyring::parse(Keyring::new_key().unwrap().expose()).unwrap(),
        );

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut state = AppState::new(engine.clone(), format!("http://{address}"));
        state.timings.head = Duration::from_secs(1);
        state.timings.silence = Duration::from_secs(1);
        state.edge.origins = vec!["https://app.example".parse().unwrap()];
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.unwrap_or_default() };
        let running = tokio::spawn(serve(listener, state, stopped));
        Self {
            address,
            engine,
            stop,
            running,
            _directory: directory,
        }
    }

    async fn migrated() -> Self {
        let server = Self::start().await;
        Migrator::up(&*server.engine.db, None).await.unwrap();
        server
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        reqwest::get(self.url(path)).await.unwrap()
    }

    async fn ask(&self, token: &str) -> reqwest::Response {
        self.query(token, "{ __typename }").await
    }

    async fn query(&self, token: &str, query: &str) -> reqwest::Response {
        let request = reqwest::Client::new().post(self.url("/graphql"));
        let body = json!({ "query": query });
        request.bearer_auth(token).json(&body).send().await.unwrap()
    }

    /// The first key of a new tenant.
    async fn key(&self) -> keys::NewKey {
        let tenant = tenants::create(&self.engine, "Acme", Kind::Live, None)
            .await
            .unwrap();
        keys::create_for(&self.engine, tenant.id, "ada", Role::Owner, None)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn it_is_alive_at_once_and_ready_when_the_schema_is_there() {
    let server = Server::start().await;
    assert_eq!(server.get("/healthz").await.status(), 200);
    assert_eq!(server.get("/readyz").await.status(), 503);
    Migrator::up(&*server.engine.db, None).await.unwrap();
    // What was seen holds for a quarter of a second.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.get("/readyz").await.status(), 200);
}

#[tokio::test]
async fn a_key_opens_the_door_until_it_is_revoked() {
    let server = Server::migrated().await;
    let key = server.key().await;
    let answer = server.ask(&key.token).await;
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["data"]["__typename"], "Query");

    let (id, secret) = key.token.rsplit_once('.').unwrap();
    let other = server.key().await;
    let (other_id, _) = other.token.rsplit_once('.').unwrap();
    for wrong in [
        id.to_owned(),
        format!("{id}.x"),
        format!("{other_id}.{secret}"),
    ] {
        assert_eq!(server.ask(&wrong).await.status(), 401, "{wrong}");
    }

    let origin = Origin::default();
    let scope = keys::authenticate(&server.engine, &key.token, origin)
        .await
        .unwrap();
    keys::revoke(&scope.unwrap(), None, key.key.id)
        .await
        .unwrap();
    assert_eq!(server.ask(&key.token).await.status(), 401);
    assert_eq!(server.ask(&other.token).await.status(), 200);
}

/// Also against the executor: it lets only some nullable fields fail alone.
#[tokio::test]
async fn what_a_key_may_not_read_is_null_and_the_rest_is_answered() {
    let server = Server::migrated().await;
    let owner = server.key().await;
    let origin = Origin::default();
    let scope = keys::authenticate(&server.engine, &owner.token, origin).await;
    let scope = scope.unwrap().unwrap();
    let purpose = KeyPurpose {
        name: "crm".to_owned(),
        role: Role::Integrator,
        partner: None,
        is_service: true,
    };
    let (_, token) = keys::create(&scope, None, purpose).await.unwrap();
    let token = token.unwrap();

    let query = "{ viewer { actor { kind name } } apiKeys { nodes { id } } ledger { balanced } \
                 events { kind } deals { nodes { id } } }";
    let answer: Value = server.query(&token, query).await.json().await.unwrap();
    let data = json!({
        "viewer": { "actor": { "kind": "SERVICE", "name": "crm" } },
        "apiKeys": null,
        "ledger": null,
        "events": null,
        "deals": { "nodes": [] },
    });
    assert_eq!(answer["data"], data, "{answer}");
    let errors = answer["errors"].as_array().unwrap().iter();
    let codes: Vec<_> = errors.map(|error| &error["extensions"]["code"]).collect();
    assert_eq!(codes, ["FORBIDDEN"; 3], "{answer}");

    let answer: Value = server
        .query(&owner.token, query)
        .await
        .json()
        .await
        .unwrap();
    assert!(answer.get("errors").is_none(), "{answer}");
    assert_eq!(answer["data"]["ledger"]["balanced"], true);
}

#[tokio::test]
async fn adding_up_the_ledger_has_its_price() {
    let server = Server::migrated().await;
    let key = server.key().await;
    let fields: Vec<_> = (0..25)
        .map(|n| format!("l{n}: ledger {{ balanced entryCount }}"))
        .collect();
    let query = format!("{{ {} }}", fields.join(" "));
    let answer: Value = server.query(&key.token, &query).await.json().await.unwrap();
    let code = &answer["errors"][0]["extensions"]["code"];
    assert_eq!(code, "QUERY_TOO_COMPLEX", "{answer}");
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let server = Server::migrated().await;
    let answer = server.ask("nobody").await;
    assert_eq!(answer.headers()["x-request-id"].len(), 36);

    let request = reqwest::Client::new()
        .get(server.url("/"))
        .header("x-request-id", "mine-12345");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], "mine-12345");
}

#[tokio::test]
async fn a_browser_gets_the_editor_and_all_that_it_loads() {
    let server = Server::start().await;
    let request = reqwest::Client::new().get(server.url("/graphql"));
    let page = request
        .header("accept", "text/html,*/*;q=0.8")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = page.text().await.unwrap();
    assert_eq!(html, server.get("/").await.text().await.unwrap());
    for rest in html.split("\"/graphiql/").skip(1) {
        let name = rest.split('"').next().unwrap();
        assert_eq!(
            server.get(&format!("/graphiql/{name}")).await.status(),
            200,
            "{name}"
        );
    }
}

#[tokio::test]
async fn only_pages_of_allowed_origins_may_call() {
    let server = Server::start().await;
    let client = reqwest::Client::new();
    for (origin, allowed) in [
        ("https://app.example", true),
        ("https://evil.example", false),
    ] {
        let preflight = client
            .request(reqwest::Method::OPTIONS, server.url("/graphql"))
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        let answer = preflight.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let named = answer.headers().get("access-control-allow-origin");
        assert_eq!(named.is_some_and(|named| named == origin), allowed);
        assert_eq!(named.is_some(), allowed);

        let call = client.post(server.url("/graphql")).header("origin", origin);
        let answer = call
            .json(&json!({ "query": "{ a }" }))
            .send()
            .await
            .unwrap();
        let named = answer.headers().get("access-control-allow-origin");
        assert_eq!(named.is_some_and(|named| named == origin), allowed);
        assert_eq!(named.is_some(), allowed);
    }
}

#[tokio::test]
async fn a_head_that_does_not_come_is_not_waited_for() {
    let server = Server::start().await;
    for begun in ["", "POST /graphql HTTP/1.1\r\nhost: here\r\n"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let closed = timeout(Duration::from_secs(10), stream.read_to_end(&mut rest));
        closed.await.expect("it is closed").unwrap();
    }
}

/// Connections of one address that never send a request are closed from a number
/// on; those that did send one are not counted, and neither are those that ended.
#[tokio::test]
async fn half_open_heads_of_one_address_are_capped() {
    let server = Server::start().await;
    let client = reqwest::Client::new();
    let asks = async || {
        client
            .get(server.url("/healthz"))
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(asks().await, 200);
    let mut open = Vec::new();
    for _ in 0..MAX_HALF_OPEN {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\n")
            .await
            .unwrap();
        open.push(stream);
    }
    assert!(is_turned_away(&server).await);
    // It had sent one, and may go on.
    assert_eq!(asks().await, 200);

    open[0].write_all(b"host: here\r\n\r\n").await.unwrap();
    let answer = timeout(Duration::from_secs(5), open[0].read_u8()).await;
    assert_eq!(answer.unwrap().unwrap(), b'H');
    assert!(!is_turned_away(&server).await);
    drop(open);
}

/// Whether a new connection is closed before it has asked anything.
async fn is_turned_away(server: &Server) -> bool {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let closed = timeout(Duration::from_millis(300), stream.read_u8());
    closed.await.is_ok()
}

/// Whoever takes nothing of what is sent to it loses its connection.
#[tokio::test]
async fn a_client_that_reads_nothing_is_let_go() {
    let server = Server::start().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(server.address).await.unwrap();
    // More than systems keep for it.
    const ASKED: usize = 200;
    let request = "GET /graphiql/graphiql.min.js HTTP/1.1\r\nhost: here\r\n\r\n";
    stream
        .write_all(request.repeat(ASKED).as_bytes())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    let mut all = Vec::new();
    let ended = timeout(Duration::from_secs(10), stream.read_to_end(&mut all)).await;
    ended.expect("the connection has an end").ok();
    let answers = all.windows(12).filter(|bytes| bytes == b"HTTP/1.1 200");
    assert!(answers.count() < ASKED);
}

#[tokio::test]
async fn it_stops_when_told_and_says_goodbye_to_sockets() {
    let server = Server::migrated().await;
    let key = server.key().await;
    let url = format!("ws://{}/graphql", server.address);
    let mut request = url.into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert(
        "sec-websocket-protocol",
        "graphql-transport-ws".parse().unwrap(),
    );
    headers.insert(
        "authorization",
        format!("Bearer {}", key.token).parse().unwrap(),
    );
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    let init = json!({ "type": "connection_init" }).to_string();
    socket.send(Message::text(init)).await.unwrap();
    let ack = socket.next().await.unwrap().unwrap();
    assert_eq!(ack.to_text().unwrap(), r#"{"type":"connection_ack"}"#);

    server.stop.send(()).unwrap();
    let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else {
        panic!("the socket was not closed");
    };
    assert_eq!(u16::from(frame.code), 1001);
    let ended = timeout(Duration::from_secs(5), server.running);
    ended.await.unwrap().unwrap().unwrap();
    assert!(
        reqwest::get(format!("http://{}/healthz", server.address))
            .await
            .is_err()
    );
}
