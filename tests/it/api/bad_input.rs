//! What is refused leaves nothing behind, and what is repeated is done once:
//! no row, no event, no position used up.

use serde_json::{Value, json};

use crate::support::acme::{Acme, Deal, text, usd};
use crate::support::client::Client;
use crate::support::tables;
use crate::support::world::World;

/// A command with its input, and the code that it is refused with.
type Order = (&'static str, Value, &'static str);

/// Gives commands that are refused, and sees that none changed anything. The
/// codes of whole documents and of commands are read alike.
async fn leave_nothing(world: &World, acme: &Acme, client: &Client, orders: Vec<Order>) {
    let before = tables::rows(&world.database, acme.tenant).await;
    for (command, input, code) in orders {
        let kind = command[..1].to_uppercase() + &command[1..];
        let document = format!(
            "mutation($input: {kind}Input!) {{ {command}(input: $input) {{ userErrors {{ code }} }} }}"
        );
        let answer = client.post(&document, json!({ "input": input })).await;
        let refused = &answer["data"][command]["userErrors"][0]["code"];
        let shut = &answer["errors"][0]["extensions"]["code"];
        assert!(
            refused == code || shut == code,
            "{command} {input}: {answer:#}"
        );
        let after = tables::rows(&world.database, acme.tenant).await;
        assert_eq!(after, before, "{command} {input}");
    }
}

/// The input that opens a deal.
pub fn opening(acme: &Acme, key: &str, amount: Value) -> Value {
    json!({
        "idempotencyKey": key, "programId": acme.program, "name": "A deal",
        "account": { "name": "Globex", "domain": "globex.example" },
        "amount": amount, "stage": "Qualified",
    })
}

fn moving(key: &str, deal: &Deal, amount: Value) -> Value {
    json!({ "idempotencyKey": key, "dealId": deal.id, "amount": amount })
}

story! {
    /// Money in the wrong currency or with the wrong digits, wherever money is
    /// taken. The key of a command that was refused is free for the right one.
    async fn wrong_money_leaves_nothing(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let deal = acme.deal(&northwind, "1000.00").await;
        acme.collects(&deal, "10.00").await;
        let terms = |minimum: &Value| json!({
            "idempotencyKey": "k4", "programId": acme.program, "agreementText": "Be fair.", "protectionDays": 90,
            "holdDays": 30, "payoutMinimum": minimum, "rules": [],
        });
        let eur = json!({ "amount": "1.00", "currency": "EUR" });
        let mut orders = Vec::new();
        for wrong in [eur, usd("1.0"), usd("1.000"), usd("1"), usd("-1.00"), usd("a lot")] {
            let mut registration = acme.registration(&northwind, "Initech", "initech.example");
            registration["expected"] = wrong.clone();
            orders.extend([
                ("registerDeal", registration, "INVALID_INPUT"),
                ("openDeal", opening(&acme, "k1", wrong.clone()), "INVALID_INPUT"),
                ("reviseDealAmount", json!({ "idempotencyKey": "k5", "id": deal.id, "amount": wrong }), "INVALID_INPUT"),
                ("recordCollection", moving("k2", &deal, wrong.clone()), "INVALID_INPUT"),
                ("recordRefund", moving("k3", &deal, wrong.clone()), "INVALID_INPUT"),
                ("publishTerms", terms(&wrong), "INVALID_INPUT"),
            ]);
        }
        leave_nothing(&world, &acme, &acme.owner, orders).await;
        let input = opening(&acme, "k1", usd("1.00"));
        acme.owner.does("openDeal", "deal { id }", input).await;
        for (command, key) in [("recordCollection", "k2"), ("recordRefund", "k3")] {
            let input = moving(key, &deal, usd("1.00"));
            acme.owner.does(command, "collection { id }", input).await;
        }
    }
}

story! {
    /// What comes too late: a second win, money for a lost deal, and more paid
    /// back than came in.
    async fn what_comes_too_late_leaves_nothing(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let (won, lost) = (acme.deal(&northwind, "1000.00").await, acme.deal(&northwind, "1.00").await);
        acme.wins(&won).await;
        acme.collects(&won, "10.00").await;
        let reason = json!({ "id": lost.id, "reason": "no budget" });
        acme.owner.does("closeDealLost", "deal { id }", reason).await;
        let win = |deal: &Deal| json!({ "idempotencyKey": acme.key(), "id": deal.id });
        let pay = |deal: &Deal, amount: &str| moving(&acme.key(), deal, usd(amount));
        let orders = vec![
            ("closeDealWon", win(&won), "ALREADY_WON"),
            ("closeDealLost", json!({ "id": won.id, "reason": "after all" }), "ALREADY_WON"),
            ("reviseDealAmount", json!({ "idempotencyKey": acme.key(), "id": won.id, "amount": usd("9.00") }), "ALREADY_WON"),
            ("closeDealWon", win(&lost), "DEAL_LOST"),
            ("recordCollection", pay(&lost, "1.00"), "DEAL_LOST"),
            ("recordRefund", pay(&won, "10.01"), "REFUND_EXCEEDS_COLLECTED"),
        ];
        leave_nothing(&world, &acme, &acme.owner, orders).await;
    }
}

story! {
    /// Nobody's key, and one that was somebody's.
    async fn a_shut_door_lets_nothing_through(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let deal = acme.deal(&northwind, "1000.00").await;
        let mia = acme.person("Mia", "MANAGER").await;
        let id = mia.token.split('.').nth(1).unwrap();
        acme.owner.does("revokeApiKey", "apiKey { id }", json!({ "id": id })).await;
        for client in [Client::new(&mia.url, "nobody"), mia.clone()] {
            let input = json!({ "idempotencyKey": "k", "id": deal.id, "stage": "Mine" });
            let order = ("moveDeal", input, "UNAUTHENTICATED");
            leave_nothing(&world, &acme, &client, vec![order]).await;
        }
    }
}

story! {
    /// What may not run is refused, and the plugin is not even named.
    async fn a_refused_plugin_leaves_nothing(world: World) {
        let acme = Acme::without_program(&world).await;
        let import = wat::parse_str("(component (import \"clock\" (func)))").unwrap();
        let document = "mutation { stagePluginUpload { upload { id url } } }";
        let staged = acme.owner.asks(document, json!({})).await;
        let upload = &staged["stagePluginUpload"]["upload"];
        acme.owner.puts(&text(&upload["url"]), import).await;
        let order = ("publishPlugin", json!({ "uploadId": upload["id"] }), "PLUGIN_REFUSED");
        leave_nothing(&world, &acme, &acme.owner, vec![order]).await;
    }
}
