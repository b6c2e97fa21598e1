//! From when on a version of a tenant's code decides, and what partners sign.

use serde_json::{Value, json};
use tributary_domain::digest::sha256;

use crate::rule::rules::{commissions, mended, misbehaving, publishes, puts_to_work};
use crate::support::acme::{Acme, Partner};
use crate::support::world::World;

/// Proposes that a version decides from a moment on, as an input.
fn activation(acme: &Acme, version: &Value, from: Option<&str>) -> Value {
    json!({
        "idempotencyKey": acme.key(), "pluginVersionId": version["id"],
        "effectiveAt": from, "reason": "a tenth for all",
    })
}

/// The state and the total of the sourced commission of a new deal that is won.
async fn wins(acme: &Acme, partner: &Partner) -> (Value, Value, Value) {
    let deal = acme.deal(partner, "120000.00").await;
    acme.wins(&deal).await;
    let commission = commissions(acme, &deal).await.remove(0);
    let code = commission["evaluation"]["codeDigest"].clone();
    (
        commission["state"].clone(),
        commission["total"]["amount"].clone(),
        code,
    )
}

story! {
    /// What a partner signs is what pays it: the digest covers the words, the
    /// terms, the rules with their configuration, and the code.
    async fn a_signature_binds_the_code_that_pays(world: World) {
        let mut acme = Acme::new(&world).await;
        let version = publishes(&acme.owner, misbehaving()).await;
        puts_to_work(&mut acme, &version, json!({ "do": "behave" })).await;
        let partner = acme.partner("Northwind").await;
        let document = "query($id: ID!) { node(id: $id) { ... on Terms {
            document documentDigest rules { formula { __typename ... on PluginFormula { config version { digest } } } } } } }";
        let signed = partner.client.asks(document, json!({ "id": acme.terms["id"] })).await;
        let (node, text) = (&signed["node"], signed["node"]["document"].as_str().unwrap());
        assert_eq!(node["documentDigest"], sha256(text));
        let document: Value = serde_json::from_str(text).unwrap();
        assert_eq!(document["agreement"], "Be fair.");
        assert_eq!(document["hold_days"], 30);
        let rule = document["rules"].as_array().unwrap().iter().find(|rule| rule["kind"] == "plugin");
        let rule = rule.unwrap();
        assert_eq!(rule["code_sha256"], version["digest"]);
        assert_eq!(rule["config"], json!({ "do": "behave" }).to_string());
        let shown = node["rules"].as_array().unwrap().iter().find(|rule| rule["formula"]["__typename"] == "PluginFormula");
        assert_eq!(shown.unwrap()["formula"]["version"]["digest"], version["digest"]);

        // The digest of the words alone is no signature.
        let input = json!({
            "partnerId": partner.id, "termsId": acme.terms["id"], "documentDigest": sha256("Be fair."),
            "signerName": "S", "signerAuthority": "S", "act": "clicked",
        });
        let refused = partner.client.tries("acceptAgreement", "agreement { id }", input).await;
        assert_eq!(refused.fails_with("INVALID_INPUT")["field"], json!(["input", "documentDigest"]));
        let before = node["documentDigest"].clone();
        puts_to_work(&mut acme, &version, json!({ "do": "panic" })).await;
        assert_ne!(acme.terms["documentDigest"], before, "another configuration is another document");
    }
}

story! {
    /// Publishing activates nothing. A version decides from its date on, once a
    /// second person has approved; partners see it before; what is decided stays.
    async fn a_version_decides_from_its_activation_on(world: World) {
        let mut acme = Acme::new(&world).await;
        let signed = publishes(&acme.owner, misbehaving()).await;
        puts_to_work(&mut acme, &signed, json!({ "do": "panic" })).await;
        let partner = acme.partner("Northwind").await;
        let next = publishes(&acme.owner, mended()).await;
        let code = |version: &Value| version["digest"].clone();
        assert_eq!(wins(&acme, &partner).await, (json!("HELD"), Value::Null, code(&signed)));

        let selection = "activation { id state }";
        let late = activation(&acme, &next, Some("2026-01-05T08:59:59Z"));
        let refused = acme.owner.tries("proposeActivation", selection, late).await;
        assert_eq!(refused.fails_with("INVALID_INPUT")["field"], json!(["input", "effectiveAt"]));
        let input = activation(&acme, &next, Some("2026-02-01T09:00:00Z"));
        let proposed = acme.owner.does("proposeActivation", selection, input.clone()).await;
        assert_eq!(proposed["state"], "PROPOSED");
        assert_eq!(acme.owner.does("proposeActivation", selection, input).await, proposed);
        let id = json!({ "id": proposed["id"] });
        let alone = acme.owner.tries("approveActivation", selection, id.clone()).await;
        alone.fails_with("SECOND_PERSON_NEEDED");
        let seen = "{ activations { nodes { state effectiveAt proposedBy { name }
            pluginVersion { digest version } } } }";
        let hidden = partner.client.asks(seen, json!({})).await;
        assert_eq!(hidden["activations"]["nodes"], json!([]), "what may never come is not announced");
        let finn = acme.person("Finn", "FINANCE").await;
        let approved = finn.does("approveActivation", selection, id.clone()).await;
        assert_eq!(approved["state"], "APPROVED");
        let told = partner.client.asks(seen, json!({})).await["activations"]["nodes"][0].take();
        assert_eq!(told["effectiveAt"], "2026-02-01T09:00:00.000Z");
        assert_eq!((&told["pluginVersion"]["digest"], &told["proposedBy"]), (&code(&next), &Value::Null));

        assert_eq!(wins(&acme, &partner).await, (json!("HELD"), Value::Null, code(&signed)), "not yet");
        acme.day("2026-02-01").await;
        assert_eq!(wins(&acme, &partner).await, (json!("APPROVED"), json!("12000.00"), code(&next)));
        let late = acme.owner.tries("cancelActivation", selection, id).await;
        late.fails_with("WRONG_STATE");

        // Terms that are published later name their own version again.
        puts_to_work(&mut acme, &signed, json!({ "do": "behave" })).await;
        acme.accepts(&partner).await;
        let (state, _, decided) = wins(&acme, &partner).await;
        assert_eq!((state, decided), (json!("APPROVED"), code(&signed)));
    }
}

