//! Following a deal in the log, as it happens and after a pause.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::acme::{Acme, usd};
use crate::client::Client;
use crate::world::World;

const FOLLOW: &str = "subscription($deal: ID, $after: Position) {
    dealStatusChanged(dealId: $deal, after: $after) {
        position kind subject data actor deal { id } } }";

/// Longer than a server may take to notice what another one did.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open stream of server-sent events.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(client: &Client, variables: Value) -> Self {
        let body = json!({ "query": FOLLOW, "variables": variables });
        let request = reqwest::Client::new().post(format!("{}/graphql", client.url));
        let request = request.bearer_auth(&client.token).json(&body);
        let response = request
            .header("accept", "text/event-stream")
            .send()
            .await
            .unwrap();
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next result, or `None` at the end of the stream.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if event.contains("event: complete") {
                    return None;
                }
                if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data: ")) {
                    return Some(serde_json::from_str(data).unwrap());
                }
            } else {
                let chunk = timeout(PATIENCE, self.response.chunk()).await;
                let chunk = chunk.expect("the stream says something").unwrap()?;
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        }
    }

    async fn event(&mut self) -> Value {
        let mut answer = self.next().await.unwrap();
        assert_eq!(answer["errors"], Value::Null, "{answer}");
        answer["data"]["dealStatusChanged"].take()
    }

    async fn events(&mut self, count: usize) -> Vec<Value> {
        let mut events = Vec::new();
        while events.len() < count {
            events.push(self.event().await);
        }
        events
    }
}

async fn positions_of(acme: &Acme, deal: &str) -> Vec<Value> {
    let document = "{ events(first: 100) { position deal { id } } }";
    let answer = acme.owner.asks(document, json!({})).await;
    let events = answer["events"].as_array().unwrap().iter();
    let own = events.filter(|event| event["deal"]["id"] == deal);
    own.map(|event| event["position"].clone()).collect()
}

story! {
    /// A reader that goes away and comes back misses nothing and sees nothing
    /// twice, also at another server of the same database.
    async fn a_reader_resumes_where_it_was(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let other = acme.deal(&partner, "10000.00").await;
        let deal = acme.deal(&partner, "12000.00").await;

        let from_start = json!({ "deal": deal.id, "after": "0" });
        let mut seen = Stream::open(&acme.owner, from_start).await.events(2).await;
        acme.wins(&other).await;
        acme.wins(&deal).await;
        acme.collects(&deal, "6000.00").await;

        let second = crate::server::Server::start(&world.database.url).await;
        let client = Client::new(&second.url, &acme.owner.token);
        let resumed = json!({ "deal": deal.id, "after": seen.last().unwrap()["position"] });
        let mut stream = Stream::open(&client, resumed).await;
        let missed = positions_of(&acme, &deal.id).await.len() - seen.len();
        seen.extend(stream.events(missed).await);
        // Written by the first server while the second one streams.
        acme.refunds(&deal, "1000.00").await;
        seen.extend(stream.events(2).await);

        let positions: Vec<Value> = seen.iter().map(|event| event["position"].clone()).collect();
        assert_eq!(positions, positions_of(&acme, &deal.id).await);
        assert!(seen.iter().all(|event| event["deal"]["id"] == deal.id.as_str()));
        let last = seen.last().unwrap();
        assert_eq!(last["kind"], "earning.released");
        assert_eq!(last["data"]["amount"], json!({ "amount": "-100.00", "currency": "USD" }), "{last}");
    }
}

story! {
    /// Without a position, a reader gets what happens from then on.
    async fn a_reader_without_a_position_begins_now(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let deal = acme.deal(&partner, "12000.00").await;
        let earlier = positions_of(&acme, &deal.id).await;

        let mut stream = Stream::open(&acme.owner, json!({ "deal": deal.id })).await;
        // The stream is accepted before it has looked where the log ends: what
        // happens in between may be before its time.
        let revise = async {
            for amount in 13_000.. {
                let amount = usd(&format!("{amount}.00"));
                let input = json!({ "id": deal.id, "amount": amount });
                acme.owner.does("reviseDealAmount", "deal { id }", input).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let event = tokio::select! {
            event = stream.event() => event,
            () = revise => unreachable!(),
        };
        assert!(!earlier.contains(&event["position"]), "{event}");
        assert_eq!(event["kind"], "deal.amount_revised", "{event}");
    }
}

story! {
    /// A deal that the key may not see ends the stream with a code; a partner
    /// follows its own deal without the figures and names.
    async fn a_partner_follows_its_own_deals_alone(world: World) {
        let acme = Acme::new(&world).await;
        let partner = acme.partner("Northwind").await;
        let stranger = acme.partner("Southridge").await;
        let deal = acme.deal(&partner, "12000.00").await;

        let all = json!({ "deal": deal.id, "after": "0" });
        let event = Stream::open(&partner.client, all.clone()).await.event().await;
        assert_eq!((&event["data"], &event["actor"]), (&Value::Null, &Value::Null));

        for (client, variables, code) in [
            (&stranger.client, all, "NOT_FOUND"),
            (&acme.owner, json!({ "deal": "del_nowhere", "after": "0" }), "NOT_FOUND"),
            (&partner.client, json!({ "after": "0" }), "FORBIDDEN"),
        ] {
            let mut stream = Stream::open(client, variables).await;
            let answer = stream.next().await.unwrap();
            assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
            assert_eq!(stream.next().await, None);
        }
    }
}
