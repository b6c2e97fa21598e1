//! People find things by what they are called, and systems by their own ids.

use serde_json::{Value, json};

use crate::support::acme::{Acme, Partner, text, usd};
use crate::support::client::Client;
use crate::support::world::World;

/// What is found, by name, the likest first.
async fn found(client: &Client, query: &str, nouns: &[&str]) -> Vec<String> {
    let document = "query($query: String!, $nouns: [SearchNoun!]) {
        search(query: $query, nouns: $nouns) { __typename
            ... on Partner { name } ... on Account { name } ... on Deal { name } } }";
    let nouns = (!nouns.is_empty()).then_some(nouns);
    let answer = client
        .asks(document, json!({ "query": query, "nouns": nouns }))
        .await;
    let rows = answer["search"].as_array().unwrap().iter();
    rows.map(|row| format!("{} {}", text(&row["__typename"]), text(&row["name"])))
        .collect()
}

async fn opens(
    acme: &Acme,
    customer: &str,
    domain: &str,
    name: &str,
    external: Option<&str>,
) -> Value {
    let input = json!({
        "idempotencyKey": acme.key(), "programId": acme.program, "name": name, "stage": "New",
        "account": { "name": customer, "domain": domain }, "amount": usd("10.00"),
        "externalId": external,
    });
    acme.owner
        .does("openDeal", "deal { id externalId }", input)
        .await
}

async fn registers(acme: &Acme, partner: &Partner, name: &str, domain: &str) {
    let input = acme.registration(partner, name, domain);
    partner
        .client
        .does("registerDeal", "registration { id }", input)
        .await;
}

story! {
    /// Whoever mistypes finds it all the same, by any of its words, and nothing unlike.
    async fn what_is_mistyped_is_found(world: World) {
        let acme = Acme::new(&world).await;
        acme.partner_without_papers("Northwind Traders").await;
        opens(&acme, "Škoda Auto", "skoda.example", "Four hundred seats", None).await;
        let owner = &acme.owner;
        assert_eq!(found(owner, "norhtwind", &[]).await, ["Partner Northwind Traders"]);
        assert_eq!(found(owner, "traders", &[]).await, ["Partner Northwind Traders"]);
        let both = ["Account Škoda Auto", "Deal Four hundred seats"];
        assert_eq!(found(owner, "SKODA", &[]).await, both);
        assert_eq!(found(owner, "skoda.example", &["ACCOUNT"]).await, ["Account Škoda Auto"]);
        assert_eq!(found(owner, "hundrd", &["DEAL"]).await, ["Deal Four hundred seats"]);
        assert!(found(owner, "globex", &[]).await.is_empty());
        let refused = owner.post("{ search(query: \"…\") { __typename } }", json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "INVALID_INPUT");
    }
}

story! {
    /// A partner finds customers by its own words and not by a rival's, and nothing that it
    /// does not see.
    async fn a_partner_finds_by_its_own_words(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        registers(&acme, &northwind, "Globex Holding", "globex.example").await;
        registers(&acme, &southridge, "Umbrella", "umbrella.example").await;
        let own = &northwind.client;
        assert_eq!(found(own, "globex", &[]).await, ["Account Globex Holding"]);
        assert!(found(own, "umbrella", &[]).await.is_empty());
        assert_eq!(found(own, "northwind", &[]).await, ["Partner Northwind"]);
        assert!(found(own, "southridge", &[]).await.is_empty());

        // The name that a rival gave first finds nothing.
        let deal = acme.deal(&southridge, "10.00").await;
        acme.involves(&deal, &northwind, "INFLUENCED", "CO_SOLD").await;
        assert!(found(own, "customer", &["ACCOUNT"]).await.is_empty());
        assert!(found(own, "customer", &["DEAL"]).await.is_empty());
        assert_eq!(found(own, "a deal", &["DEAL"]).await, ["Deal A deal"]);
    }
}

story! {
    /// Whoever did not hear an answer looks it up by the key of the command; a partner its own.
    async fn an_answer_is_looked_up_by_its_key(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let input = acme.registration(&northwind, "Globex", "globex.example");
        let key = input["idempotencyKey"].clone();
        let made = northwind.client.does("registerDeal", "registration { id }", input).await;
        let document = "query($key: String!) { command(idempotencyKey: $key) {
            operation doneAt subject { id } } }";
        let asked = json!({ "key": key });
        let told = northwind.client.asks(document, asked.clone()).await;
        assert_eq!(told["command"]["operation"], "registration.submit");
        assert_eq!(told["command"]["subject"]["id"], made["id"]);
        let none = acme.owner.asks(document, asked).await;
        assert_eq!(none["command"], Value::Null);
    }
}

story! {
    /// An id elsewhere is one row's of its noun; a partner is not told it.
    async fn things_are_found_by_their_ids_elsewhere(world: World) {
        let acme = Acme::new(&world).await;
        let deal = opens(&acme, "Globex", "globex.example", "Seats", Some("SF-7")).await;
        assert_eq!(deal["externalId"], "SF-7");
        let document = "query($id: String!) { byExternalId(noun: DEAL, externalId: $id) { id } }";
        let asked = json!({ "id": "SF-7" });
        let answer = acme.owner.asks(document, asked.clone()).await;
        assert_eq!(answer["byExternalId"]["id"], deal["id"]);
        let none = acme.owner.asks(document, json!({ "id": "SF-8" })).await;
        assert_eq!(none["byExternalId"], Value::Null);

        let input = json!({
            "idempotencyKey": acme.key(), "programId": acme.program, "name": "More",
            "account": { "name": "Initech", "domain": "initech.example" }, "stage": "New",
            "amount": usd("10.00"), "externalId": "SF-7",
        });
        let taken = acme.owner.tries("openDeal", "deal { id }", input).await;
        assert_eq!(taken.fails_with("EXTERNAL_ID_TAKEN")["ids"], json!([deal["id"]]));

        let northwind = acme.partner_without_papers("Northwind").await;
        let hidden = northwind.client.asks(document, asked).await;
        assert_eq!(hidden["byExternalId"], Value::Null);
    }
}
