//! What a partner learns of others by naming them, or by looking at what it shares
//! with them.

use serde_json::{Value, json};

use tributary_domain::ids::{AccountId, DealId};

use crate::support::acme::{Acme, Partner, text, usd};
use crate::support::world::World;

/// Of no row, in no tenant.
const MISSING: &str = "0000000000000000000000000a";

/// The errors of a registration by a partner with something else in its input.
async fn errors(acme: &Acme, by: &Partner, field: &str, value: Value) -> Value {
    let mut input = acme.registration(by, "Globex", "globex.example");
    input[field] = value;
    input["expected"] = json!({ "amount": "5.00", "currency": "EUR" });
    let document = "mutation($input: RegisterDealInput!) { registerDeal(input: $input) {
        userErrors { code field message ids } } }";
    let mut answer = by.client.asks(document, json!({ "input": input })).await;
    answer["registerDeal"]["userErrors"].take()
}

story! {
    /// A rival, whatever its standing, and a program that the partner is not in are
    /// not there, as what has never been.
    async fn what_is_anothers_is_not_there(world: World) {
        let acme = Acme::new(&world).await;
        let (east, north) = (acme.partner_without_papers("Eastbay").await, acme.partner("Northwind").await);
        let input = json!({ "idempotencyKey": acme.key(), "name": "Invited", "programId": acme.program });
        let invited = acme.owner.does("invitePartner", "partner { id }", input).await;
        let suspended = acme.partner("Southport").await;
        let input = json!({ "idempotencyKey": acme.key(), "id": suspended.id });
        acme.owner.does("suspendPartner", "partner { id }", input).await;
        let missing = errors(&acme, &east, "partnerId", json!(format!("prt_{MISSING}"))).await;
        assert_eq!(missing[0]["code"], "NOT_FOUND", "{missing}");
        for rival in [json!(north.id), invited["id"].clone(), json!(suspended.id)] {
            assert_eq!(errors(&acme, &east, "partnerId", rival).await, missing);
        }

        let missing = errors(&acme, &east, "programId", json!(format!("prg_{MISSING}"))).await;
        assert_eq!(missing[0]["code"], "NOT_FOUND", "{missing}");
        let input = json!({ "idempotencyKey": acme.key(), "name": "Other", "model": "REFERRAL", "currency": "JPY" });
        let other = acme.owner.does("createProgram", "program { id }", input).await;
        assert_eq!(errors(&acme, &east, "programId", other["id"].clone()).await, missing);
        let input = json!({
            "idempotencyKey": acme.key(), "programId": other["id"], "agreementText": "Be fair.",
            "protectionDays": 90, "holdDays": 30, "rules": [],
            "payoutMinimum": { "amount": "100", "currency": "JPY" },
        });
        let terms = acme.owner.does("publishTerms", "terms { id documentDigest }", input).await;
        assert_eq!(errors(&acme, &east, "programId", other["id"].clone()).await, missing);

        for digest in [&terms["documentDigest"], &json!("00")] {
            let input = json!({
                "partnerId": east.id, "termsId": terms["id"], "documentDigest": digest,
                "signerName": "Sam", "signerAuthority": "Director", "act": "clicked",
            });
            let refused = east.client.tries("acceptAgreement", "agreement { id }", input).await;
            refused.fails_with("NOT_FOUND");
        }
    }
}

