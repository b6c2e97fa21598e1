//! Lists: pages in an order, filters, counts and sums, wherever a noun is listed.

use serde_json::{Value, json};

use crate::support::acme::{Acme, Partner, text, usd};
use crate::support::client::Client;
use crate::support::world::World;

/// Deals by name, all of them, in pages of two; read forward, or from the end.
async fn paged(reader: &Client, order: &Value, backward: bool) -> Vec<String> {
    let document = "query($order: DealOrder, $first: Int, $after: String, $last: Int,
        $before: String) { deals(orderBy: $order, first: $first, after: $after, last: $last,
        before: $before) { nodes { name } pageInfo { startCursor endCursor hasNextPage
        hasPreviousPage } } }";
    let mut names: Vec<String> = Vec::new();
    let mut place = Value::Null;
    loop {
        let asked = if !backward {
            json!({ "order": order, "first": 2, "after": place })
        } else {
            json!({ "order": order, "last": 2, "before": place })
        };
        let deals = reader.asks(document, asked).await["deals"].clone();
        let nodes = deals["nodes"].as_array().unwrap().iter();
        let page: Vec<String> = nodes.map(|deal| text(&deal["name"])).collect();
        let more = if !backward {
            names.extend(page);
            place = deals["pageInfo"]["endCursor"].clone();
            &deals["pageInfo"]["hasNextPage"]
        } else {
            names.splice(0..0, page);
            place = deals["pageInfo"]["startCursor"].clone();
            &deals["pageInfo"]["hasPreviousPage"]
        };
        if more == &json!(false) {
            return names;
        }
    }
}

/// Opens a deal of this name and worth.
async fn opens(acme: &Acme, name: &str, amount: &str, stage: &str) -> String {
    let input = json!({
        "idempotencyKey": acme.key(), "programId": acme.program, "name": name,
        "account": { "name": name, "domain": format!("{name}.example") },
        "amount": usd(amount), "stage": stage,
    });
    text(&acme.owner.does("openDeal", "deal { id }", input).await["id"])
}

async fn loses(acme: &Acme, deal: &str) {
    let input = json!({ "id": deal, "reason": "No budget" });
    acme.owner.does("closeDealLost", "deal { id }", input).await;
}

story! {
    /// Pages follow on each other without a gap in every order and both directions, also
    /// where rows are alike or have no value.
    async fn pages_follow_on_each_other(world: World) {
        let acme = Acme::new(&world).await;
        opens(&acme, "ann", "300.00", "Qualified").await;
        let bob = opens(&acme, "bob", "100.00", "Qualified").await;
        opens(&acme, "cyd", "300.00", "Demo").await;
        let dan = opens(&acme, "dan", "200.00", "Demo").await;
        opens(&acme, "eve", "50.00", "Demo").await;
        loses(&acme, &dan).await;
        acme.day("2026-01-06").await;
        loses(&acme, &bob).await;
        let in_order = async |field: &str| -> Vec<String> {
            let order = |direction: &str| json!({ "field": field, "direction": direction });
            let up = paged(&acme.owner, &order("ASC"), false).await;
            assert_eq!(paged(&acme.owner, &order("ASC"), true).await, up, "{field}");
            let mut down = paged(&acme.owner, &order("DESC"), false).await;
            assert_eq!(paged(&acme.owner, &order("DESC"), true).await, down, "{field}");
            down.reverse();
            assert_eq!(down, up, "{field}");
            up
        };
        assert_eq!(in_order("CREATED_AT").await, ["ann", "bob", "cyd", "dan", "eve"]);
        let by_amount = in_order("AMOUNT").await;
        assert_eq!(by_amount[..3], ["eve", "bob", "dan"]);
        let by_close = in_order("CLOSED_AT").await;
        assert_eq!(by_close[..2], ["dan", "bob"]);
        let by_change = in_order("UPDATED_AT").await;
        assert_eq!(by_change[4], "bob");
    }
}

