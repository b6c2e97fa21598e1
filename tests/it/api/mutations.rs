//! A mutation of several fields: each fails alone.

use serde_json::{Value, json};

use crate::support::acme::{Acme, usd};
use crate::support::contract::{self, list, name};
use crate::support::world::World;

/// A non-null field that fails takes the whole answer with it, and with it what
/// the fields before it did.
#[tokio::test]
async fn every_field_of_the_mutation_is_nullable() {
    let schema = contract::introspect().await;
    let mutation = contract::own_types(&schema).find(|of| name(of) == "Mutation");
    for field in list(&mutation.unwrap()["fields"]) {
        let kind = field["type"]["kind"].as_str();
        assert_eq!(kind, Some("OBJECT"), "{}", name(field));
    }
}

story! {
    /// What was recorded is told, and the error of what was not stands beside it.
    async fn one_failing_field_hides_nothing_that_another_did(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let deal = acme.deal(&northwind, "1000.00").await;
        let fay = acme.person("Fay", "FINANCE").await;
        let key = fay.token.split('.').nth(1).unwrap();
        let document = "mutation($pay: RecordCollectionInput!, $revoke: RevokeApiKeyInput!) {
            a: recordCollection(input: $pay) { collection { id } }
            b: revokeApiKey(input: $revoke) { apiKey { id } }
        }";
        let pay = json!({ "idempotencyKey": acme.key(), "dealId": deal.id, "amount": usd("10.00") });
        let variables = json!({ "pay": pay, "revoke": { "id": key } });
        let answer = fay.post(document, variables).await;

        let collection = &answer["data"]["a"]["collection"]["id"];
        assert!(collection.as_str().unwrap().starts_with("col_"), "{answer:#}");
        assert_eq!(answer["data"]["b"], Value::Null);
        let errors = answer["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{answer:#}");
        assert_eq!(errors[0]["path"], json!(["b"]));
        assert_eq!(errors[0]["extensions"]["code"], "FORBIDDEN");
    }
}
