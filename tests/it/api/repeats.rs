//! Every command that takes a key: what is repeated is done once, and what is wrong
//! with it is told at once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::api::bad_input::opening;
use crate::rule::rules;
use crate::support::acme::{Acme, usd, usual_rules};
use crate::support::client::Client;
use crate::support::contract::{self, list, name, named};
use crate::support::tables::{self, Tables};
use crate::support::world::World;

/// The commands of the schema that take a key: those that need it, or those that may go
/// without.
async fn repeatable(needs_key: bool) -> BTreeSet<String> {
    let schema = contract::introspect().await;
    let is_key = |field: &Value| {
        let is_needed = field["type"]["kind"] == "NON_NULL";
        name(field) == "idempotencyKey" && is_needed == needs_key
    };
    let takes_key = |command: &&Value| {
        list(&command["args"]).iter().any(|argument| {
            let input = named(&argument["type"]).0;
            let mut types = contract::own_types(&schema).filter(|of| name(of) == input);
            types.any(|of| list(&of["inputFields"]).iter().any(is_key))
        })
    };
    let commands = list(&schema["mutationType"]["fields"]).iter();
    commands
        .filter(takes_key)
        .map(|command| name(command).to_owned())
        .collect()
}

/// What is repeated, with the commands that it was tried for.
pub struct Repeats<'a> {
    world: &'a World,
    /// Whose commands they are.
    pub acme: &'a Acme,
    repeatable: BTreeSet<String>,
    tried: BTreeSet<String>,
}

impl<'a> Repeats<'a> {
    /// The commands that need a key, or those that may go without, and none tried yet.
    pub async fn new(world: &'a World, acme: &'a Acme, needs_key: bool) -> Self {
        Self {
            world,
            acme,
            repeatable: repeatable(needs_key).await,
            tried: BTreeSet::new(),
        }
    }

    /// Fails if one of them was not tried.
    pub fn were_all_tried(&self) {
        assert_eq!(self.tried, self.repeatable);
    }

    /// What commands write: not the work that the server does meanwhile, of its own accord.
    async fn rows(&self) -> Tables {
        let mut rows = tables::rows(&self.world.database, self.acme.tenant).await;
        rows.remove("work");
        rows
    }

    /// Gives a command, and returns what it made. One that takes a key is
    /// given again, and once more with `other` instead of what it said.
    pub async fn does(&mut self, command: &str, made: &str, input: Value, other: Value) -> Value {
        let owner = &self.acme.owner;
        self.does_by(owner, command, made, input, other).await
    }

    /// The same by somebody else.
    pub async fn does_by(
        &mut self,
        owner: &Client,
        command: &str,
        made: &str,
        mut input: Value,
        other: Value,
    ) -> Value {
        let selection = format!("{made} {{ id }}");
        if !self.repeatable.contains(command) {
            return owner.does(command, &selection, input).await;
        }
        self.tried.insert(command.to_owned());
        self.tells_all(owner, command, input.clone()).await;
        input["idempotencyKey"] = json!(self.acme.key());
        let once = owner.does(command, &selection, input.clone()).await;
        // What the server then does of its own accord is waited for.
        match command {
            "proposePayoutRun" => drop(self.acme.prepared(&once["id"]).await),
            "cancelPayoutRun" => self.acme.run_that_is(&once["id"], "CANCELLED").await,
            "approvePayoutRun" => drop(self.acme.payout_that_is(&once["id"], "SENT").await),
            _ => {}
        }
        let before = self.rows().await;
        let again = owner.does(command, &selection, input.clone()).await;
        assert_eq!(again, once, "{command}");
        for (field, value) in other.as_object().unwrap() {
            input[field] = value.clone();
        }
        let refused = owner.tries(command, &selection, input).await;
        refused.fails_with("IDEMPOTENCY_MISMATCH");
        let after = self.rows().await;
        assert_eq!(after, before, "{command}");
        once
    }

    /// All that is wrong is told at once: its key, what it names, its texts and dates.
    async fn tells_all(&self, by: &Client, command: &str, mut input: Value) {
        let before = self.rows().await;
        input["idempotencyKey"] = json!("");
        let mut expected = BTreeSet::from(["idempotencyKey".to_owned()]);
        for (field, value) in input.as_object_mut().unwrap() {
            let wrong = match field.as_str() {
                "occurredAt" | "receivedAt" => json!("2999-01-01T00:00:00Z"),
                "reason" | "evidence" | "reference" | "name" | "stage" | "signerName" => json!(""),
                name if name == "id" || name.ends_with("Id") && name != "taxId" => {
                    json!(nobodys(value))
                }
                _ => continue,
            };
            *value = wrong;
            expected.insert(field.clone());
        }
        let refused = by.tries(command, "__typename", input).await;
        let told = refused
            .told()
            .into_iter()
            .map(|path| path[1].as_str().unwrap().to_owned());
        assert_eq!(told.collect::<BTreeSet<_>>(), expected, "{command}");
        let after = self.rows().await;
        assert_eq!(after, before, "{command}");
    }
}

story! {
    /// The same key and arguments are the same thing, and the same key with
    /// others is refused: for every command that needs a key.
    async fn a_repeated_command_is_done_once(world: World) {
        let acme = Acme::new(&world).await;
        let mut repeats = Repeats::new(&world, &acme, true).await;
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
        let run = json!({ "programId": acme.program, "rail": "MANUAL" });
        let other = json!({ "programId": program["id"] });
        let run = repeats.does("proposePayoutRun", "payoutRun", run, other).await;
        is_paid_by_hand(&mut repeats, &run).await;

        repeats.were_all_tried();
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
    let method = json!({ "partnerId": id, "rail": "SANDBOX", "destination": "bank-0042@sandbox" });
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

/// Its registration becomes a deal, in which another has a part, and which is won.
async fn is_won(repeats: &mut Repeats<'_>, partner: &Value) -> Value {
    let (acme, id) = (repeats.acme, &partner["id"]);
    let registration = json!({
        "programId": acme.program, "partnerId": id, "opportunity": "Forty seats",
        "account": { "name": "Globex", "domain": "globex.example" },
    });
    let other = json!({ "opportunity": "Fifty seats" });
    let registration = repeats
        .does("registerDeal", "registration", registration, other)
        .await;
    let deal = json!({
        "id": registration["id"], "name": "Globex", "amount": usd("12000.00"), "stage": "Qualified",
    });
    let other = json!({ "amount": usd("12000.01") });
    let deal = repeats
        .does("convertRegistration", "deal", deal, other)
        .await;
    let mut elsewhere = opening(acme, "", usd("1.00"));
    elsewhere["account"] = json!({ "name": "Initech", "domain": "initech.example" });
    let other = json!({ "name": "Another deal" });
    let elsewhere = repeats.does("openDeal", "deal", elsewhere, other).await;
    let later = json!({
        "programId": acme.program, "partnerId": id, "opportunity": "Forty seats",
        "account": { "name": "Initech", "domain": "initech.example" },
    });
    let other = json!({ "opportunity": "Fifty seats" });
    let later = repeats
        .does("registerDeal", "registration", later, other)
        .await;
    let input = json!({ "id": later["id"], "reason": "it brought the buyer" });
    acme.owner
        .does("approveRegistration", "registration { id }", input)
        .await;
    let link = json!({ "id": later["id"], "dealId": elsewhere["id"] });
    let other = json!({ "dealId": deal["id"] });
    repeats.does("linkRegistration", "deal", link, other).await;
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
pub fn nobodys(id: &Value) -> String {
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
