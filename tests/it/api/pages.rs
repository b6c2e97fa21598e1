//! The pages that people work on all day, as the documents of their frontends: each is
//! answered whole, and within the limit with room to spare.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::statements::counted;
use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::world::World;

/// The most that a page costs; a document may cost 20,000.
const MOST: u64 = 19_000;

/// The most statements that a page takes, however many rows it has.
const MOST_STATEMENTS: usize = 40;

/// The operations of a document, by name.
fn operations(document: &str) -> BTreeMap<String, String> {
    let operations = document.split("\nquery ").skip(1);
    operations
        .map(|operation| {
            let name = operation.split(['(', ' ']).next().unwrap();
            (name.to_owned(), format!("query {operation}"))
        })
        .collect()
}

/// Sends each operation of a document, and answers what each said. Each is within its price,
/// and within a number of statements.
async fn opens(
    world: &World,
    reader: &Client,
    document: &str,
    variables: Value,
) -> BTreeMap<String, Value> {
    let mut answers = BTreeMap::new();
    for (name, operation) in operations(document) {
        let answer = reader.post(&operation, variables.clone()).await;
        assert_eq!(answer["errors"], Value::Null, "{name}: {answer:#}");
        let cost = answer["extensions"]["cost"]["requestedQueryCost"].as_u64();
        let cost = cost.unwrap_or_else(|| panic!("{name}: {}", answer["extensions"]));
        assert!(cost <= MOST, "{name} costs {cost}");
        let (_, statements) = counted(world, &reader.token, &operation, variables.clone()).await;
        println!(
            "{:?} {name}: price {cost}, {statements} statements",
            world.database.backend
        );
        assert!(
            statements <= MOST_STATEMENTS,
            "{name} takes {statements} statements"
        );
        answers.insert(name, answer["data"].clone());
    }
    answers
}

story! {
    /// One query fills a page.
    async fn one_query_fills_a_page(world: World) {
        let acme = Acme::new(&world).await;
        let ann = acme.partner("Ann").await;
        let won = acme.deal(&ann, "1000.00").await;
        acme.wins(&won).await;
        acme.collects(&won, "600.00").await;
        acme.deal(&ann, "200.00").await;

        let page = include_str!("pages/portal.graphql");
        let variables = json!({ "first": 100, "until": "2026-12-31T00:00:00Z" });
        let portal = opens(&world, &ann.client, page, variables).await;
        let partner = &portal["PortalOverview"]["viewer"]["partner"];
        let balance = &partner["balances"][0];
        assert_eq!(partner["deals"]["totalCount"]["count"], 1);
        assert_eq!(balance["held"]["amount"], "60.00");
        assert_eq!(balance["payable"]["amount"], "0.00");
        assert_eq!(portal["PortalDeals"]["viewer"]["partner"]["deals"]["totalCount"]["count"], 2);
        let money = &portal["PortalMoney"]["viewer"]["partner"];
        assert_eq!(money["held"]["amountTotals"][0]["amount"], "60.00");

        acme.day("2026-03-01").await;
        let desk = include_str!("pages/desk.graphql");
        let manager = acme.person("Max", "MANAGER").await;
        let desk = opens(&world, &manager, desk, json!({ "id": acme.program, "filter": { "state": "OPEN" } })).await;
        assert_eq!(desk["DeskPipeline"]["all"]["totalCount"]["count"], 1);
        assert_eq!(desk["DeskPipeline"]["stages"][0]["amountTotals"][0]["amount"], "200.00");
        assert_eq!(desk["DeskInbox"]["inbox"]["registrations"]["totalCount"]["count"], 0);
        let balance = &desk["DeskBalances"]["partners"]["nodes"][0]["balances"][0];
        assert_eq!((&balance["held"]["amount"], &balance["payable"]["amount"]), (&json!("0.00"), &json!("60.00")));

        let crm = include_str!("pages/crm.graphql");
        let integrator = acme.person("Crm", "INTEGRATOR").await;
        let known = acme.owner.asks("{ accounts { nodes { domains } } }", json!({})).await;
        let domain = text(&known["accounts"]["nodes"][0]["domains"][0]).to_uppercase();
        let asked = json!({ "domain": [domain], "from": "2026-01-01T00:00:00Z" });
        let crm = opens(&world, &integrator, crm, asked).await;
        assert_eq!(crm["CrmLookUp"]["byDomain"]["nodes"].as_array().unwrap().len(), 1);
        assert_eq!(crm["CrmChanged"]["deals"]["nodes"].as_array().unwrap().len(), 2);
    }
}
