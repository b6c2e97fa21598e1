//! The demo's story, on both databases: every figure of it.

use serde_json::{Value, json};
use tributary_api::client::{Client, list};
use tributary_api::demo::{self, Outcome, Teller};
use tributary_domain::entity::tenant::Kind;
use tributary_domain::{keys, tenants};

use crate::rules::accelerator;
use crate::world::World;

/// The rows of a list, each as these fields joined by spaces.
fn rows(list: &[Value], fields: &[&str]) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
    let row = |row: &Value| {
        fields
            .iter()
            .map(|field| text(&row[field]))
            .collect::<Vec<_>>()
    };
    list.iter().map(|value| row(value).join(" ")).collect()
}

fn check(outcome: &Outcome) {
    assert_eq!(
        rows(
            &outcome.registrations,
            &["partner", "account", "state", "competes_with"]
        ),
        [
            "Northwind Globex CONVERTED null",
            "Southridge Globex REJECTED Northwind"
        ]
    );
    assert_eq!(
        rows(&outcome.credit, &["deal", "partner", "role"]),
        [
            "Initech Northwind SOURCED",
            "Globex Northwind SOURCED",
            "Globex Eastbay INFLUENCED"
        ]
    );
    assert_eq!(
        rows(
            &outcome.commissions,
            &["partner", "deal", "total", "earned", "paid"]
        ),
        [
            "Northwind Initech 3000.00 3000.00 3000.00",
            "Northwind Globex 15500.00 14208.33 14208.33",
            "Eastbay Globex 2000.00 1833.33 1833.33",
        ]
    );
    assert_eq!(
        rows(&outcome.earnings, &["at", "partner", "amount", "deal"]),
        [
            "2026-01-09T09:00:00.000Z Northwind 3000.00 Initech",
            "2026-10-05T09:00:00.000Z Northwind 5166.67 Globex",
            "2026-10-05T09:00:00.000Z Eastbay 666.67 Globex",
            "2026-11-05T09:00:00.000Z Northwind 5166.66 Globex",
            "2026-11-05T09:00:00.000Z Eastbay 666.66 Globex",
            "2026-11-20T09:00:00.000Z Northwind -1291.66 Globex",
            "2026-11-20T09:00:00.000Z Eastbay -166.66 Globex",
            "2026-12-05T09:00:00.000Z Northwind 5166.66 Globex",
            "2026-12-05T09:00:00.000Z Eastbay 666.66 Globex",
        ]
    );
    assert_eq!(
        rows(
            &outcome.payouts,
            &["run", "partner", "amount", "state", "rail"]
        ),
        [
            "1 Northwind 8166.67 PAID sandbox",
            "1 Eastbay 666.67 PAID sandbox",
            "2 Northwind 9041.66 PAID sandbox",
            "2 Eastbay 1166.66 PAID sandbox",
        ]
    );
    assert_eq!(
        rows(&outcome.held, &["run", "partner", "reason", "amount"]),
        ["1 Northwind ON_HOLD 5166.66", "1 Eastbay ON_HOLD 666.66"]
    );
    assert_eq!(
        rows(&outcome.runs, &["proposed_by", "approved_by"]),
        ["Finn Ada", "Finn Ada"]
    );
    assert_eq!(
        rows(&outcome.receipts, &["rerun_equal"]),
        ["true", "true", "true"]
    );
    assert_eq!(outcome.ledger["balanced"], true);
    assert!(outcome.as_told);
    assert_eq!(outcome.events["subscription_complete"], true);
    assert_eq!(outcome.events["count"], 21);
    let position = |which: &str| outcome.events[which].as_str().unwrap().parse::<u64>();
    assert!(position("first").unwrap() < position("last").unwrap());
}

/// What a reader of the story may do with its keys: open another deal, and give
/// Globex more of its money back.
async fn go_on(owner: &Client) {
    let document = "{ programs { nodes { id } } deals { nodes { id name } } }";
    let found = owner.ask(document, json!({})).await.unwrap();
    let deals = list(&found, "/deals/nodes").unwrap();
    let globex = deals
        .iter()
        .find(|deal| deal["name"] == demo::DEAL)
        .unwrap();
    let usd = |amount: &str| json!({ "amount": amount, "currency": "USD" });
    let input = json!({
        "idempotencyKey": "umbrella-open",
        "programId": found["programs"]["nodes"][0]["id"],
        "account": { "name": "Umbrella", "domain": "umbrella.example" },
        "name": "Umbrella",
        "amount": usd("500.00"),
        "stage": "Proposal",
    });
    owner.order("openDeal", input, "deal { id }").await.unwrap();
    let input = json!({
        "idempotencyKey": "globex-refund-2", "dealId": globex["id"], "amount": usd("1000.00"),
    });
    owner
        .order("recordRefund", input, "collection { id }")
        .await
        .unwrap();
}

story! {
    /// Told once through the public interface, and read back a second time.
    async fn a_year_of_a_partner_program(world: World) {
        let engine = &world.server.engine;
        let (kind, begin) = (Kind::Sandbox, Some(demo::BEGIN));
        let tenant = tenants::create(engine, demo::TENANT, kind, begin).await.unwrap();
        let key = keys::create_first(engine, tenant.id, demo::OWNER).await.unwrap();
        let owner = Client::new(&world.server.url, &key.token);

        let told = demo::play(&owner, accelerator(), &mut Teller::silent()).await.unwrap();
        check(&told.outcome);
        assert_eq!(told.keys.len(), 5);

        let again = demo::revisit(&owner).await.unwrap();
        assert_eq!(again.outcome, told.outcome);
        for (person, _, document) in demo::EXAMPLES {
            let key = again.keys.iter().find(|key| key.holder.starts_with(person)).unwrap();
            owner.with_key(&key.token).ask(document, json!({})).await.unwrap();
        }
        let found = tenants::named(engine, demo::TENANT).await.unwrap();
        assert_eq!(found[0].clock_at, Some(demo::END));

        go_on(&owner).await;
        let changed = demo::revisit(&owner).await.unwrap().outcome;
        assert!(!changed.as_told);
        assert!(changed.events["subscription_complete"] == true);
        let differences = changed.differences().unwrap();
        assert!(
            differences.iter().any(|line| line.starts_with("/earnings: 9 rows were expected")),
            "{differences:?}"
        );
        changed.sum_up(&mut Teller::silent()).unwrap();
    }
}
