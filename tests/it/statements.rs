//! A page costs the same number of statements, however long it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::Request;
use serde_json::json;
use tributary_api::{auth, graphql};
use tributary_domain::clock::SystemClock;
use tributary_domain::scope::{Engine, Origin};
use tributary_domain::{database, keys};
use tributary_plugins::Sandbox;

use crate::acme::Acme;
use crate::db::POOL;
use crate::world::World;

/// Statements for the page below: one for each kind of thing on it, and on
/// PostgreSQL one more before each, which names the tenant.
const MOST: usize = 36;

/// How many more or fewer it may be: what is asked for at the same moment is
/// read together, and moments differ. One statement for each deal would show
/// as dozens.
const CHANCE: usize = 6;

const PAGE: &str = "query($first: Int!) { deals(first: $first) {
    nodes {
        name amount { amount } collected { amount }
        account { name domains }
        registration { partner { name } }
        involvements(first: 5) { nodes { partner { name } } }
        credit { shares { partner { name } } }
        commissions(first: 5) { nodes {
            partner { name } total { amount } earned { amount } paid { amount } rule { kind }
            earnings(first: 5) { nodes { amount { amount } state } }
        } }
        collections(first: 5) { nodes { amount { amount } } }
    }
    pageInfo { hasNextPage endCursor }
} }";

/// Deals in the tenant, and on the long page.
const MANY: usize = 50;

story! {
    /// Fifty deals with all that hangs on them take as many statements as five.
    async fn a_longer_page_takes_no_more_statements(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        for number in 0..MANY {
            let deal = acme.deal(&partner, "1000.00").await;
            if number % 2 == 0 {
                acme.wins(&deal).await;
                acme.collects(&deal, "500.00").await;
            }
        }
        let short = statements(&world, &acme, 5).await;
        let long = statements(&world, &acme, MANY).await;
        println!("{:?}: {short} statements for 5 deals, {long} for {MANY}", world.database.backend);
        assert!(long <= short + CHANCE, "{short} statements, then {long}");
        assert!(long <= MOST, "{long} statements");
    }
}

/// Counts the statements of one page, executed in this process.
async fn statements(world: &World, acme: &Acme, first: usize) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let mut db = database::connect(&world.database.url, POOL).await.unwrap();
    db.set_metric_callback(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let sandbox = Arc::new(Sandbox::new().unwrap());
    let engine = Engine::new(db, sandbox, Vec::new(), Arc::new(SystemClock));
    let scope = keys::authenticate(&engine, &acme.owner.token, Origin::default()).await;
    let scope = scope.unwrap().unwrap();

    count.store(0, Ordering::Relaxed);
    let mut request = Request::new(PAGE);
    request = request.variables(async_graphql::Variables::from_json(
        json!({ "first": first }),
    ));
    request.data = auth::beside(scope, world.server.url.clone());
    let answer = graphql::schema().execute(request).await;
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    let data = answer.data.into_json().unwrap();
    assert_eq!(data["deals"]["nodes"].as_array().unwrap().len(), first);
    let commission = &data["deals"]["nodes"][0]["commissions"]["nodes"][0];
    assert_eq!(
        commission["earnings"]["nodes"][0]["amount"]["amount"], "50.00",
        "{commission}"
    );
    count.load(Ordering::Relaxed)
}