story! {
    /// An activation whose date has passed when it is approved decides from then on, also
    /// where another one has a later date.
    async fn an_activation_that_is_approved_late_decides(world: World) {
        let mut acme = Acme::new(&world).await;
        let signed = publishes(&acme.owner, misbehaving()).await;
        puts_to_work(&mut acme, &signed, json!({ "do": "behave" })).await;
        let partner = acme.partner("Northwind").await;
        let next = publishes(&acme.owner, mended()).await;
        let finn = acme.person("Finn", "FINANCE").await;
        let selection = "activation { id }";
        let mut proposed = Vec::new();
        for (version, from) in [(&next, "2026-02-10T09:00:00Z"), (&signed, "2026-02-08T09:00:00Z")] {
            let input = activation(&acme, version, Some(from));
            proposed.push(acme.owner.does("proposeActivation", selection, input).await);
        }
        let approval = |activation: &Value| json!({ "id": activation["id"] });
        finn.does("approveActivation", selection, approval(&proposed[0])).await;
        acme.day("2026-02-11").await;
        assert_eq!(wins(&acme, &partner).await.2, next["digest"]);
        acme.day("2026-02-12").await;
        finn.does("approveActivation", selection, approval(&proposed[1])).await;
        assert_eq!(wins(&acme, &partner).await.2, signed["digest"]);
        let nobodys = json!({ "id": "act_01m8eg0bmzedjtfc0kr6xd6zbw" });
        let unknown = finn.tries("approveActivation", selection, nobodys).await;
        assert_eq!(unknown.fails_with("NOT_FOUND")["field"], json!(["input", "id"]));
    }
}

story! {
    /// A version that does not take what rules are configured with is not
    /// activated, also where the rules came after the proposal.
    async fn an_activation_needs_every_configuration(world: World) {
        let mut acme = Acme::new(&world).await;
        let (picky, tolerant) = (publishes(&acme.owner, misbehaving()).await, publishes(&acme.owner, mended()).await);
        puts_to_work(&mut acme, &tolerant, json!({ "do": "behave" })).await;
        let selection = "activation { id }";
        let proposed = acme.owner.does("proposeActivation", selection, activation(&acme, &picky, None)).await;

        puts_to_work(&mut acme, &tolerant, json!({ "do": "dance" })).await;
        let rules = "query($id: ID!) { node(id: $id) { ... on Terms { rules { id formula { __typename } } } } }";
        let rules = acme.owner.asks(rules, json!({ "id": acme.terms["id"] })).await;
        let bound = rules["node"]["rules"].as_array().unwrap().iter().find(|rule| rule["formula"]["__typename"] == "PluginFormula");
        let bound = json!([bound.unwrap()["id"]]);
        let refused = acme.owner.tries("proposeActivation", selection, activation(&acme, &picky, None)).await;
        assert_eq!(refused.fails_with("CONFIGURATION_REFUSED")["ids"], bound);
        let finn = acme.person("Finn", "FINANCE").await;
        let refused = finn.tries("approveActivation", selection, json!({ "id": proposed["id"] })).await;
        assert_eq!(refused.fails_with("CONFIGURATION_REFUSED")["ids"], bound);
        acme.owner.does("cancelActivation", selection, json!({ "id": proposed["id"] })).await;
        let refused = finn.tries("approveActivation", selection, json!({ "id": proposed["id"] })).await;
        refused.fails_with("WRONG_STATE");
    }
}
