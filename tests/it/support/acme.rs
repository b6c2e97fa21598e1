//! A tenant with a program, its people and its partners, made through the
//! server's own interface.

use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::Iterable;
use serde_json::{Value, json};
use tributary_domain::access::Role;
use tributary_domain::clock::Moment;
use tributary_domain::entity::tenant::Kind;
use tributary_domain::ids::TenantId;
use tributary_domain::scope::Engine;
use tributary_domain::tenant::{keys, tenants};

use crate::support::client::Client;
use crate::support::server::Server;
use crate::support::world::World;

/// A sandbox tenant whose clock stands at 5 January 2026.
pub struct Acme {
    /// Its id.
    pub tenant: TenantId,
    /// Its owner.
    pub owner: Client,
    /// Its program's id.
    pub program: String,
    /// The program's terms.
    pub terms: Value,
    engine: Engine,
    keys: AtomicU32,
}

/// A partner at work.
#[derive(Clone)]
pub struct Partner {
    /// Its id.
    pub id: String,
    /// Its own people.
    pub client: Client,
}

/// A deal that was opened for a partner.
pub struct Deal {
    /// Its id.
    pub id: String,
}

/// Sourced 10 %, influenced 2 % up to 2,000.00.
pub fn usual_rules() -> Value {
    json!([
        { "role": "SOURCED", "formula": { "percentage": { "ratePercent": "10" } } },
        { "role": "INFLUENCED", "formula": { "percentage": {
            "ratePercent": "2", "cap": usd("2000.00") } } },
    ])
}

/// Dollars, as they are sent.
pub fn usd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

impl Acme {
    /// A tenant with an open program under the usual rules.
    pub async fn new(world: &World) -> Self {
        let acme = Self::without_program(world).await;
        acme.open_program(usual_rules()).await
    }

    /// A tenant and its owner, and nothing else.
    pub async fn without_program(world: &World) -> Self {
        Self::on(&world.server).await
    }

    /// The same at a server.
    pub async fn on(server: &Server) -> Self {
        Self::of_kind(server, Kind::Sandbox).await
    }

    /// A tenant that pays real money, and its owner.
    pub async fn live(world: &World) -> Self {
        Self::of_kind(&world.server, Kind::Live).await
    }

    async fn of_kind(server: &Server, kind: Kind) -> Self {
        let engine = &server.engine;
        let clock = Moment::parse("2026-01-05T09:00:00Z").filter(|_| kind == Kind::Sandbox);
        let tenant = tenants::create(engine, "Acme Cloud", kind, clock)
            .await
            .unwrap();
        let key = keys::create_for(engine, tenant.id, "Ada", Role::Owner, None);
        let key = key.await.unwrap();
        Self {
            tenant: tenant.id,
            owner: Client::new(&server.url, &key.token),
            program: String::new(),
            terms: Value::Null,
            engine: engine.clone(),
            keys: AtomicU32::new(0),
        }
    }

    /// Opens the program under rules.
    pub async fn open_program(mut self, rules: Value) -> Self {
        let input = json!({
            "idempotencyKey": self.key(),
            "name": "Acme Referral", "model": "REFERRAL", "currency": "USD",
        });
        let program = self
            .owner
            .does("createProgram", "program { id }", input)
            .await;
        self.program = text(&program["id"]);
        self.publish_terms(json!({ "rules": rules })).await;
        self
    }

    /// Publishes terms: 90 days of protection, automatic approval, 30 days of
    /// hold, at least 100.00, but for what `changes` says.
    pub async fn publish_terms(&mut self, changes: Value) {
        let mut input = json!({
            "idempotencyKey": self.key(),
            "programId": self.program,
            "agreementText": "Be fair.",
            "protectionDays": 90,
            "autoApprove": true,
            "holdDays": 30,
            "payoutMinimum": usd("100.00"),
            "rules": [],
        });
        for (field, value) in changes.as_object().unwrap() {
            input[field] = value.clone();
        }
        let selection = "terms { id documentDigest }";
        self.terms = self.owner.does("publishTerms", selection, input).await;
    }