story! {
    /// A cursor is good for its tenant, list, order and direction, and for nothing else;
    /// and equal for equal places.
    async fn a_cursor_is_good_for_its_list_alone(world: World) {
        let acme = Acme::new(&world).await;
        let ann = acme.partner_without_papers("Ann").await;
        acme.deal(&ann, "100.00").await;
        let other = Acme::new(&world).await;
        let place = async |acme: &Acme| -> String {
            let deals = acme.owner.asks("{ deals { edges { cursor } } }", json!({})).await;
            text(&deals["deals"]["edges"][0]["cursor"])
        };
        let cursor = place(&acme).await;
        assert_eq!(place(&acme).await, cursor);
        let code = async |by: &Client, document: &str, cursor: &str| -> Value {
            let answer = by.post(document, json!({ "cursor": cursor })).await;
            answer["errors"][0]["extensions"]["code"].clone()
        };
        let deals = "query($cursor: String!) { deals(after: $cursor) { nodes { id } } }";
        assert_eq!(code(&acme.owner, deals, &cursor).await, Value::Null);
        let refused = json!("INVALID_INPUT");
        assert_eq!(code(&other.owner, deals, &cursor).await, refused);
        for document in [
            "query($cursor: String!) { accounts(after: $cursor) { nodes { id } } }",
            "query($cursor: String!) { programs { nodes {
                deals(after: $cursor) { nodes { id } } } } }",
            "query($cursor: String!) { deals(after: $cursor, orderBy: { field: AMOUNT })
                { nodes { id } } }",
            "query($cursor: String!) { deals(after: $cursor, orderBy: { field: CREATED_AT,
                direction: DESC }) { nodes { id } } }",
        ] {
            assert_eq!(code(&acme.owner, document, &cursor).await, refused, "{document}");
        }
        let mut changed = cursor.clone().into_bytes();
        changed[20] = if changed[20] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        for text in [changed.as_str(), "", "del_nonsense", "AQ", &cursor[1..]] {
            assert_eq!(code(&acme.owner, deals, text).await, refused, "{text}");
        }
    }
}

story! {
    /// A page without rows says what is before it, at the root and inside a noun.
    async fn an_empty_page_knows_what_is_before_it(world: World) {
        let acme = Acme::new(&world).await;
        let ann = acme.partner_without_papers("Ann").await;
        acme.deal(&ann, "100.00").await;
        let document = "query($after: String) { partners { nodes { deals(after: $after) {
            edges { cursor } pageInfo { hasPreviousPage hasNextPage } } } } }";
        let deals = async |after: Value| -> Value {
            let answer = acme.owner.asks(document, json!({ "after": after })).await;
            answer["partners"]["nodes"][0]["deals"].clone()
        };
        let first = deals(Value::Null).await;
        let beyond = deals(first["edges"][0]["cursor"].clone()).await;
        let said = json!({ "hasPreviousPage": true, "hasNextPage": false });
        assert_eq!((&beyond["edges"], &beyond["pageInfo"]), (&json!([]), &said));
    }
}

const SUMMED: &str = "totalCount { count precision } amountTotals { amount currency }";

story! {
    /// Filters are the same wherever a noun is listed, and counts and sums are of what
    /// passes them, on all pages.
    async fn what_passes_is_counted_and_added_up(world: World) {
        let acme = Acme::new(&world).await;
        let ann = acme.partner_without_papers("Ann").await;
        let bob = acme.partner_without_papers("Bob").await;
        for amount in ["100.00", "200.50"] {
            acme.deal(&ann, amount).await;
        }
        let shared = acme.deal(&bob, "1000.00").await;
        acme.involves(&shared, &ann, "INFLUENCED", "VOUCHED").await;
        let lost = opens(&acme, "gone", "5.00", "Negotiation").await;
        loses(&acme, &lost).await;
        let sums = |count: u32, amount: Option<&str>| {
            let totals = amount.map(usd).into_iter().collect::<Vec<_>>();
            let precision = "EXACT";
            json!({ "totalCount": { "count": count, "precision": precision }, "amountTotals": totals })
        };
        let root = async |filter: Value| -> Value {
            let document = format!(
                "query($filter: DealFilter) {{ deals(filter: $filter, first: 1) {{ {SUMMED} }} }}"
            );
            acme.owner.asks(&document, json!({ "filter": filter })).await["deals"].clone()
        };
        assert_eq!(root(json!({})).await, sums(4, Some("1305.50")));
        assert_eq!(root(json!({ "state": "OPEN" })).await, sums(3, Some("1300.50")));
        assert_eq!(root(json!({ "state": [] })).await, sums(0, None));
        assert_eq!(root(json!({ "stage": ["Negotiation"] })).await, sums(1, Some("5.00")));
        assert_eq!(root(json!({ "partnerId": [ann.id, bob.id] })).await, sums(3, Some("1300.50")));
        let closed = json!({ "closedAt": { "from": "2026-01-01T00:00:00Z" } });
        assert_eq!(root(closed).await, sums(1, Some("5.00")));
        let later = json!({ "openedAt": { "from": "2027-01-01T00:00:00Z" } });
        assert_eq!(root(later).await, sums(0, None));

        // Of many parents at once, and the same for the partner itself.
        let document = format!(
            "query($filter: DealFilter) {{ partners {{ nodes {{ name
                deals(filter: $filter, orderBy: {{ field: AMOUNT, direction: DESC }}, first: 1) {{
                    {SUMMED} nodes {{ amount {{ amount }} }} pageInfo {{ hasNextPage }} }}
            }} }} }}"
        );
        let all = acme.owner.asks(&document, json!({})).await;
        let ann_has = &all["partners"]["nodes"][0]["deals"];
        assert_eq!(ann_has["totalCount"]["count"], 3);
        assert_eq!(ann_has["amountTotals"], json!([usd("1300.50")]));
        assert_eq!(ann_has["nodes"], json!([{ "amount": { "amount": "1000.00" } }]));
        assert_eq!(ann_has["pageInfo"]["hasNextPage"], true);
        let bob_has = &all["partners"]["nodes"][1]["deals"];
        assert_eq!(bob_has["totalCount"]["count"], 1);
        assert_eq!(bob_has["pageInfo"]["hasNextPage"], false);
        let won = acme.owner.asks(&document, json!({ "filter": { "state": "CLOSED_WON" } })).await;
        let none = &won["partners"]["nodes"][0]["deals"];
        assert_eq!(none["totalCount"], json!({ "count": 0, "precision": "EXACT" }));
        assert_eq!((&none["nodes"], &none["amountTotals"]), (&json!([]), &json!([])));
    }
}

