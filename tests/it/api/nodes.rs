//! Anything by its id, and what hangs on it, for those who may see it.

use serde_json::{Value, json};

use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::world::World;

const NODES: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";

story! {
    /// A partner finds its own and nothing else, in the order that it asked;
    /// what it may not see is as absent as what is not there.
    async fn a_partner_finds_its_own_alone(world: World) {
        let acme = Acme::new(&world).await;
        let ann = acme.partner("Ann").await;
        let bob = acme.partner_without_papers("Bob").await;
        let deal = acme.deal(&ann, "1000.00").await;
        let ids = json!({ "ids": [deal.id, bob.id, ann.id, "del_nonsense", "nonsense", ""] });

        let all = acme.owner.asks(NODES, ids.clone()).await;
        assert_eq!(
            all["nodes"],
            json!([
                { "__typename": "Deal", "id": deal.id },
                { "__typename": "Partner", "id": bob.id },
                { "__typename": "Partner", "id": ann.id },
                null, null, null,
            ])
        );
        let own = bob.client.asks(NODES, ids).await;
        let bobs = json!({ "__typename": "Partner", "id": bob.id });
        assert_eq!(own["nodes"], json!([null, bobs, null, null, null, null]));

        let many = acme.owner.post(NODES, json!({ "ids": vec![&ann.id; 101] })).await;
        assert_eq!(many["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
        let of_ann = "query($of: ID!) { deals(filter: { partnerId: [$of] }) { nodes { id } } }";
        let asked = bob.client.post(of_ann, json!({ "of": ann.id })).await;
        assert_eq!(asked["errors"][0]["extensions"]["code"], "NOT_FOUND");
    }
}

story! {
    /// What is missing is known from the first day, and goes away paper by paper.
    async fn readiness_names_what_is_missing(world: World) {
        let acme = Acme::new(&world).await;
        let ann = acme.partner_without_papers("Ann").await;
        let readiness = async || -> Value {
            let document = "query($id: ID!) { node(id: $id) { ... on Partner {
                state readiness { ready missing } } } }";
            let answer = ann.client.asks(document, json!({ "id": ann.id })).await;
            answer["node"].clone()
        };
        let missing = json!({ "ready": false, "missing": ["TAX_FORM", "PAYOUT_METHOD"] });
        assert_eq!(readiness().await, json!({ "state": "ONBOARDING", "readiness": missing }));
        acme.files_tax_form(&ann).await;
        assert_eq!(readiness().await["readiness"]["missing"], json!(["PAYOUT_METHOD"]));
        acme.adds_payout_method(&ann, "bank-0042@sandbox").await;
        let nothing = json!({ "ready": true, "missing": [] });
        assert_eq!(readiness().await, json!({ "state": "ACTIVE", "readiness": nothing }));
    }
}

story! {
    /// Each partner sees its own share of the credit; what was collected is the
    /// sum of payments and refunds.
    async fn a_won_deal_shows_each_partner_its_part(world: World) {
        let acme = Acme::new(&world).await;
        let ann = acme.partner("Ann").await;
        let bob = acme.partner("Bob").await;
        let deal = acme.deal(&ann, "1000.00").await;
        acme.involves(&deal, &bob, "INFLUENCED", "VOUCHED").await;
        acme.wins(&deal).await;
        acme.collects(&deal, "700.00").await;
        acme.refunds(&deal, "200.50").await;
        let document = "query($id: ID!) { node(id: $id) { ... on Deal {
            collected { amount }
            credit { version shares { role share { numerator denominator } partner { name } involvement { id } } }
            involvements { nodes { partner { name } } }
        } } }";
        let shown = async |client: &Client| -> (String, Vec<String>) {
            let answer = client.asks(document, json!({ "id": deal.id })).await;
            let deal = &answer["node"];
            let shares = deal["credit"]["shares"].as_array().unwrap().iter().map(|share| {
                assert_eq!(share["share"], json!({ "numerator": 1, "denominator": 1 }));
                assert!(share["involvement"]["id"].is_string());
                format!("{} {}", text(&share["role"]), text(&share["partner"]["name"]))
            });
            let shares: Vec<String> = shares.collect();
            let parts = deal["involvements"]["nodes"].as_array().unwrap();
            assert_eq!(parts.len(), shares.len());
            (text(&deal["collected"]["amount"]), shares)
        };
        let collected = "499.50".to_owned();
        let (anns, bobs) = ("SOURCED Ann".to_owned(), "INFLUENCED Bob".to_owned());
        assert_eq!(shown(&ann.client).await, (collected.clone(), vec![anns.clone()]));
        assert_eq!(shown(&bob.client).await, (collected.clone(), vec![bobs.clone()]));
        assert_eq!(shown(&acme.owner).await, (collected, vec![anns, bobs]));
    }
}

story! {
    /// A list by state agrees with the state that is shown, also when only time
    /// has passed.
    async fn a_lapsed_registration_is_listed_as_expired(world: World) {
        let acme = Acme::new(&world).await;
        let ann = acme.partner_without_papers("Ann").await;
        let input = acme.registration(&ann, "Globex", "globex.example");
        ann.client.does("registerDeal", "registration { id }", input).await;
        let document = "query($state: [RegistrationState!]) {
            registrations(filter: { state: $state }) { nodes { state } } }";
        let listed = async |state: &str| -> Value {
            let answer = acme.owner.asks(document, json!({ "state": [state] })).await;
            answer["registrations"]["nodes"].clone()
        };
        assert_eq!(listed("APPROVED").await, json!([{ "state": "APPROVED" }]));
        assert_eq!(listed("EXPIRED").await, json!([]));
        acme.day("2026-07-01").await;
        assert_eq!(listed("APPROVED").await, json!([]));
        assert_eq!(listed("EXPIRED").await, json!([{ "state": "EXPIRED" }]));
    }
}

story! {
    /// A mistake inside a nested input names its whole path.
    async fn a_mistake_is_found_where_it_was_made(world: World) {
        let acme = Acme::new(&world).await;
        let ann = acme.partner_without_papers("Ann").await;
        let input = acme.registration(&ann, "Globex", "no domain");
        let tried = ann.client.tries("registerDeal", "registration { id }", input).await;
        let error = tried.fails_with("INVALID_INPUT");
        assert_eq!(error["field"], json!(["input", "account", "domain"]));
    }
}
