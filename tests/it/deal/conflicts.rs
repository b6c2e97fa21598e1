//! What a registration can run into besides another registration: staff are told what it is,
//! and the partner only of what kind.

use serde_json::{Value, json};

use crate::support::acme::{Acme, Deal, Partner, text, usd};
use crate::support::client::Client;
use crate::support::world::World;

const CONFLICTS: &str = "query($id: ID!) { node(id: $id) { ... on Registration {
    state conflicts { kind message
        competingRegistration { id } competingDeal { id name }
        competingAccount { id name domains } } } } }";

/// What the one conflict of a registration reads for a holder of a key.
async fn conflict(client: &Client, registration: &Value) -> Value {
    let mut seen = client
        .asks(CONFLICTS, json!({ "id": registration["id"] }))
        .await;
    assert_eq!(seen["node"]["state"], "IN_CONFLICT");
    let conflicts = seen["node"]["conflicts"].as_array_mut().unwrap();
    assert_eq!(conflicts.len(), 1, "{conflicts:#?}");
    conflicts.remove(0)
}

/// Nothing but the kind, and a message without any of `secrets`.
fn tells_nothing(seen: &Value, kind: &str, secrets: &[&str]) {
    assert_eq!(seen["kind"], kind);
    for competing in ["competingRegistration", "competingDeal", "competingAccount"] {
        assert_eq!(seen[competing], Value::Null, "{seen:#}");
    }
    assert!(!text(&seen["message"]).is_empty());
    let all = seen.to_string();
    for secret in secrets {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

/// A partner registrations an account.
async fn registrations(acme: &Acme, partner: &Partner, name: &str, domain: &str) -> Value {
    let registration = acme.registration(partner, name, domain);
    let selection = "registration { id state }";
    partner
        .client
        .does("registerDeal", selection, registration)
        .await
}

/// A deal with Globex that no partner registered, sourced by one of them.
async fn direct_deal(acme: &Acme, partner: &Partner) -> Deal {
    let input = json!({
        "idempotencyKey": acme.key(), "programId": acme.program, "name": "Quiet talks",
        "account": { "name": "Globex", "domain": "globex.example" },
        "amount": usd("1000.00"), "stage": "Qualified",
    });
    let deal = acme.owner.does("openDeal", "deal { id }", input).await;
    let deal = Deal {
        id: text(&deal["id"]),
    };
    acme.involves(&deal, partner, "SOURCED", "INTRODUCED").await;
    deal
}

story! {
    /// The tenant talks with the customer already. Who registrations it learns that a
    /// deal is open, and not which, nor with whom.
    async fn an_open_deal_stands_against_a_registration(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        let deal = direct_deal(&acme, &northwind).await;
        let registration = registrations(&acme, &southridge, "Globex", "www.globex.example").await;

        let seen = conflict(&acme.owner, &registration).await;
        assert_eq!(seen["kind"], "OPEN_DEAL");
        assert_eq!(seen["competingDeal"], json!({ "id": deal.id, "name": "Quiet talks" }));
        assert!(text(&seen["message"]).contains("Quiet talks"), "{seen}");

        let seen = conflict(&southridge.client, &registration).await;
        tells_nothing(&seen, "OPEN_DEAL", &[&deal.id, "Quiet talks", "Northwind"]);
    }
}

story! {
    /// Whoever has bought is a customer, and a registration on it is for a person to
    /// judge; but a deal that was lost stands against nobody.
    async fn a_customer_stands_against_a_registration(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        let lost = direct_deal(&acme, &northwind).await;
        let input = json!({ "id": lost.id, "reason": "no budget" });
        acme.owner.does("closeDealLost", "deal { id }", input).await;
        let free = registrations(&acme, &southridge, "Globex", "globex.example").await;
        assert_eq!(free["state"], "APPROVED");
        let input = json!({ "id": free["id"], "reason": "another year" });
        southridge.client.does("withdrawRegistration", "registration { id }", input).await;

        let deal = direct_deal(&acme, &northwind).await;
        acme.wins(&deal).await;
        let registration = registrations(&acme, &southridge, "Globex", "globex.example").await;
        let seen = conflict(&acme.owner, &registration).await;
        assert_eq!(seen["kind"], "EXISTING_CUSTOMER");
        assert_eq!(seen["competingDeal"]["id"], json!(deal.id));

        let seen = conflict(&southridge.client, &registration).await;
        tells_nothing(&seen, "EXISTING_CUSTOMER", &[&deal.id, "Quiet talks", "Northwind"]);
    }
}

story! {
    /// Under the same name and another domain it may be the same company: staff
    /// see which account, and the partner not who else is a customer.
    async fn a_namesake_stands_against_a_registration(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let southridge = acme.partner_without_papers("Southridge").await;
        registrations(&acme, &northwind, "Globex", "globex.example").await;
        let registration = registrations(&acme, &southridge, "GLOBEX, Inc.", "other.example").await;

        let seen = conflict(&acme.owner, &registration).await;
        assert_eq!(seen["kind"], "POSSIBLE_DUPLICATE");
        let account = &seen["competingAccount"];
        assert_eq!((&account["name"], &account["domains"]), (&json!("Globex"), &json!(["globex.example"])));
        assert!(text(&seen["message"]).contains("Globex"), "{seen}");

        let secrets = [&text(&account["id"]), "Globex", "globex.example", "Northwind"];
        let seen = conflict(&southridge.client, &registration).await;
        tells_nothing(&seen, "POSSIBLE_DUPLICATE", &secrets);

        // Not even where the other account is one that the partner knows.
        registrations(&acme, &southridge, "Initech", "initech.example").await;
        let registration = registrations(&acme, &southridge, "INITECH, Inc.", "initech-inc.example").await;
        assert_eq!(conflict(&acme.owner, &registration).await["competingAccount"]["name"], "Initech");
        let seen = conflict(&southridge.client, &registration).await;
        tells_nothing(&seen, "POSSIBLE_DUPLICATE", &["initech.example"]);
    }
}
