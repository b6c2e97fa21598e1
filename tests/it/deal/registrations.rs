//! Deals are registered fairly: who was first is first, nobody is told what is
//! another's, and what is not clear is for a person to settle.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::acme::{Acme, Partner, text, usd};
use crate::support::client::{Client, Outcome};
use crate::support::server::Server;
use crate::support::world::World;

/// Rounds of two partners racing for one account.
const RACES: usize = 20;

const REGISTRATION: &str = "registration { id state reason decidedBy { name } protectedUntil }";

async fn tries(partner: &Partner, input: Value) -> Outcome {
    partner
        .client
        .tries("registerDeal", REGISTRATION, input)
        .await
}

/// A partner registrations an account.
async fn registrations(acme: &Acme, partner: &Partner, name: &str, domain: &str) -> Value {
    tries(partner, acme.registration(partner, name, domain))
        .await
        .succeeds()
}

/// Somebody decides on a registration.
async fn decides(
    client: &Client,
    verb: &str,
    registration: &Value,
    reason: Option<&str>,
) -> Outcome {
    let input = json!({ "id": registration["id"], "reason": reason });
    client.tries(verb, REGISTRATION, input).await
}

async fn converts(acme: &Acme, registration: &Value) -> Outcome {
    let input = json!({
        "idempotencyKey": acme.key(), "id": registration["id"], "name": "Forty seats",
        "amount": usd("1000.00"), "stage": "Qualified",
    });
    acme.owner
        .tries("convertRegistration", "deal { id state }", input)
        .await
}

/// Where a registration stands now.
async fn state(client: &Client, registration: &Value) -> String {
    let document = "query($id: ID!) { node(id: $id) { ... on Registration { state } } }";
    let answer = client
        .asks(document, json!({ "id": registration["id"] }))
        .await;
    text(&answer["node"]["state"])
}

/// How many facts there are.
async fn last_position(acme: &Acme) -> String {
    let answer = acme
        .owner
        .asks("{ viewer { tenant { lastPosition } } }", json!({}))
        .await;
    text(&answer["viewer"]["tenant"]["lastPosition"])
}

story! {
    /// A registration that meets nothing is approved at once, by policy, for 90 days.
    async fn a_clear_registration_is_approved_at_once(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let registration = registrations(&acme, &northwind, "Globex", "globex.example").await;
        assert_eq!(registration["state"], "APPROVED");
        assert_eq!(registration["decidedBy"]["name"], "system");
        assert_eq!(registration["protectedUntil"], "2026-04-05T09:00:00.000Z");
    }
}

story! {
    /// Where terms do not approve by themselves, a person does.
    async fn a_clear_registration_may_wait_for_a_person(world: World) {
        let mut acme = Acme::new(&world).await;
        acme.publish_terms(json!({ "autoApprove": false })).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let registration = registrations(&acme, &northwind, "Globex", "globex.example").await;
        assert_eq!(registration["state"], "SUBMITTED");
        assert_eq!(registration["protectedUntil"], Value::Null);

        let later = acme.partner_without_papers("Southridge").await;
        let later = registrations(&acme, &later, "Globex", "globex.example").await;
        assert_eq!(later["state"], "IN_CONFLICT", "also an undecided registration came first");

        let registration = decides(&acme.owner, "approveRegistration", &registration, None).await.succeeds();
        assert_eq!((&registration["state"], &registration["decidedBy"]["name"]), (&json!("APPROVED"), &json!("Ada")));
    }
}

story! {
    /// *Never: a later registration beats an earlier valid one without a person's
    /// recorded decision.* Another spelling of the account does not help, staff
    /// see what it competes with, and the partner learns nothing of the other.
    async fn another_spelling_is_the_same_account(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        let first = registrations(&acme, &northwind, "Globex", "globex.example").await;
        for domain in ["https://www.Globex.example/about", "GLOBEX.EXAMPLE.", "mail.globex.example:443"] {
            let second = registrations(&acme, &southridge, "GLOBEX Corporation Ltd.", domain).await;
            assert_eq!(second["state"], "IN_CONFLICT", "{domain}");

            let document = "query($id: ID!) { node(id: $id) { ... on Registration {
                conflicts { kind message competingRegistration { id partner { name } } }
            } } }";
            let asked = json!({ "id": second["id"] });
            let seen = acme.owner.asks(document, asked.clone()).await;
            let conflict = &seen["node"]["conflicts"][0];
            assert_eq!(conflict["kind"], "LIVE_REGISTRATION");
            assert_eq!(conflict["competingRegistration"]["id"], first["id"]);
            assert_eq!(conflict["competingRegistration"]["partner"]["name"], "Northwind");

            let seen = southridge.client.asks(document, asked).await;
            assert_eq!(seen["node"]["conflicts"][0]["kind"], "LIVE_REGISTRATION");
            let seen = seen.to_string();
            assert!(!seen.contains("Northwind") && !seen.contains(&text(&first["id"])), "{seen}");
        }
    }
}