/// The code that a partner's key gets for a document.
async fn refusal(partner: &Partner, document: &str, variables: Value) -> Value {
    let answer = partner.client.post(document, variables).await;
    answer["errors"][0]["extensions"]["code"].clone()
}

story! {
    /// A partner counts and adds up its own rows alone, and cannot find out by a filter
    /// or an order what it is not told.
    async fn a_partner_finds_out_no_more_than_it_is_told(world: World) {
        let acme = Acme::new(&world).await;
        let ann = acme.partner_without_papers("Ann").await;
        let bob = acme.partner_without_papers("Bob").await;
        acme.deal(&ann, "100.00").await;
        acme.deal(&bob, "1000.00").await;
        let document = format!("{{ deals {{ {SUMMED} }} }}");
        let deals = &ann.client.asks(&document, json!({})).await["deals"];
        assert_eq!(deals["totalCount"]["count"], 1);
        assert_eq!(deals["amountTotals"], json!([usd("100.00")]));
        let rivals = "query($of: ID!) { deals(filter: { partnerId: [$of] }) { totalCount { count } } }";
        assert_eq!(refusal(&ann, rivals, json!({ "of": bob.id })).await, "NOT_FOUND");
        for document in [
            "{ deals(filter: { openedAt: { from: \"2026-01-01T00:00:00Z\" } }) { nodes { id } } }",
            "{ deals(filter: { updatedAt: { until: \"2026-02-01T00:00:00Z\" } }) { nodes { id } } }",
            "{ deals(orderBy: { field: UPDATED_AT }) { nodes { id } } }",
            "{ accounts(filter: { createdAt: {} }) { totalCount { count } } }",
            "{ accounts(orderBy: { field: NAME }) { nodes { id } } }",
            "{ collections(filter: { reference: [\"INV-1\"] }) { totalCount { count } } }",
        ] {
            assert_eq!(refusal(&ann, document, json!({})).await, "INVALID_INPUT", "{document}");
        }
        acme.day("2026-02-02").await;
        let late = acme.partner_without_papers("Cyd").await;
        let deal = acme.deal(&ann, "300.00").await;
        acme.day("2026-03-02").await;
        acme.involves(&deal, &late, "INFLUENCED", "VOUCHED").await;
        let times = late.client.asks("{ deals { nodes { openedAt updatedAt } } }", json!({})).await;
        let part = "2026-03-02T09:00:00.000Z";
        assert_eq!(times["deals"]["nodes"], json!([{ "openedAt": part, "updatedAt": part }]));
        let forms = &ann.client.asks("{ taxForms { totalCount { count } } }", json!({})).await;
        assert_eq!(forms["taxForms"]["totalCount"]["count"], 0);
    }
}

story! {
    /// A row says when it was last changed, and what changed since is found by it.
    async fn what_changed_since_is_found(world: World) {
        let acme = Acme::new(&world).await;
        let quiet = opens(&acme, "quiet", "10.00", "Demo").await;
        let busy = opens(&acme, "busy", "10.00", "Demo").await;
        acme.day("2026-03-01").await;
        let input = json!({ "idempotencyKey": acme.key(), "id": busy, "stage": "Negotiation" });
        acme.owner.does("moveDeal", "deal { id }", input).await;
        let document = "query($from: DateTime) { deals(filter: { updatedAt: { from: $from } })
            { nodes { id updatedAt } } }";
        let since = json!({ "from": "2026-03-01T00:00:00Z" });
        let deals = acme.owner.asks(document, since).await["deals"]["nodes"].clone();
        assert_eq!(deals, json!([{ "id": busy, "updatedAt": "2026-03-01T09:00:00.000Z" }]));
        let all = acme.owner.asks(document, json!({})).await["deals"]["nodes"].clone();
        assert_eq!(all[0], json!({ "id": quiet, "updatedAt": all[0]["updatedAt"] }));
        assert!(text(&all[0]["updatedAt"]).starts_with("2026-01-05"));
    }
}
