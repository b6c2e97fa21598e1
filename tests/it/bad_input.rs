//! What is refused leaves nothing behind, and what is repeated is done once:
//! no row, no event, no position used up.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::acme::{Acme, Deal, text, usd, usual_rules};
use crate::client::Client;
use crate::contract::{self, list, name, named};
use crate::world::World;
use crate::{rules, tables};

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

fn opening(acme: &Acme, key: &str, amount: Value) -> Value {
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
            let mut claim = acme.registration(&northwind, "Initech", "initech.example");
            claim["expected"] = wrong.clone();
            orders.extend([
                ("registerDeal", claim, "INVALID_INPUT"),
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

/// The commands of the schema that take a key.
async fn repeatable() -> BTreeSet<String> {
    let schema = contract::introspect().await;
    let takes_key = |command: &&Value| {
        list(&command["args"]).iter().any(|argument| {
            let input = named(&argument["type"]).0;
            let mut types = contract::own_types(&schema).filter(|of| name(of) == input);
            types.any(|of| {
                list(&of["inputFields"])
                    .iter()
                    .any(|field| name(field) == "idempotencyKey")
            })
        })
    };
    let commands = list(&schema["mutationType"]["fields"]).iter();
    commands
        .filter(takes_key)
        .map(|command| name(command).to_owned())
        .collect()
}

/// What is repeated, with the commands that it was tried for.
struct Repeats<'a> {
    world: &'a World,
    acme: &'a Acme,
    repeatable: BTreeSet<String>,
    tried: BTreeSet<String>,
}

impl Repeats<'_> {
    /// Gives a command, and returns what it made. One that takes a key is
    /// given again, and once more with `other` instead of what it said.
    async fn does(&mut self, command: &str, made: &str, mut input: Value, other: Value) -> Value {
        let (owner, selection) = (&self.acme.owner, format!("{made} {{ id }}"));
        if !self.repeatable.contains(command) {
            return owner.does(command, &selection, input).await;
        }
        self.tried.insert(command.to_owned());
        input["idempotencyKey"] = json!(self.acme.key());
        let once = owner.does(command, &selection, input.clone()).await;
        if command == "proposePayoutRun" {
            self.acme.prepared(&once["id"]).await;
        }
        let before = tables::rows(&self.world.database, self.acme.tenant).await;
        let again = owner.does(command, &selection, input.clone()).await;
        assert_eq!(again, once, "{command}");
        for (field, value) in other.as_object().unwrap() {
            input[field] = value.clone();
        }
        let refused = owner.tries(command, &selection, input).await;
        refused.fails_with("IDEMPOTENCY_MISMATCH");
        let after = tables::rows(&self.world.database, self.acme.tenant).await;
        assert_eq!(after, before, "{command}");
        once
    }
}

story! {
    /// The same key and arguments are the same thing, and the same key with
    /// others is refused: for every command that takes a key.
    async fn a_repeated_command_is_done_once(world: World) {
        let acme = Acme::new(&world).await;
        let (repeatable, tried) = (repeatable().await, BTreeSet::new());
        let mut repeats = Repeats { world: &world, acme: &acme, repeatable, tried };
        let partner = joins(&mut repeats).await;
        let deal = is_won(&mut repeats, &partner).await;

        let payment = json!({ "dealId": deal["id"], "amount": usd("5000.00") });
        let less = json!({ "amount": usd("1.00") });
        repeats.does("recordCollection", "collection", payment, less).await;
        let refund = json!({ "dealId": deal["id"], "amount": usd("10.00") });
        let less = json!({ "amount": usd("1.00") });
        repeats.does("recordRefund", "collection", refund, less).await;
        acme.day("2026-03-05").await;
        let program = json!({ "name": "Another", "model": "RESELLER", "currency": "USD" });
        let other = json!({ "name": "Yet another" });
        let program = repeats.does("createProgram", "program", program, other).await;
        stops(&mut repeats, &partner, &deal).await;
        let run = json!({ "programId": acme.program, "rail": "manual" });
        let other = json!({ "programId": program["id"] });
        let run = repeats.does("proposePayoutRun", "payoutRun", run, other).await;
        is_paid_by_hand(&mut repeats, &run).await;

        assert_eq!(repeats.tried, repeats.repeatable);
    }
}

/// A partner joins, and lacks nothing.
async fn joins(repeats: &mut Repeats<'_>) -> Value {
    let acme = repeats.acme;
    let terms = json!({
        "programId": acme.program, "agreementText": "Be fair.", "protectionDays": 90,
        "autoApprove": true, "holdDays": 30, "payoutMinimum": usd("1.00"), "rules": usual_rules(),
    });
    let document = "query($id: ID!) { node(id: $id) { ... on Terms { documentDigest } } }";
    let other = json!({ "holdDays": 31 });
    let terms = repeats.does("publishTerms", "terms", terms, other).await;
    let read = acme
        .owner
        .asks(document, json!({ "id": terms["id"] }))
        .await;

    let invitation = json!({ "name": "Northwind", "programId": acme.program });
    let other = json!({ "name": "Southridge" });
    let partner = repeats
        .does("invitePartner", "partner", invitation, other)
        .await;
    let id = &partner["id"];
    let agreement = json!({
        "partnerId": id, "termsId": terms["id"], "act": "clicked",
        "documentDigest": read["node"]["documentDigest"],
        "signerName": "Sam", "signerAuthority": "Director",
    });
    let other = json!({ "signerName": "Sue" });
    repeats
        .does("acceptAgreement", "agreement", agreement, other)
        .await;
    let form = json!({ "partnerId": id, "kind": "W9", "taxId": "12-3456789", "signerName": "Sam" });
    let other = json!({ "taxId": "12-3456780" });
    let form = repeats.does("submitTaxForm", "taxForm", form, other).await;
    let second = acme.person("Vic", "MANAGER").await;
    let input = json!({ "id": form["id"] });
    second.does("approveTaxForm", "taxForm { id }", input).await;
    let method = json!({ "partnerId": id, "rail": "sandbox", "destination": "bank-0042@sandbox" });
    let other = json!({ "destination": "bank-0043@sandbox" });
    let method = repeats
        .does("addPayoutMethod", "payoutMethod", method, other)
        .await;
    let input = json!({ "id": method["id"] });
    second
        .does("verifyPayoutMethod", "payoutMethod { id }", input)
        .await;
    partner
}

/// Its claim becomes a deal, in which another has a part, and which is won.
async fn is_won(repeats: &mut Repeats<'_>, partner: &Value) -> Value {
    let (acme, id) = (repeats.acme, &partner["id"]);
    let claim = json!({
        "programId": acme.program, "partnerId": id, "opportunity": "Forty seats",
        "account": { "name": "Globex", "domain": "globex.example" },
    });
    let other = json!({ "opportunity": "Fifty seats" });
    let claim = repeats
        .does("registerDeal", "registration", claim, other)
        .await;
    let deal = json!({
        "id": claim["id"], "name": "Globex", "amount": usd("12000.00"), "stage": "Qualified",
    });
    let other = json!({ "amount": usd("12000.01") });
    let deal = repeats
        .does("convertRegistration", "deal", deal, other)
        .await;
    let mut elsewhere = opening(acme, "", usd("1.00"));
    elsewhere["account"] = json!({ "name": "Initech", "domain": "initech.example" });
    let other = json!({ "name": "Another deal" });
    let elsewhere = repeats.does("openDeal", "deal", elsewhere, other).await;
    let part = json!({
        "dealId": deal["id"], "partnerId": id, "role": "INFLUENCED", "kind": "CO_SOLD",
        "evidence": "minutes",
    });
    let other = json!({ "evidence": "hearsay" });
    let part = repeats
        .does("recordInvolvement", "involvement", part, other)
        .await;
    let part = json!({ "id": part["id"], "reason": "nobody saw it" });
    let other = json!({ "reason": "a mistake" });
    repeats
        .does("declineInvolvement", "involvement", part.clone(), other)
        .await;
    let part = json!({ "id": part["id"] });
    let other = json!({ "id": nobodys(&part["id"]) });
    repeats
        .does("confirmInvolvement", "involvement", part, other)
        .await;
    let stage = json!({ "id": deal["id"], "stage": "Verbal yes" });
    let other = json!({ "stage": "Signed" });
    repeats.does("moveDeal", "deal", stage, other).await;
    let amount = json!({ "id": deal["id"], "amount": usd("12001.00") });
    let other = json!({ "amount": usd("12002.00") });
    repeats
        .does("reviseDealAmount", "deal", amount, other)
        .await;
    let other = json!({ "id": elsewhere["id"] });
    repeats
        .does("closeDealWon", "deal", json!({ "id": deal["id"] }), other)
        .await
}

/// A run is approved, and somebody says that its one payout arrived.
async fn is_paid_by_hand(repeats: &mut Repeats<'_>, run: &Value) {
    let acme = repeats.acme;
    let second = acme.person("Fay", "FINANCE").await;
    let input = json!({ "id": run["id"] });
    second
        .does("approvePayoutRun", "payoutRun { id }", input)
        .await;
    let payout = acme.payout_that_is(&run["id"], "SENT").await;
    let report = json!({
        "id": payout["id"], "outcome": "PAID", "occurredAt": "2026-03-05T08:00:00Z",
        "reference": "wire 17", "evidence": "the statement of March",
    });
    let other = json!({ "reference": "wire 18" });
    repeats
        .does("reportPayoutOutcome", "payout", report, other)
        .await;
}

/// An id of the same kind that nothing has.
fn nobodys(id: &Value) -> String {
    let id = id.as_str().unwrap();
    let (start, end) = id.split_at(id.len() - 1);
    format!("{start}{}", if end == "0" { "1" } else { "0" })
}

/// It stops for a while; a deal of its own brings no more; another version of the
/// tenant's code decides.
async fn stops(repeats: &mut Repeats<'_>, partner: &Value, deal: &Value) {
    for command in ["suspendPartner", "resumePartner"] {
        let other = json!({ "id": nobodys(&partner["id"]) });
        let partner = json!({ "id": partner["id"] });
        repeats.does(command, "partner", partner, other).await;
    }
    let loss = json!({ "id": deal["id"], "reason": "bankrupt" });
    let other = json!({ "reason": "moved away" });
    repeats.does("writeOffDeal", "deal", loss, other).await;
    let version = rules::publishes(&repeats.acme.owner, rules::misbehaving()).await;
    let activation = json!({ "pluginVersionId": version["id"], "reason": "it is better" });
    let other = json!({ "reason": "it is faster" });
    repeats
        .does("proposeActivation", "activation", activation, other)
        .await;
}