story! {
    /// The same name under another domain may be the same company, or not: a
    /// person looks, and says why it is approved all the same.
    async fn a_namesake_is_for_a_person_to_judge(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        registrations(&acme, &northwind, "Globex", "globex.example").await;
        let namesake = registrations(&acme, &southridge, "GLOBEX, Inc.", "globex-inc.example").await;
        assert_eq!(namesake["state"], "IN_CONFLICT");

        let refused = decides(&acme.owner, "approveRegistration", &namesake, None).await;
        assert_eq!(refused.fails_with("INVALID_INPUT")["field"], json!(["input", "reason"]));
        let why = Some("another company");
        let approved = decides(&acme.owner, "approveRegistration", &namesake, why).await.succeeds();
        assert_eq!((&approved["state"], &approved["reason"]), (&json!("APPROVED"), &json!("another company")));
    }
}

story! {
    /// A person turns a registration down, with a reason that the partner reads. What
    /// is decided stays decided.
    async fn a_person_rejects_with_a_reason(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        registrations(&acme, &northwind, "Globex", "globex.example").await;
        let registration = registrations(&acme, &southridge, "Globex", "globex.example").await;

        let empty = decides(&acme.owner, "rejectRegistration", &registration, Some(" ")).await;
        empty.fails_with("INVALID_INPUT");
        let why = Some("another partner was first");
        decides(&acme.owner, "rejectRegistration", &registration, why).await.succeeds();
        let document = "{ registrations { nodes { state reason decidedBy { name } } } }";
        let seen = southridge.client.asks(document, json!({})).await;
        // Why, and not which of the tenant's people.
        let expected = json!({ "state": "REJECTED", "reason": "another partner was first", "decidedBy": null });
        assert_eq!(seen["registrations"]["nodes"], json!([expected]));
        let seen = acme.owner.asks(document, json!({})).await.to_string();
        assert!(seen.contains(r#""decidedBy":{"name":"Ada"}"#), "{seen}");

        let refused = decides(&acme.owner, "approveRegistration", &registration, Some("after all")).await;
        refused.fails_with("WRONG_STATE");
        // Nor by what its own commands answer.
        let told = "registration { id submittedBy { name } decidedBy { name } }";
        let sent = acme.registration(&southridge, "Umbrella", "umbrella.example");
        let by_staff = acme.owner.does("registerDeal", told, sent).await;
        assert_eq!(by_staff["submittedBy"]["name"], "Ada");
        let why = json!({ "id": by_staff["id"], "reason": "a mistake" });
        let withdrawn = southridge.client.does("withdrawRegistration", told, why.clone()).await;
        assert_eq!(withdrawn["submittedBy"], Value::Null);
        assert_eq!(southridge.client.does("withdrawRegistration", told, why).await, withdrawn);
        let refused = northwind.client.is_refused("approveRegistration", REGISTRATION, json!({ "id": registration["id"] }));
        assert_eq!(refused.await, "FORBIDDEN", "partners do not decide");
    }
}

story! {
    /// *Never: two live registrations protect the same opportunity.* Two
    /// partners registration it at one moment through two servers, over and over:
    /// one is approved, the other is in conflict.
    async fn of_two_at_once_one_is_first(world: World) {
        let acme = Acme::new(&world).await;
        let north = acme.partner_without_papers("Northwind").await;
        let south = acme.partner_without_papers("Southridge").await;
        let node = Server::start(&world.database.url).await;
        let south = Partner { client: Client::new(&node.url, &south.client.token), ..south };
        for race in 0..RACES {
            let (name, domain) = (format!("Racer {race}"), format!("race-{race}.example"));
            let address = format!("https://www.{domain}/");
            let (one, two) = tokio::join!(
                registrations(&acme, &north, &name, &domain),
                registrations(&acme, &south, &name, &address),
            );
            let states = BTreeSet::from([text(&one["state"]), text(&two["state"])]);
            let expected = ["APPROVED", "IN_CONFLICT"].map(str::to_owned);
            assert_eq!(states, BTreeSet::from(expected), "in race {race}");
        }
    }
}

story! {
    /// *Never: a repeated command is done twice.* The same key and registration is the
    /// same registration, also when it is repeated at once; the key with
    /// another registration is refused, and changes nothing.
    async fn a_repeated_registration_is_one_registration(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let registration = acme.registration(&northwind, "Globex", "globex.example");
        let (one, two) = tokio::join!(tries(&northwind, registration.clone()), tries(&northwind, registration.clone()));
        let (one, two) = (one.succeeds(), two.succeeds());
        assert_eq!(one, two);
        let before = last_position(&acme).await;
        assert_eq!(tries(&northwind, registration.clone()).await.succeeds(), one);

        for (field, other) in [("opportunity", json!("Fifty seats")), ("expected", usd("1.00"))] {
            let mut changed = registration.clone();
            changed[field] = other;
            let refused = tries(&northwind, changed).await.fails_with("IDEMPOTENCY_MISMATCH");
            assert_eq!(refused["field"], json!(["input", "idempotencyKey"]));
        }
        assert_eq!(last_position(&acme).await, before, "nothing happened");

        // The tenant's own people count apart from partners, and for all verbs together.
        let registration = acme.registration(&northwind, "Initech", "initech.example");
        acme.owner.does("registerDeal", "registration { id }", registration.clone()).await;
        let before = last_position(&acme).await;
        let input = json!({
            "idempotencyKey": registration["idempotencyKey"], "id": one["id"], "name": "Forty seats",
            "amount": usd("1000.00"), "stage": "Qualified",
        });
        let refused = acme.owner.tries("convertRegistration", "deal { id }", input).await;
        refused.fails_with("IDEMPOTENCY_MISMATCH");
        assert_eq!(last_position(&acme).await, before, "nothing happened");
    }
}

story! {
    /// Protection ends with its last day, and the account is free again. What
    /// has expired is not converted any more.
    async fn protection_expires(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        let registration = registrations(&acme, &northwind, "Globex", "globex.example").await;
        acme.day("2026-04-04").await;
        assert_eq!(state(&northwind.client, &registration).await, "APPROVED");
        let early = registrations(&acme, &southridge, "Globex", "globex.example").await;
        assert_eq!(early["state"], "IN_CONFLICT");
        let why = Some("too early");
        decides(&acme.owner, "rejectRegistration", &early, why).await.succeeds();

        acme.day("2026-04-05").await;
        assert_eq!(state(&northwind.client, &registration).await, "EXPIRED");
        converts(&acme, &registration).await.fails_with("WRONG_STATE");
        let next = registrations(&acme, &southridge, "Globex", "globex.example").await;
        assert_eq!(next["state"], "APPROVED");
    }
}

story! {
    /// A registration that became a deal protects as long as the deal is open, however
    /// long that takes; once the deal is lost, the account is free.
    async fn a_converted_registration_protects_while_the_deal_is_open(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        let registration = registrations(&acme, &northwind, "Globex", "globex.example").await;
        let deal = converts(&acme, &registration).await.succeeds();
        acme.day("2026-12-01").await;
        assert_eq!(state(&northwind.client, &registration).await, "CONVERTED");
        let late = registrations(&acme, &southridge, "Globex", "globex.example").await;
        assert_eq!(late["state"], "IN_CONFLICT");
        let why = Some("has waited long enough");
        let refused = decides(&acme.owner, "approveRegistration", &late, why).await;
        refused.fails_with("ACCOUNT_PROTECTED");

        let input = json!({ "id": deal["id"], "reason": "no budget" });
        acme.owner.does("closeDealLost", "deal { id }", input).await;
        decides(&acme.owner, "approveRegistration", &late, why).await.succeeds();
    }
}

story! {
    /// While one registration protects an account, no second one is approved, and no
    /// deal is opened past it: it is converted, or settled first.
    async fn a_protected_account_is_not_passed_by(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        let first = registrations(&acme, &northwind, "Globex", "globex.example").await;
        let second = registrations(&acme, &southridge, "Globex", "globex.example").await;
        let why = Some("they asked nicely");
        let refused = decides(&acme.owner, "approveRegistration", &second, why).await;
        refused.fails_with("ACCOUNT_PROTECTED");
        let input = json!({
            "idempotencyKey": acme.key(), "programId": acme.program, "name": "Behind their back",
            "account": { "name": "Globex", "domain": "www.globex.example" },
            "amount": usd("1000.00"), "stage": "Qualified",
        });
        let refused = acme.owner.tries("openDeal", "deal { id }", input.clone()).await;
        refused.fails_with("ACCOUNT_PROTECTED");

        let why = Some("moved to another partner, with its consent");
        decides(&acme.owner, "rejectRegistration", &first, why).await.succeeds();
        decides(&acme.owner, "approveRegistration", &second, why).await.succeeds();
        converts(&acme, &second).await.succeeds();

        // The registration lives on while its deal is open; passing it takes a reason.
        let mut beside = input.clone();
        acme.owner.tries("openDeal", "deal { id }", input).await.fails_with("ACCOUNT_PROTECTED");
        beside["reason"] = json!("another plant, bought without a partner");
        let crm = acme.person("crm", "INTEGRATOR").await;
        let refused = crm.is_refused("openDeal", "deal { id }", beside.clone()).await;
        assert_eq!(refused, "FORBIDDEN");
        acme.owner.does("openDeal", "deal { id }", beside).await;
    }
}

story! {
    /// A partner registrations for itself alone, and only while it takes part.
    async fn a_partner_registers_for_itself(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        let for_other = acme.registration(&southridge, "Globex", "globex.example");
        tries(&northwind, for_other.clone()).await.fails_with("NOT_FOUND");
        let registration = tries(&southridge, for_other).await.succeeds();
        let refused = decides(&northwind.client, "withdrawRegistration", &registration, Some("mine now")).await;
        refused.fails_with("NOT_FOUND");

        let input = json!({ "idempotencyKey": acme.key(), "name": "Eastbay", "programId": acme.program });
        let invited = acme.owner.does("invitePartner", "partner { id }", input).await;
        let eastbay = Partner { id: text(&invited["id"]), client: acme.owner.clone() };
        let registration = acme.registration(&eastbay, "Initech", "initech.example");
        tries(&eastbay, registration).await.fails_with("AGREEMENT_NEEDED");

        let input = || json!({ "idempotencyKey": acme.key(), "id": northwind.id });
        acme.owner.does("suspendPartner", "partner { id }", input()).await;
        let registration = acme.registration(&northwind, "Initech", "initech.example");
        tries(&northwind, registration.clone()).await.fails_with("WRONG_STATE");
        acme.owner.does("resumePartner", "partner { id }", input()).await;
        assert_eq!(tries(&northwind, registration).await.succeeds()["state"], "APPROVED");
    }
}

story! {
    /// What is no domain is refused, with the field that is wrong; and what
    /// cannot be one company is not made one.
    async fn a_domain_is_a_domain(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let before = last_position(&acme).await;
        for domain in ["", "globex", "co.uk", "10.0.0.1", "two words.example", "https://[::1]/"] {
            let registration = acme.registration(&northwind, "Globex", domain);
            let refused = tries(&northwind, registration).await.fails_with("INVALID_INPUT");
            assert_eq!(refused["field"], json!(["input", "account", "domain"]), "{domain:?}");
        }
        assert_eq!(last_position(&acme).await, before);

        let registration = |domain: &str, crm_id: &str| {
            let mut registration = acme.registration(&northwind, domain, domain);
            registration["account"]["crmId"] = json!(crm_id);
            registration
        };
        for (domain, crm_id) in [("globex.example", "crm-1"), ("initech.example", "crm-2")] {
            // With it a partner could registration whichever account has that id.
            tries(&northwind, registration(domain, crm_id)).await.fails_with("INVALID_INPUT");
            let input = registration(domain, crm_id);
            acme.owner.does("registerDeal", "registration { id }", input).await;
        }
        let mixed = registration("globex.example", "crm-2");
        let refused = acme.owner.tries("registerDeal", "registration { id }", mixed).await;
        let refused = refused.fails_with("INVALID_INPUT");
        assert_eq!(refused["field"], json!(["input", "account", "crmId"]));
    }
}
