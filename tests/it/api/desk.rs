//! What a person who works here all day asks first: what waits, what is in the pipeline, what
//! happened, and what may be done.

use serde_json::{Value, json};

use crate::support::acme::{Acme, text, usd};
use crate::support::world::World;

/// What waits, by list.
const INBOX: &str = "{ inbox { id
    registrations(first: 5) { totalCount { count } nodes { id viewerCanDecide } }
    involvements(first: 5) { totalCount { count } }
    taxForms(first: 5) { totalCount { count } nodes { viewerCanDecide } }
    payoutMethods(first: 5) { totalCount { count } }
    payoutRuns(first: 5) { nodes { viewerCanApprove } }
} }";

story! {
    /// What waits is counted and listed; whether somebody may decide depends on who asks.
    async fn what_waits_is_in_the_inbox(world: World) {
        let mut acme = Acme::new(&world).await;
        acme.publish_terms(json!({ "autoApprove": false })).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let input = acme.registration(&northwind, "Globex", "globex.example");
        northwind.client.does("registerDeal", "registration { id }", input).await;

        let told = acme.owner.asks(INBOX, json!({})).await["inbox"].take();
        assert_eq!(told["registrations"]["totalCount"]["count"], 1);
        assert_eq!(told["registrations"]["nodes"][0]["viewerCanDecide"], true);
        assert_eq!(told["involvements"]["totalCount"]["count"], 0);
        let own = northwind.client.asks(INBOX, json!({})).await["inbox"].take();
        assert_eq!(own["registrations"]["nodes"][0]["viewerCanDecide"], false);

        // A filter chooses among what waits, and nothing else.
        let filtered = "{ inbox { registrations(filter: { state: [APPROVED, IN_CONFLICT] }) {
            totalCount { count } } } }";
        let none = acme.owner.asks(filtered, json!({})).await;
        assert_eq!(none["inbox"]["registrations"]["totalCount"]["count"], 0);

        let id = told["registrations"]["nodes"][0]["id"].clone();
        acme.owner.does("approveRegistration", "registration { id }", json!({ "id": id })).await;
        let told = acme.owner.asks(INBOX, json!({})).await["inbox"].take();
        assert_eq!(told["registrations"]["totalCount"]["count"], 0);
    }
}

story! {
    /// A partner manager sees what waits on the partners that it looks after. Partners are
    /// not told who that is, and cannot find out by a filter.
    async fn somebody_looks_after_a_partner(world: World) {
        let mut acme = Acme::new(&world).await;
        acme.publish_terms(json!({ "autoApprove": false })).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southwind = acme.partner_without_papers("Southwind").await;
        for (partner, name) in [(&northwind, "Globex"), (&southwind, "Initech")] {
            let input = acme.registration(partner, name, &format!("{name}.example"));
            partner.client.does("registerDeal", "registration { id }", input).await;
        }
        let fay = acme.person("Fay", "MANAGER").await;
        let person = fay.asks("{ viewer { actor { id } } }", json!({})).await["viewer"]["actor"]["id"].take();
        let mine = "{ inbox(mine: true) { id registrations { totalCount { count } nodes { partner { name } } } } }";
        let none = fay.asks(mine, json!({})).await["inbox"].take();
        assert_eq!(none["registrations"]["totalCount"]["count"], 0);
        assert_eq!(none["id"], "inbox-mine");

        let input = json!({ "id": northwind.id, "personId": person });
        let partner = acme.owner.does("assignPartner", "partner { responsible { name } }", input).await;
        assert_eq!(partner["responsible"]["name"], "Fay");
        let told = fay.asks(mine, json!({})).await["inbox"].take();
        assert_eq!(told["registrations"]["nodes"], json!([{ "partner": { "name": "Northwind" } }]));
        let owner = acme.owner.asks(mine, json!({})).await["inbox"].take();
        assert_eq!(owner["registrations"]["totalCount"]["count"], 0);

        // As a filter, on partners and on what is theirs.
        let filtered = "query ($who: [ID!]!) { partners(filter: { responsibleId: $who }) { nodes { name } }
            registrations(filter: { responsibleId: $who }) { nodes { partner { name } } } }";
        let told = fay.asks(filtered, json!({ "who": [person] })).await;
        assert_eq!(told["partners"]["nodes"], json!([{ "name": "Northwind" }]));
        assert_eq!(told["registrations"]["nodes"].as_array().unwrap().len(), 1);
        let refused = northwind.client.post(filtered, json!({ "who": [person] })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "INVALID_INPUT", "{refused}");
        let own = northwind.client.asks("{ partners { nodes { responsible { name } } } }", json!({})).await;
        assert_eq!(own["partners"]["nodes"], json!([{ "responsible": null }]));

        // Only one of the tenant's own people, and back to nobody.
        let theirs = northwind.client.asks("{ viewer { actor { id } } }", json!({})).await["viewer"]["actor"]["id"].take();
        let input = json!({ "id": southwind.id, "personId": theirs });
        acme.owner.tries("assignPartner", "partner { id }", input).await.fails_with("INVALID_INPUT");
        let input = json!({ "id": northwind.id, "personId": null });
        let nobody = acme.owner.does("assignPartner", "partner { responsible { name } }", input).await;
        assert_eq!(nobody["responsible"], json!(null));
        let none = fay.asks(mine, json!({})).await["inbox"].take();
        assert_eq!(none["registrations"]["totalCount"]["count"], 0);
    }
}

