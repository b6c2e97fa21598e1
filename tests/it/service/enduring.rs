//! What lasts: readers over a database that fails, readers through time, and
//! servers beside newer ones.

use sea_orm::ConnectionTrait;
use serde_json::json;
use tokio::time::{Duration, sleep, timeout};
use tributary_domain::database::Database;

use crate::rule::rules::accelerator;
use crate::support::acme::{Acme, text};
use crate::support::follower::Stream;
use crate::support::world::World;

/// How long a reader waits for what must come.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

story! {
    /// A database that fails for a while interrupts those who follow, and ends
    /// nothing.
    async fn a_reader_outlives_a_failing_database(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let deal = acme.deal(&partner, "12000.00").await;
        let mut stream = Stream::follow(&acme.owner, Some(&deal.id), Some(&json!("0"))).await;
        stream.events(2).await;

        let db = Database::connect(&world.database.url, 1).await.unwrap();
        db.execute_unprepared("ALTER TABLE tenant RENAME TO tenant_away").await.unwrap();
        // Longer than a server waits between two looks at its own.
        sleep(Duration::from_millis(1_500)).await;
        db.execute_unprepared("ALTER TABLE tenant_away RENAME TO tenant").await.unwrap();
        acme.wins(&deal).await;
        while stream.events(1).await[0]["kind"] != "DEAL_CLOSED_WON" {}
    }
}

/// The states of the deal's earnings, as each event tells them.
const STATES: &str = "subscription($deal: ID) {
    dealStatusChanged(dealId: $deal, after: \"0\") {
        kind deal { earnings { nodes { state } } } } }";

story! {
    /// What a reader is told is as of the event, however long it has listened.
    async fn a_reader_is_told_the_present(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let deal = acme.deal(&partner, "12000.00").await;
        acme.wins(&deal).await;

        let body = json!({ "query": STATES, "variables": { "deal": deal.id } });
        let request = reqwest::Client::new().post(format!("{}/graphql", acme.owner.url));
        let request = request.bearer_auth(&acme.owner.token).json(&body);
        let request = request.header("accept", "text/event-stream");
        let mut response = request.send().await.unwrap();
        let mut told = String::new();
        let mut until = async |what: &str| {
            let telling = async {
                while !told.contains(what) {
                    let chunk = response.chunk().await.unwrap().unwrap();
                    told.push_str(std::str::from_utf8(&chunk).unwrap());
                }
            };
            timeout(LONGEST_WAIT, telling).await.expect(what);
        };
        until("DEAL_CLOSED_WON").await;
        acme.collects(&deal, "6000.00").await;
        until(r#"{"nodes":[{"state":"HELD"}]}"#).await;
        // Long after the hold, and no earlier than the first event of then.
        acme.day("2027-12-01").await;
        acme.collects(&deal, "6000.00").await;
        until(r#"{"nodes":[{"state":"PAYABLE"},{"state":"HELD"}]}"#).await;
    }
}

story! {
    /// A server is ready as long as its own steps are there: a newer one may
    /// have taken more.
    async fn a_newer_schema_is_ready_too(world: World) {
        let db = Database::connect(&world.database.url, 1).await.unwrap();
        let later = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m2099_later', 0)";
        db.execute_unprepared(later).await.unwrap();
        let url = world.server.url.replace("/graphql", "");
        let answer = reqwest::get(format!("{url}/readyz")).await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}

story! {
    /// Whoever did not hear that its plugin was published publishes it again,
    /// and is told the same; staging for ever piles nothing up.
    async fn an_upload_lasts_a_while_and_so_many(world: World) {
        let acme = Acme::without_program(&world).await;
        let stage = async || {
            let document = "mutation { stagePluginUpload { upload { id url } } }";
            let answer = acme.owner.asks(document, json!({})).await;
            answer["stagePluginUpload"]["upload"].clone()
        };
        let upload = stage().await;
        let request = reqwest::Client::new().put(text(&upload["url"]));
        let request = request.bearer_auth(&acme.owner.token).body(accelerator());
        assert_eq!(request.send().await.unwrap().status(), 204);
        // On a test clock the upload would have expired long ago.
        acme.day("2030-01-01").await;

        let publish = async || {
            let input = json!({ "uploadId": upload["id"] });
            let document = "mutation($input: PublishPluginInput!) { publishPlugin(input: $input) {
                pluginVersion { id } userErrors { code } } }";
            let answer = acme.owner.asks(document, json!({ "input": input })).await;
            answer["publishPlugin"].clone()
        };
        let first = publish().await;
        assert!(first["pluginVersion"]["id"].is_string(), "{first}");
        assert_eq!(publish().await, first);

        for _ in 0..20 {
            stage().await;
        }
        assert_eq!(publish().await["userErrors"][0]["code"], "NOT_FOUND");
    }
}