story! {
    /// A part that was declined is none: what is older than the one that stands shows
    /// no day, and no event.
    async fn a_declined_part_begins_nothing(world: World) {
        let acme = Acme::new(&world).await;
        let (north, east) = (acme.partner("Northwind").await, acme.partner("Eastbay").await);
        let deal = acme.deal(&north, "1000.00").await;
        let part = json!({
            "idempotencyKey": acme.key(), "dealId": deal.id, "partnerId": east.id,
            "role": "INFLUENCED", "kind": "VALIDATED", "evidence": "a call",
        });
        let declined = acme.owner.does("recordInvolvement", "involvement { id }", part).await;
        let input = json!({ "id": declined["id"], "idempotencyKey": acme.key(), "reason": "no" });
        acme.owner.does("declineInvolvement", "involvement { id }", input).await;
        acme.collects(&deal, "400.00").await;
        acme.day("2026-02-02").await;
        acme.involves(&deal, &east, "INFLUENCED", "VALIDATED").await;

        let document = "query($id: ID!) { node(id: $id) { ... on Deal {
            openedAt collections { nodes { amount { amount } receivedAt recordedAt } } } } }";
        let seen = east.client.asks(document, json!({ "id": deal.id })).await;
        let seen = &seen["node"];
        let collection = &seen["collections"]["nodes"][0];
        assert_eq!(collection["amount"]["amount"], "400.00");
        for day in [&seen["openedAt"], &collection["receivedAt"], &collection["recordedAt"]] {
            assert!(text(day).starts_with("2026-02-02"), "{seen:#}");
        }
        let all = acme.owner.asks(document, json!({ "id": deal.id })).await;
        let collection = &all["node"]["collections"]["nodes"][0];
        assert!(text(&collection["receivedAt"]).starts_with("2026-01-05"), "{all:#}");
    }
}

story! {
    /// How many rivals there are, and how much they have earned, is theirs to know.
    async fn others_are_not_counted(world: World) {
        let acme = Acme::new(&world).await;
        let mut partners = Vec::new();
        for name in ["Northwind", "Eastbay", "Southport"] {
            partners.push(acme.partner(name).await);
        }
        let selection = "registration { state conflicts { kind message competingRegistration { id } } }";
        let mut last = Value::Null;
        for partner in &partners {
            let input = acme.registration(partner, "Globex", "globex.example");
            last = partner.client.does("registerDeal", selection, input).await;
        }
        let conflicts = last["conflicts"].as_array().unwrap();
        let kinds: Vec<_> = conflicts.iter().map(|conflict| text(&conflict["kind"])).collect();
        assert_eq!(kinds, ["LIVE_REGISTRATION"], "{last:#}");

        for partner in &partners {
            let deal = acme.deal(partner, "5000.00").await;
            acme.wins(&deal).await;
            acme.collects(&deal, "5000.00").await;
        }
        acme.day("2026-03-05").await;
        let run = acme.proposes_run(&acme.owner).await;
        let document = "query($id: ID!) { node(id: $id) { ... on PayoutRun {
            total { amount } progress { done total } } } }";
        let variables = json!({ "id": run["id"] });
        let own = partners[0].client.asks(document, variables.clone()).await;
        assert_eq!(own["node"], json!({ "total": { "amount": "500.00" }, "progress": null }));
        let all = acme.owner.asks(document, variables).await;
        assert_eq!(all["node"]["progress"], json!({ "done": "3", "total": "3" }));
    }
}

/// Registers an account under a name.
async fn registrations(acme: &Acme, partner: &Partner, name: &str, domain: &str) -> Value {
    let input = acme.registration(partner, name, domain);
    let selection = "registration { id state account { name } }";
    partner.client.does("registerDeal", selection, input).await
}

/// What a partner sees of accounts.
async fn accounts(partner: &Partner) -> (Value, Value) {
    let document = "{ accounts { nodes { name createdAt domains } }
        registrations { nodes { submittedName account { name createdAt } } } }";
    let mut seen = partner.client.asks(document, json!({})).await;
    (
        seen["accounts"]["nodes"].take(),
        seen["registrations"]["nodes"].take(),
    )
}

story! {
    /// An account is called what its reader called it, and begins with its reader's own
    /// registration.
    async fn a_rivals_words_stay_its_own(world: World) {
        let mut acme = Acme::new(&world).await;
        acme.publish_terms(json!({ "rules": [], "protectionDays": 10 })).await;
        let (rival, own) = (acme.partner("Northwind").await, acme.partner("Eastbay").await);
        registrations(&acme, &rival, "Globex (Project Falcon, replaces SAP in Q3)", "globex.example").await;
        acme.day("2026-02-14").await;
        registrations(&acme, &own, "Globex", "globex.example").await;
        let (accounts, registrations) = accounts(&own).await;
        let mine = &accounts[0];
        assert_eq!((accounts.as_array().unwrap().len(), &mine["name"]), (1, &json!("Globex")));
        assert!(text(&mine["createdAt"]).starts_with("2026-02-14"), "{accounts:#}");
        assert_eq!(registrations[0]["account"]["name"], "Globex");
        assert!(text(&registrations[0]["account"]["createdAt"]).starts_with("2026-02-14"));
    }
}

