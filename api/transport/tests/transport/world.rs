//! A server with a small schema, and a door that knows two keys.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_graphql::futures_util::stream::{self, Stream, StreamExt};
use async_graphql::{Context, Data, Object, Schema, Subscription};
use axum::response::IntoResponse;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tributary_transport::connections::ConnectionLimit;
use tributary_transport::document::Documents;
use tributary_transport::document::definitions::Scalars;
use tributary_transport::document::directives::list_size;
use tributary_transport::gateway::{Denied, Gateway, MAX_CONNECTIONS, Timings};
use tributary_transport::served::Served;
use tributary_transport::sharing::{Audience, Telling};
use tributary_transport::unread::Unread;
use tributary_transport::workers::{self, Workers};

/// The key of every world.
pub const KEY: &str = "good";
/// A key of somebody else, who is told other things.
pub const OTHER_KEY: &str = "good too";

/// What the resolvers and the door of a world share with its test.
#[derive(Clone, Default)]
pub struct Shared {
    /// How often the mutation ran.
    pub paid: Arc<AtomicUsize>,
    /// Streams that are alive.
    pub streams: Arc<AtomicUsize>,
    /// How often the field that takes a while was resolved.
    pub slow: Arc<AtomicUsize>,
    /// Whether the key was revoked.
    pub revoked: Arc<AtomicBool>,
    /// Whether keys cannot be looked up.
    pub down: Arc<AtomicBool>,
}

/// Who was let in.
struct Holder(String);

fn on_purpose() -> i32 {
    panic!("on purpose")
}

pub struct Query;

#[Object]
impl Query {
    async fn value(&self) -> i32 {
        7
    }

    async fn echo(&self, text: String) -> String {
        text
    }

    async fn holder(&self, ctx: &Context<'_>) -> String {
        ctx.data_unchecked::<Holder>().0.clone()
    }

    async fn broken(&self) -> async_graphql::Result<i32> {
        Err(std::io::Error::other("secret words of the database").into())
    }

    async fn partial(&self) -> Option<async_graphql::Result<i32>> {
        Some(Err(async_graphql::Error::new("not now")))
    }

    async fn panics(&self) -> i32 {
        on_purpose()
    }

    async fn lingers(&self) -> i32 {
        std::future::pending().await
    }

    /// Keeps its thread for a while.
    async fn slow(&self, ctx: &Context<'_>) -> usize {
        std::thread::sleep(Duration::from_micros(200));
        let slow = &ctx.data_unchecked::<Shared>().slow;
        slow.fetch_add(1, Ordering::SeqCst)
    }

    /// A text of a kibibyte.
    async fn text(&self) -> String {
        "x".repeat(1024)
    }

    async fn nested(&self) -> Self {
        Self
    }

    #[graphql(directive = list_size::apply(None, Some(vec!["first".to_owned()]), None))]
    async fn list(&self, first: i32) -> Vec<Self> {
        (0..first).map(|_| Self).collect()
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn pay(&self, ctx: &Context<'_>) -> usize {
        ctx.data_unchecked::<Shared>()
            .paid
            .fetch_add(1, Ordering::SeqCst)
            + 1
    }

    async fn crash(&self) -> i32 {
        on_purpose()
    }
}

pub struct Ticks;

/// Counts itself among the living streams.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(ctx: &Context<'_>) -> Self {
        let streams = Arc::clone(&ctx.data_unchecked::<Shared>().streams);
        streams.fetch_add(1, Ordering::SeqCst);
        Self(streams)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[Subscription]
impl Ticks {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    async fn forever(&self, ctx: &Context<'_>) -> impl Stream<Item = i32> {
        let alive = Alive::new(ctx);
        stream::iter([1])
            .chain(stream::pending())
            .inspect(move |_| {
                let _ = &alive;
            })
    }

    /// As much as the client takes: 4 KiB each.
    async fn flood(&self, ctx: &Context<'_>) -> impl Stream<Item = String> {
        let alive = Alive::new(ctx);
        stream::repeat_with(move || {
            let _ = &alive;
            "x".repeat(4096)
        })
    }

    async fn slow(&self, ctx: &Context<'_>) -> impl Stream<Item = Query> {
        let alive = Alive::new(ctx);
        stream::repeat_with(move || {
            let _ = &alive;
            Query
        })
    }

    /// Events with the numbers up to `to`.
    async fn told(&self, ctx: &Context<'_>, to: u8) -> impl Stream<Item = Query> {
        let telling = ctx.data_unchecked::<Telling>().clone();
        stream::iter(1..=to).map(move |number| {
            telling.tell(number.into(), 0);
            Query
        })
    }

    async fn stumble(&self) -> impl Stream<Item = i32> {
        stream::once(async { on_purpose() })
    }
}

pub struct World {
    pub address: SocketAddr,
    pub shared: Shared,
    pub stop: watch::Sender<bool>,
    /// Operations run on its one thread.
    runtime: Option<Runtime>,
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(Timings::default()).await
    }

    pub async fn with(timings: Timings) -> Self {
        let shared = Shared::default();
        let (stop, stopping) = watch::channel(false);
        let schema = Served::new(|| Schema::build(Query, Mutation, Ticks).data(shared.clone()));
        let documents = Documents::new(&schema.schema().sdl(), Scalars::default()).unwrap();
        let runtime = workers::runtime(1).unwrap();
        let door = shared.clone();
        let gateway = Gateway {
            schema,
            documents: Arc::new(documents),
            workers: Workers::new(runtime.handle().clone()),
            authenticate: Arc::new(move |caller| {
                let door = door.clone();
                Box::pin(async move { admit(&door, caller.token) })
            }),
            timings,
            unread: Unread::default(),
            connections: ConnectionLimit::new(MAX_CONNECTIONS),
            stopping,
            editor: || "the editor".into_response(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = tributary_transport::http::routes(gateway);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            address,
            shared,
            stop,
            runtime: Some(runtime),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    pub fn paid(&self) -> usize {
        self.shared.paid.load(Ordering::SeqCst)
    }

    /// How often the field that takes a while was resolved.
    pub fn slow(&self) -> usize {
        self.shared.slow.load(Ordering::SeqCst)
    }

    pub fn streams(&self) -> usize {
        self.shared.streams.load(Ordering::SeqCst)
    }

    pub fn revoke(&self) {
        self.shared.revoked.store(true, Ordering::SeqCst);
    }

    /// Waits until this many streams are alive.
    pub async fn until_streams(&self, expected: usize) {
        for _ in 0..2_000 {
            if self.streams() == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} streams are alive, not {expected}", self.streams());
    }
}

fn admit(shared: &Shared, token: Option<String>) -> Result<Data, Denied> {
    if shared.down.load(Ordering::SeqCst) {
        return Err(Denied::Unavailable);
    }
    match token {
        Some(token)
            if [KEY, OTHER_KEY].contains(&token.as_str())
                && !shared.revoked.load(Ordering::SeqCst) =>
        {
            let mut data = Data::default();
            data.insert(Audience(token.as_str().into()));
            data.insert(Holder(token));
            Ok(data)
        }
        _ => Err(Denied::Unauthenticated),
    }
}
