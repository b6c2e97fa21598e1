//! The demo's story, on both databases: every figure of it.

use serde_json::json;
use tributary_client::{Client, list};
use tributary_demo::{self as demo, Operator, Outcome, Teller};
use tributary_domain::access::Role;
use tributary_domain::entity::tenant::Kind;
use tributary_domain::tenant::positions::Position;
use tributary_domain::tenant::tenants;

use crate::rule::rules::accelerator;
use crate::support::world::World;

/// The instalments, the refund and what was paid on the day, in UTC.
const EARNED_ON: [&str; 9] = [
    "2026-01-09",
    "2026-10-05",
    "2026-10-05",
    "2026-11-05",
    "2026-11-05",
    "2026-11-20",
    "2026-11-20",
    "2026-12-05",
    "2026-12-05",
];

/// The figures are in a file of the demo's own, which the outcome was compared
/// with; here is what the file does not say.
fn check(outcome: &Outcome) {
    assert_eq!(outcome.differences().unwrap(), [""; 0]);
    assert!(outcome.as_told);
    let earned = outcome.earnings.iter().map(|row| &row["at"]);
    let days = EARNED_ON.map(|day| json!(format!("{day}T09:00:00.000Z")));
    assert!(earned.eq(&days), "{:#?}", outcome.earnings);
    assert_eq!(outcome.events["count"], 21);
    let position = |which: &str| {
        let position = outcome.events[which].as_str().unwrap().parse::<Position>();
        position.unwrap().number
    };
    assert!(position("first") < position("last"));
}

/// What a reader of the story may do with its keys: open another deal, and give
/// Globex more of its money back.
async fn go_on(owner: &Client) {
    let document = "{ programs { nodes { id } } deals { nodes { id name } } }";
    let found = owner.query(document, json!({})).await.unwrap();
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
    owner
        .mutate("openDeal", input, "deal { id }")
        .await
        .unwrap();
    let input = json!({
        "idempotencyKey": "globex-refund-2", "dealId": globex["id"], "amount": usd("1000.00"),
    });
    owner
        .mutate("recordRefund", input, "collection { id }")
        .await
        .unwrap();
}

story! {
    /// Told once through the public interface, and read back a second time.
    async fn a_year_of_a_partner_program(world: World) {
        let engine = &world.server.engine;
        let (kind, begin) = (Kind::Sandbox, Some(demo::BEGIN));
        let tenant = tenants::create(engine, demo::TENANT, kind, begin).await.unwrap();
        let operator = Operator::new(engine, tenant.id);
        let key = operator.key(demo::OWNER, Role::Owner, None).await.unwrap();
        let owner = Client::new(&world.server.url, &key.token);

        let told = demo::play(&owner, &operator, accelerator(), &mut Teller::silent()).await.unwrap();
        check(&told.outcome);
        assert_eq!(told.keys.len(), 5);

        let again = demo::revisit(&owner, &operator).await.unwrap();
        assert_eq!(again.outcome, told.outcome);
        for (person, _, document) in demo::EXAMPLES {
            let key = again.keys.iter().find(|key| key.holder.starts_with(person)).unwrap();
            owner.with_key(&key.token).query(document, json!({})).await.unwrap();
        }
        let found = tenants::named(engine, demo::TENANT).await.unwrap();
        assert_eq!(found[0].clock_at, Some(demo::END));

        go_on(&owner).await;
        let changed = demo::revisit(&owner, &operator).await.unwrap().outcome;
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
