//! A page costs the same number of statements, however long it is.

use std::sync::Arc;

use async_graphql::{Executor, Request};
use serde_json::{Value, json};
use tributary_api::auth;
use tributary_domain::clock::SystemClock;
use tributary_domain::database::Database;
use tributary_domain::scope::{Engine, Origin};
use tributary_domain::tenant::keys;
use tributary_graphql as graphql;
use tributary_plugins::Sandbox;

use crate::support::acme::{Acme, Deal, Partner, text, usd};
use crate::support::db::POOL;
use crate::support::server::keyring;
use crate::support::world::World;

/// Statements for the page below: one for each kind of thing on it, and those that
/// begin, name the tenant of and end its one snapshot: about 20, and a few by chance.
const MOST: usize = 26;

/// Round trips to register a deal of a new customer, and to win one with one partner.
const MOST_TO_REGISTER: usize = 21;
const MOST_TO_WIN: usize = 59;

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
            partner { name } total { amount } earned { amount } paid { amount } rule { role }
            earnings(first: 5) { nodes { amount { amount } state } }
        } }
        collections(first: 5) { nodes { amount { amount } } }
    }
    pageInfo { hasNextPage endCursor }
} }";

/// Deals in the tenant, and on the long page.
const MANY: usize = 50;

/// A deal that began as the partner's own registration.
async fn registered(acme: &Acme, partner: &Partner, number: usize) -> Deal {
    let (name, domain) = (
        format!("Claimed {number}"),
        format!("registered-{number}.example"),
    );
    let registration = acme.registration(partner, &name, &domain);
    let selection = "registration { id }";
    let registration = partner
        .client
        .does("registerDeal", selection, registration)
        .await;
    let input = json!({
        "idempotencyKey": acme.key(), "id": registration["id"], "name": "A deal",
        "amount": usd("1000.00"), "stage": "Qualified",
    });
    let deal = acme.owner.does("convertRegistration", "deal { id }", input);
    Deal {
        id: text(&deal.await["id"]),
    }
}

story! {
    /// Fifty deals with all that hangs on them take as many statements as five:
    /// of three partners, half of them registered, half of them won and paid.
    async fn a_longer_page_takes_no_more_statements(world: World) {
        let acme = Acme::new(&world).await;
        let partners = [
            acme.partner("Northwind").await,
            acme.partner("Southridge").await,
            acme.partner("Eastbay").await,
        ];
        for number in 0..MANY {
            let partner = &partners[number % partners.len()];
            let deal = match number % 2 {
                0 => registered(&acme, partner, number).await,
                _ => acme.deal(partner, "1000.00").await,
            };
            if number % 4 < 2 {
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

/// Executes an operation in this process, and counts its statements.
pub async fn counted(
    world: &World,
    token: &str,
    document: &str,
    variables: Value,
) -> (Value, usize) {
    let db = Database::connect(&world.database.url, POOL).await.unwrap();
    let sandbox = Arc::new(Sandbox::new().unwrap());
    let engine = Engine::new(db, sandbox, Vec::new(), Arc::new(SystemClock), keyring());
    let scope = keys::authenticate(&engine, token, Origin::default()).await;
    let scope = scope.unwrap().unwrap();
    let meter = scope.meter().clone();
    let mut request = Request::new(document);
    request = request.variables(async_graphql::Variables::from_json(variables));
    request.data = auth::request_data(scope, world.server.url.clone());
    let answer = graphql::served().execute(request).await;
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    let statements = usize::try_from(meter.count()).unwrap();
    (answer.data.into_json().unwrap(), statements)
}

/// Counts the statements of the page.
async fn statements(world: &World, acme: &Acme, first: usize) -> usize {
    let variables = json!({ "first": first });
    let (data, statements) = counted(world, &acme.owner.token, PAGE, variables).await;
    let deals = data["deals"]["nodes"].as_array().unwrap();
    assert_eq!(deals.len(), first);
    let registered = deals
        .iter()
        .filter(|deal| deal["registration"]["partner"]["name"].is_string());
    assert_eq!(registered.count(), first.div_ceil(2), "{deals:#?}");
    let commission = &deals[0]["commissions"]["nodes"][0];
    assert_eq!(
        commission["earnings"]["nodes"][0]["amount"]["amount"], "50.00",
        "{commission}"
    );
    statements
}

story! {
    /// A command takes so many round trips, the look-up of its key and what it reads
    /// afterwards included.
    async fn commands_take_few_round_trips(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let register = "mutation($input: RegisterDealInput!) {
            registerDeal(input: $input) { registration { state } userErrors { message } } }";
        let input = json!({ "input": acme.registration(&partner, "Globex", "globex.example") });
        let (answer, registering) = counted(&world, &acme.owner.token, register, input).await;
        assert_eq!(answer["registerDeal"]["registration"]["state"], "APPROVED", "{answer}");
        let deal = acme.deal(&partner, "1000.00").await;
        let win = "mutation($input: CloseDealWonInput!) {
            closeDealWon(input: $input) { deal { state } userErrors { message } } }";
        let input = json!({ "input": { "idempotencyKey": acme.key(), "id": deal.id } });
        let (answer, winning) = counted(&world, &acme.owner.token, win, input).await;
        assert_eq!(answer["closeDealWon"]["deal"]["state"], "CLOSED_WON", "{answer}");
        println!("{:?}: registering {registering}, winning {winning}", world.database.backend);
        assert!(registering <= MOST_TO_REGISTER, "registering takes {registering}");
        assert!(winning <= MOST_TO_WIN, "winning takes {winning}");
    }
}