    /// An idempotency key that was not used before.
    pub fn key(&self) -> String {
        format!("story-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    /// Somebody new with a role.
    pub async fn person(&self, name: &str, role: &str) -> Client {
        self.key_holder(json!({ "person": name, "role": role }))
            .await
    }

    /// The person with this name, and this role, gets a key from the operator.
    pub async fn key_holder(&self, input: Value) -> Client {
        let role = role(input["role"].as_str().unwrap());
        let partner = input["partnerId"].as_str().map(|id| id.parse().unwrap());
        let person = input["person"].as_str().unwrap();
        let key = keys::create_for(&self.engine, self.tenant, person, role, partner);
        Client::new(&self.owner.url, &key.await.unwrap().token)
    }

    /// A version of a plugin decides from now on: the owner proposes it, and somebody
    /// else approves.
    pub async fn activates(&self, version: &Value) {
        let input = json!({
            "idempotencyKey": self.key(), "pluginVersionId": version["id"], "reason": "it is better",
        });
        let proposed = self
            .owner
            .does("proposeActivation", "activation { id }", input)
            .await;
        let second = self.person(&self.key(), "MANAGER").await;
        let input = json!({ "id": proposed["id"] });
        second
            .does("approveActivation", "activation { id state }", input)
            .await;
    }

    /// A partner that has accepted the terms, and has filed nothing else.
    pub async fn partner_without_papers(&self, name: &str) -> Partner {
        let key = self.key();
        let input = json!({
            "idempotencyKey": key, "name": name, "programId": self.program,
            "externalId": format!("CRM {key}"),
        });
        let partner = self
            .owner
            .does("invitePartner", "partner { id }", input)
            .await;
        let id = text(&partner["id"]);
        let input = json!({ "person": name, "role": "PARTNER", "partnerId": id });
        let partner = Partner {
            id,
            client: self.key_holder(input).await,
        };
        self.accepts(&partner).await;
        partner
    }

    /// A partner accepts the terms in force.
    pub async fn accepts(&self, partner: &Partner) {
        let input = json!({
            "partnerId": partner.id,
            "termsId": self.terms["id"],
            "documentDigest": self.terms["documentDigest"],
            "signerName": "Sam Signer",
            "signerAuthority": "Managing director",
            "act": "clicked \"I agree\"",
        });
        partner
            .client
            .does("acceptAgreement", "agreement { id }", input)
            .await;
    }

    /// A partner that lacks nothing.
    pub async fn partner(&self, name: &str) -> Partner {
        let partner = self.partner_without_papers(name).await;
        self.files_tax_form(&partner).await;
        self.adds_payout_method(&partner, "bank-0042@sandbox").await;
        partner
    }

    /// A partner's tax form is filed and approved.
    pub async fn files_tax_form(&self, partner: &Partner) {
        let input = json!({
            "idempotencyKey": self.key(),
            "partnerId": partner.id, "kind": "W9", "taxId": "12-3456789", "signerName": "Sam",
        });
        let form = partner
            .client
            .does("submitTaxForm", "taxForm { id }", input)
            .await;
        self.owner
            .does(
                "approveTaxForm",
                "taxForm { id }",
                json!({ "id": form["id"] }),
            )
            .await;
    }

    /// A partner's payout method is added and verified.
    pub async fn adds_payout_method(&self, partner: &Partner, destination: &str) {
        self.adds_payout_method_on(partner, "SANDBOX", destination)
            .await;
    }

    /// The same on another rail.
    pub async fn adds_payout_method_on(&self, partner: &Partner, rail: &str, destination: &str) {
        let input = json!({
            "idempotencyKey": self.key(),
            "partnerId": partner.id, "rail": rail, "destination": destination,
        });
        let method = partner
            .client
            .does("addPayoutMethod", "payoutMethod { id }", input)
            .await;
        let input = json!({ "id": method["id"] });
        self.owner
            .does("verifyPayoutMethod", "payoutMethod { id }", input)
            .await;
    }

    /// What a registration of an account by a partner reads.
    pub fn registration(&self, partner: &Partner, name: &str, domain: &str) -> Value {
        json!({
            "idempotencyKey": self.key(),
            "programId": self.program,
            "partnerId": partner.id,
            "account": { "name": name, "domain": domain },
            "opportunity": "Forty seats",
        })
    }

    /// A deal that the partner sourced, open, with an account of its own.
    pub async fn deal(&self, partner: &Partner, amount: &str) -> Deal {
        let key = self.key();
        let input = json!({
            "idempotencyKey": key,
            "programId": self.program,
            "account": { "name": format!("Customer {key}"), "domain": format!("{key}.example") },
            "name": "A deal",
            "amount": usd(amount),
            "stage": "Qualified",
        });
        let deal = self.owner.does("openDeal", "deal { id }", input).await;
        let deal = Deal {
            id: text(&deal["id"]),
        };
        self.involves(&deal, partner, "SOURCED", "INTRODUCED").await;
        deal
    }

    /// A partner's part in a deal, confirmed.
    pub async fn involves(&self, deal: &Deal, partner: &Partner, role: &str, kind: &str) {
        let input = json!({
            "idempotencyKey": self.key(),
            "dealId": deal.id,
            "partnerId": partner.id,
            "role": role,
            "kind": kind,
            "evidence": "minutes of the meeting",
        });
        let selection = "involvement { id }";
        let involvement = self.owner.does("recordInvolvement", selection, input).await;
        let input = json!({ "idempotencyKey": self.key(), "id": involvement["id"] });
        self.owner
            .does("confirmInvolvement", selection, input)
            .await;
    }

    /// Wins a deal.
    pub async fn wins(&self, deal: &Deal) -> Value {
        let input = json!({ "idempotencyKey": self.key(), "id": deal.id });
        let selection = "deal { id state commissions { nodes {
            id state role total { amount } fault { code } partner { id } } } }";
        self.owner.does("closeDealWon", selection, input).await
    }

    /// The customer pays.
    pub async fn collects(&self, deal: &Deal, amount: &str) -> Value {
        let input = json!({
            "idempotencyKey": self.key(), "dealId": deal.id, "amount": usd(amount),
        });
        self.owner
            .does("recordCollection", "collection { id }", input)
            .await
    }

    /// The customer is paid back.
    pub async fn refunds(&self, deal: &Deal, amount: &str) -> Value {
        let input = json!({
            "idempotencyKey": self.key(), "dealId": deal.id, "amount": usd(amount),
        });
        self.owner
            .does("recordRefund", "collection { id }", input)
            .await
    }

    /// Moves the test clock to a day, at nine in the morning.
    pub async fn day(&self, day: &str) {
        let input = json!({ "to": format!("{day}T09:00:00Z") });
        self.owner
            .does("advanceTestClock", "tenant { id }", input)
            .await;
    }

    /// The earnings of the tenant, oldest first: partner, amount and state.
    pub async fn earnings(&self) -> Vec<(String, String, String)> {
        let document = "{ earnings(first: 100) { nodes {
            partner { id } amount { amount } state } } }";
        let answer = self.owner.asks(document, json!({})).await;
        let rows = answer["earnings"]["nodes"].as_array().unwrap().iter();
        rows.map(|row| {
            (
                text(&row["partner"]["id"]),
                text(&row["amount"]["amount"]),
                text(&row["state"]),
            )
        })
        .collect()
    }

    /// Whether the ledger balances, as the server says.
    pub async fn is_balanced(&self) -> bool {
        let answer = self.owner.asks("{ ledger { balanced } }", json!({})).await;
        answer["ledger"]["balanced"].as_bool().unwrap()
    }
}

/// The role that the schema calls so.
fn role(name: &str) -> Role {
    let named = |role: &Role| format!("{role:?}").to_uppercase() == name;
    Role::iter().find(named).unwrap()
}

/// A JSON string's text.
#[track_caller]
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}
