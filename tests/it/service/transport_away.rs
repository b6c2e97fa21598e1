//! A database that is away: callers are told within seconds, over each
//! transport, and those who follow go on once it is back.

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::io::copy;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use url::Url;

use crate::support::acme::Acme;
use crate::support::client::Client;
use crate::support::db::{self, Backend};
use crate::support::follower::{Socket, Told};
use crate::support::log::Log;
use crate::support::server::Server;

/// "Within a few seconds", on a machine that does much else.
const SOON: Duration = Duration::from_secs(8);

/// What a way to the database does with what it is given.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Open,
    /// Takes it, and passes nothing on.
    Stuck,
    /// Ends connections, and takes no new ones.
    Cut,
}

/// A way to a database, which can be stopped.
struct Passage {
    way: watch::Sender<Way>,
    url: String,
}

impl Passage {
    async fn to(database: &str) -> Self {
        let mut url = Url::parse(database).unwrap();
        let host = url.host_str().unwrap().to_owned();
        let behind = (host, url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port()))
            .unwrap();
        let (way, seen) = watch::channel(Way::Open);
        tokio::spawn(async move {
            while let Ok((front, _)) = listener.accept().await {
                let (behind, seen) = (behind.clone(), seen.clone());
                tokio::spawn(pass(front, behind, seen));
            }
        });
        let url = url.to_string();
        Self { way, url }
    }

    fn becomes(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn pass(mut front: TcpStream, behind: (String, u16), mut way: watch::Receiver<Way>) {
    if way.wait_for(|way| *way != Way::Stuck).await.is_err() || *way.borrow() == Way::Cut {
        return;
    }
    let mut back = TcpStream::connect(behind).await.unwrap();
    let (mut from_front, mut to_front) = front.split();
    let (mut from_back, mut to_back) = back.split();
    let mut copying = std::pin::pin!(async {
        tokio::select! {
            _ = copy(&mut from_front, &mut to_back) => {}
            _ = copy(&mut from_back, &mut to_front) => {}
        }
    });
    loop {
        let now = *way.borrow_and_update();
        let changed = async {
            let _ = way.changed().await;
        };
        match now {
            Way::Cut => return,
            Way::Stuck => changed.await,
            Way::Open => tokio::select! {
                () = copying.as_mut() => return,
                () = changed => {}
            },
        }
    }
}

/// A request, answered soon.
async fn soon(request: reqwest::RequestBuilder) -> Response {
    let began = Instant::now();
    let answer = timeout(Duration::from_secs(60), request.send()).await;
    assert!(began.elapsed() < SOON, "told after {:?}", began.elapsed());
    answer.unwrap().unwrap()
}

/// It is told as what it is, and when to try again.
async fn is_told(request: reqwest::RequestBuilder) {
    let answer = soon(request).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    let body: Value = answer.json().await.unwrap();
    let code = body
        .pointer("/errors/0/extensions/code")
        .or(body.pointer("/error/code"));
    assert_eq!(code, Some(&json!("UNAVAILABLE")), "{body}");
    assert!(body.get("data").is_none(), "{body}");
}

/// The code with which a socket that is opened now is closed.
async fn closes(client: &Client) -> u16 {
    let url = format!("{}/graphql", client.url.replacen("http", "ws", 1));
    let mut request = url.into_client_request().unwrap();
    let protocol = "graphql-transport-ws".parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let (mut socket, _) = connect_async(request).await.unwrap();
    let payload = json!({ "Authorization": format!("Bearer {}", client.token) });
    let init = json!({ "type": "connection_init", "payload": payload });
    socket.send(Message::text(init.to_string())).await.unwrap();
    loop {
        match timeout(SOON, socket.next()).await.unwrap() {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
            Some(Ok(Message::Ping(_))) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Everybody who asks is told.
async fn all_are_told(client: &Client, upload: &str) {
    let http = reqwest::Client::new();
    let address = format!("{}/graphql", client.url);
    // The machine may be busy with other tests: the quickest of some answers counts.
    let mut quickest = Duration::MAX;
    for _ in 0..3 {
        sleep(Duration::from_millis(300)).await;
        let began = Instant::now();
        let ready = http
            .get(format!("{}/readyz", client.url))
            .send()
            .await
            .unwrap();
        assert_eq!(ready.status(), 503);
        quickest = quickest.min(began.elapsed());
    }
    assert!(quickest < Duration::from_secs(2), "{quickest:?}");
    let health = http
        .get(format!("{}/healthz", client.url))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), 200);

    let query = json!({ "query": "{ viewer { role } }" });
    let post = || http.post(&address).bearer_auth(&client.token).json(&query);
    is_told(post()).await;
    is_told(post().header("accept", "text/event-stream")).await;
    is_told(
        http.get(format!("{address}?query=%7Bviewer%7Brole%7D%7D"))
            .bearer_auth(&client.token),
    )
    .await;
    is_told(http.put(upload).bearer_auth(&client.token).body("x")).await;
    assert_eq!(closes(client).await, 1013);
}

/// PostgreSQL stands still, or ends its connections: a subscription of before
/// goes on afterwards.
#[tokio::test]
async fn a_database_that_is_away_is_told_of_soon() {
    let database = db::fresh(Backend::Postgres).await;
    let passage = Passage::to(&database.url).await;
    let server = Server::start(&passage.url).await;
    let acme = Acme::on(&server).await;
    let acme = acme.open_program(crate::support::acme::usual_rules()).await;
    let northwind = acme.partner_without_papers("Northwind").await;
    let deal = acme.deal(&northwind, "10.00").await;
    let upload = acme
        .owner
        .asks(
            "mutation { stagePluginUpload { upload { url } } }",
            json!({}),
        )
        .await;
    let upload = upload["stagePluginUpload"]["upload"]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut follower = Socket::follow(&acme.owner, Some(&deal.id), None).await;
    // Until it follows.
    sleep(Duration::from_secs(1)).await;

    let log = Log::default();
    let listening = log.listen("warn");
    for way in [Way::Cut, Way::Stuck] {
        passage.becomes(way);
        all_are_told(&acme.owner, &upload).await;
        passage.becomes(Way::Open);
        let until_ready = async {
            let address = format!("{}/readyz", server.url);
            while reqwest::get(&address).await.unwrap().status() != 200 {
                sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(Duration::from_secs(30), until_ready).await.unwrap();
    }
    drop(listening);
    let warned = log.text().matches("the database cannot be used").count();
    assert!((1..8).contains(&warned), "{}", log.text());

    acme.wins(&deal).await;
    assert!(matches!(follower.next().await, Told::Event(_)));
}