story! {
    /// A contested registration that is withdrawn shows no more than before.
    async fn a_withdrawn_registration_shows_no_rival(world: World) {
        let acme = Acme::new(&world).await;
        let (rival, own) = (acme.partner("Northwind").await, acme.partner("Eastbay").await);
        registrations(&acme, &rival, "Secret Codename Rival Corp", "rival.example").await;
        let registration = registrations(&acme, &own, "Rival", "rival.example").await;
        assert_eq!((&registration["state"], &registration["account"]), (&json!("IN_CONFLICT"), &Value::Null));
        let input = json!({ "id": registration["id"], "reason": "no" });
        own.client.does("withdrawRegistration", "registration { id }", input).await;
        let (accounts, registrations) = accounts(&own).await;
        assert_eq!(accounts, json!([]));
        assert_eq!(registrations, json!([{ "submittedName": "Rival", "account": null }]));
    }
}

story! {
    /// The ids of what partners share tell nothing of when the tenant first heard of it,
    /// and lists are in the order in which it did all the same.
    async fn ids_of_customers_and_deals_tell_no_time(world: World) {
        let acme = Acme::new(&world).await;
        let mut opened = Vec::new();
        for number in 0..7 {
            let input = json!({
                "idempotencyKey": acme.key(), "programId": acme.program, "name": "Licences",
                "account": { "name": format!("Customer {number}"), "domain": format!("c{number}.example") },
                "amount": usd("10.00"), "stage": "S",
            });
            let deal = acme.owner.does("openDeal", "deal { id account { id } }", input).await;
            let (deal, account) = (text(&deal["id"]), text(&deal["account"]["id"]));
            let versions = (deal.parse::<DealId>().unwrap().0, account.parse::<AccountId>().unwrap().0);
            assert_eq!((versions.0.get_version_num(), versions.1.get_version_num()), (4, 4));
            opened.push(deal.to_owned());
        }
        let all = "query($first: Int, $last: Int, $after: String, $before: String) {
            deals(first: $first, last: $last, after: $after, before: $before) {
                nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        let page = async |by: &Partner, variables: Value| by.client.asks(all, variables).await["deals"].take();
        let staff = Partner { id: String::new(), client: acme.owner.clone() };
        let (mut forward, mut after) = (Vec::new(), Value::Null);
        loop {
            let rows = page(&staff, json!({ "first": 3, "after": after })).await;
            forward.extend(rows["nodes"].as_array().unwrap().iter().map(|row| text(&row["id"]).to_owned()));
            if rows["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
            after = rows["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(forward, opened);
        let end = page(&staff, json!({ "last": 3 })).await;
        let before = page(&staff, json!({ "last": 3, "before": end["pageInfo"]["startCursor"] })).await;
        let ids = |rows: &Value| rows["nodes"].as_array().unwrap().iter().map(|row| text(&row["id"]).to_owned()).collect::<Vec<_>>();
        assert_eq!((ids(&before), ids(&end)), (opened[1..4].to_vec(), opened[4..].to_vec()));
        let own = acme.partner_without_papers("Northwind").await;
        let foreign = json!({ "first": 3, "after": end["pageInfo"]["startCursor"] });
        let refused = own.client.post(all, foreign).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "INVALID_INPUT");

        // When a deal was opened, a partner is told by no order.
        for _ in 0..7 {
            acme.deal(&own, "10.00").await;
        }
        let told = ids(&page(&own, json!({ "first": 10 })).await);
        let mut sorted = told.clone();
        sorted.sort_by_key(|id| id.parse::<DealId>().unwrap().0);
        assert_eq!((told.len(), &told), (7, &sorted));
    }
}