story! {
    /// Whoever proposed a run may not approve it, and is told so before trying.
    async fn who_may_approve_is_told(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner("Northwind").await;
        let deal = acme.deal(&northwind, "50000.00").await;
        acme.wins(&deal).await;
        acme.collects(&deal, "50000.00").await;
        acme.day("2026-03-01").await;
        let input = json!({ "idempotencyKey": acme.key(), "programId": acme.program });
        acme.owner.does("proposePayoutRun", "payoutRun { id }", input).await;
        let fay = acme.person("Fay", "FINANCE").await;
        let waits = async {
            loop {
                let told = fay.asks(INBOX, json!({})).await;
                let runs = told["inbox"]["payoutRuns"]["nodes"].clone();
                if runs.as_array().unwrap().len() == 1 {
                    return runs;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let runs = tokio::time::timeout(std::time::Duration::from_secs(30), waits).await.unwrap();
        assert_eq!(runs[0]["viewerCanApprove"], true);
        let own = acme.owner.asks(INBOX, json!({})).await;
        assert_eq!(own["inbox"]["payoutRuns"]["nodes"][0]["viewerCanApprove"], false);
    }
}

story! {
    /// The pipeline is grouped by stage, state or program, with what it is worth.
    async fn the_pipeline_is_in_groups(world: World) {
        let acme = Acme::new(&world).await;
        for (name, stage, amount) in [("A", "New", "10.00"), ("B", "New", "5.50"), ("C", "Won soon", "7.00")] {
            let input = json!({
                "idempotencyKey": acme.key(), "programId": acme.program, "name": name,
                "account": { "name": name, "domain": format!("{name}.example") },
                "stage": stage, "amount": usd(amount),
            });
            acme.owner.does("openDeal", "deal { id }", input).await;
        }
        let document = "query($by: PipelineGroupBy!) { pipeline(groupBy: $by, filter: { state: [OPEN] }) {
            stage state program { id } count amountTotals { amount currency } } }";
        let asked = async |by: &str| acme.owner.asks(document, json!({ "by": by })).await["pipeline"].take();
        assert_eq!(asked("STAGE").await, json!([
            { "stage": "New", "state": null, "program": null, "count": 2, "amountTotals": [usd("15.50")] },
            { "stage": "Won soon", "state": null, "program": null, "count": 1, "amountTotals": [usd("7.00")] },
        ]));
        let state = asked("STATE").await;
        assert_eq!((&state[0]["state"], &state[0]["count"]), (&json!("OPEN"), &json!(3)));
        let program = asked("PROGRAM").await;
        assert_eq!(program[0]["program"]["id"], json!(acme.program));
        assert_eq!(program[0]["amountTotals"], json!([usd("22.50")]));
    }
}

story! {
    /// A deal and a partner tell what happened to them, in sentences; a partner is told its own.
    async fn what_happened_is_told_in_sentences(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let deal = acme.deal(&northwind, "10.00").await;
        let document = "query($id: ID!, $after: Position) { node(id: $id) {
            ... on Deal { timeline(first: 2, after: $after) { kind message position } }
            ... on Partner { timeline(first: 100) { kind message } } } }";
        let first = acme.owner.asks(document, json!({ "id": deal.id })).await;
        let first = first["node"]["timeline"].as_array().unwrap().clone();
        assert_eq!(first[0]["kind"], "DEAL_OPENED");
        assert_eq!(first[0]["message"], "A deal was opened.");
        let after = first[1]["position"].clone();
        let rest = acme.owner.asks(document, json!({ "id": deal.id, "after": after })).await;
        assert_eq!(rest["node"]["timeline"][0]["kind"], "INVOLVEMENT_CONFIRMED");

        let kinds = |answer: Value| -> Vec<String> {
            let rows = answer["node"]["timeline"].as_array().unwrap().clone();
            rows.iter().map(|row| text(&row["kind"])).collect()
        };
        let own = json!({ "id": northwind.id });
        let told = kinds(northwind.client.asks(document, own.clone()).await);
        assert!(told.contains(&"AGREEMENT_ACCEPTED".to_owned()), "{told:?}");
        assert_eq!(told, kinds(acme.owner.asks(document, own).await));
        let southridge = acme.partner_without_papers("Southridge").await;
        let other = json!({ "id": northwind.id });
        let hidden = southridge.client.asks(document, other).await;
        assert_eq!(hidden["node"], Value::Null);
    }
}
