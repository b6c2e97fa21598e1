//! The tour of the README, as a reader would take it: from an empty tenant to a first
//! payout.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::world::World;

/// How long the server may take for what it does in the background.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

const README: &str = include_str!("../../../README.md");

/// One operation of the tour.
struct Step {
    /// Whose key it is sent with.
    actor: String,
    /// What the answer says at the end, where it is asked again until then.
    until: Option<String>,
    document: String,
}

/// The operations of the README, in order.
fn steps() -> Vec<Step> {
    let blocks = README.split("```graphql\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    let step = |block: &str| {
        let heading = block.lines().next().unwrap().strip_prefix("# as ").unwrap();
        let (actor, until) = match heading.split_once(", until ") {
            Some((actor, until)) => (actor, Some(until.to_owned())),
            None => (heading, None),
        };
        Step {
            actor: actor.to_owned(),
            until,
            document: block.to_owned(),
        }
    };
    blocks.map(step).collect()
}

/// What later operations can say: the id of each object under the object's name, and each
/// text under its own.
fn learn(answer: &Value, known: &mut Map<String, Value>) {
    match answer {
        Value::Object(fields) => {
            for (name, value) in fields {
                if value["id"].is_string() {
                    known.insert(name.clone(), value["id"].clone());
                }
                if value.is_string() {
                    known.insert(name.clone(), value.clone());
                }
                learn(value, known);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| learn(item, known)),
        _ => {}
    }
}

/// The mistakes that an answer tells of, at any depth.
fn user_errors(answer: &Value) -> Vec<&Value> {
    match answer {
        Value::Object(fields) => {
            let own = fields.get("userErrors").and_then(Value::as_array);
            let own = own.into_iter().flatten();
            own.chain(fields.values().flat_map(user_errors)).collect()
        }
        Value::Array(items) => items.iter().flat_map(user_errors).collect(),
        _ => Vec::new(),
    }
}

async fn takes(
    clients: &BTreeMap<String, Client>,
    step: &Step,
    known: &Map<String, Value>,
) -> Value {
    let client = &clients[&step.actor];
    let wanted = known
        .iter()
        .filter(|(name, _)| step.document.contains(&format!("${name}:")));
    let variables: Map<String, Value> = wanted
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut answer = client.asks(&step.document, json!(variables)).await;
    if let Some(until) = &step.until {
        let began = Instant::now();
        while !answer.to_string().contains(until) {
            assert!(
                began.elapsed() < LONGEST_WAIT,
                "{} answers {answer}",
                step.document
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
            answer = client.asks(&step.document, json!(variables)).await;
        }
    }
    assert_eq!(
        user_errors(&answer),
        Vec::<&Value>::new(),
        "{}",
        step.document
    );
    answer
}

story! {
    /// What the README promises its reader happens.
    async fn the_tour_ends_with_a_payout(world: World) {
        let acme = Acme::without_program(&world).await;
        let ben = acme.person("Ben", "OWNER").await;
        let mut clients = BTreeMap::from([("Ada".to_owned(), acme.owner.clone()), ("Ben".to_owned(), ben)]);
        let (mut known, mut last) = (Map::new(), Value::Null);
        for step in steps() {
            last = takes(&clients, &step, &known).await;
            learn(&last, &mut known);
            if let Some(token) = known.remove("token") {
                let northwind = Client::new(&acme.owner.url, &text(&token));
                clients.insert("Northwind".to_owned(), northwind);
            }
        }
        let earning = &last["node"]["earnings"]["nodes"][0];
        let expected = json!({ "amount": { "amount": "500.00", "currency": "USD" }, "state": "PAID" });
        assert_eq!(earning, &expected);
    }
}
