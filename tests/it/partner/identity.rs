//! Who a company is: known by its own domain however it is written, never by a
//! host of many, and not hidden by what nobody sees.

use serde_json::{Value, json};

use crate::support::acme::{Acme, Partner, usd};
use crate::support::world::World;

const REGISTRATION: &str = "registration { id state account { id } conflicts { kind } }";

/// A partner registrations a customer.
async fn registrations(acme: &Acme, partner: &Partner, name: &str, domain: &str) -> Value {
    let registration = acme.registration(partner, name, domain);
    partner
        .client
        .does("registerDeal", REGISTRATION, registration)
        .await
}

async fn two_partners(acme: &Acme) -> (Partner, Partner) {
    let northwind = acme.partner_without_papers("Northwind").await;
    (northwind, acme.partner_without_papers("Eastbay").await)
}

story! {
    /// A mistyped scheme is refused: what follows it would be read by other rules,
    /// and give the same customer a second account.
    async fn a_mistyped_scheme_makes_no_second_customer(world: World) {
        let acme = Acme::new(&world).await;
        let (north, east) = two_partners(&acme).await;
        let first = registrations(&acme, &north, "Globex", "https://www.globex.example").await;
        assert_eq!(first["state"], "APPROVED");
        for address in ["htps://WWW.Globex.example", "web://Globex.Example", "//globex.example"] {
            let registration = acme.registration(&east, "Globex Europe", address);
            let refused = east.client.tries("registerDeal", REGISTRATION, registration).await;
            let refused = refused.fails_with("INVALID_INPUT");
            assert_eq!(refused["field"], json!(["input", "account", "domain"]), "{address}");
            let deal = json!({
                "idempotencyKey": acme.key(), "programId": acme.program, "name": "A deal",
                "account": { "name": "Globex", "domain": address }, "amount": usd("1.00"), "stage": "S",
            });
            let refused = acme.owner.tries("openDeal", "deal { id }", deal).await;
            refused.fails_with("INVALID_INPUT");
        }
        let same = registrations(&acme, &east, "Globex Europe", "HTTPS://WWW.Globex.example./x").await;
        assert_eq!(same["state"], "IN_CONFLICT");
        assert_eq!(same["conflicts"][0]["kind"], "LIVE_REGISTRATION");
    }
}

story! {
    /// Whoever has their mail or their page where many have theirs is not one
    /// customer with them.
    async fn a_host_of_many_identifies_nobody(world: World) {
        let acme = Acme::new(&world).await;
        let (north, east) = two_partners(&acme).await;
        for (one, other) in [
            (("Blue Bakery", "gmail.com"), ("Rossi Plumbing", "mail.gmail.com")),
            (("Kilo Labs", "linkedin.com/company/kilo-labs"), ("Lima Foods", "https://www.linkedin.com/company/lima-foods")),
        ] {
            let first = registrations(&acme, &north, one.0, one.1).await;
            let second = registrations(&acme, &east, other.0, other.1).await;
            assert_eq!((&first["state"], &second["state"]), (&json!("APPROVED"), &json!("APPROVED")));
            assert_ne!(first["account"]["id"], second["account"]["id"]);
        }
        // A shared name is still a doubt for a person.
        let doubt = registrations(&acme, &east, "Blue Bakery Ltd.", "gmail.com").await;
        assert_eq!(doubt["conflicts"], json!([{ "kind": "POSSIBLE_DUPLICATE" }]));
    }
}

story! {
    /// A registration on a customer that no domain tells apart protects it by its name: a deal
    /// beside it, and a second approval, take a person who says why.
    async fn a_customer_without_a_domain_is_protected_by_its_name(world: World) {
        let mut acme = Acme::new(&world).await;
        acme.publish_terms(json!({ "autoApprove": false })).await;
        let (north, east) = two_partners(&acme).await;
        let first = registrations(&acme, &north, "Kilo Labs", "linkedin.com/company/kilo-labs").await;
        assert_eq!(first["state"], "SUBMITTED");
        let direct = |name: &str, domain: &str, reason: Option<&str>| json!({
            "idempotencyKey": acme.key(), "programId": acme.program, "name": "Licences",
            "amount": usd("10.00"), "stage": "Talks", "reason": reason,
            "account": { "name": name, "domain": domain },
        });
        for (name, domain) in [("Kilo Labs", "gmail.com"), ("KILO LABS Ltd.", "kilo.example")] {
            let input = direct(name, domain, None);
            acme.owner.tries("openDeal", "deal { id }", input).await.fails_with("ACCOUNT_PROTECTED");
        }
        // What a domain tells apart from all that is registered is another customer.
        registrations(&acme, &north, "Lima Foods", "lima.example").await;
        acme.owner.does("openDeal", "deal { id }", direct("Lima Foods", "lima-foods.example", None)).await;

        let second = registrations(&acme, &east, "Kilo Labs", "linkedin.com/in/kilo").await;
        assert_eq!(second["conflicts"], json!([{ "kind": "POSSIBLE_DUPLICATE" }]));
        let approval = |registration: &Value, reason: Option<&str>| json!({ "id": registration["id"], "reason": reason });
        let selection = "registration { state }";
        acme.owner.does("approveRegistration", selection, approval(&second, Some("it asked first"))).await;
        let passed_by = acme.owner.tries("approveRegistration", selection, approval(&first, None)).await;
        passed_by.fails_with("ACCOUNT_PROTECTED");
        let why = Some("another company of that name");
        acme.owner.does("approveRegistration", selection, approval(&first, why)).await;
        let despite = direct("Kilo Labs", "gmail.com", Some("a third one"));
        acme.owner.does("openDeal", "deal { id }", despite).await;
    }
}

story! {
    /// The name that somebody gave a customer first stands against nobody: what counts
    /// is the name that is registered, and customers that anybody deals with.
    async fn what_a_rival_called_a_customer_stands_against_nobody(world: World) {
        let acme = Acme::new(&world).await;
        let (north, east) = two_partners(&acme).await;
        registrations(&acme, &north, "Mike Motors", "mike.example").await;
        let strange = registrations(&acme, &north, "Mike Motors Spa", "tango.example").await;
        let mistake = json!({ "id": strange["id"], "reason": "a mistake" });
        north.client.does("withdrawRegistration", "registration { id }", mistake).await;
        let right = registrations(&acme, &east, "Tango Travel", "tango.example").await;
        assert_eq!((&right["state"], &right["conflicts"]), (&json!("APPROVED"), &json!([])));
        // What counts is how the registration that is alive calls it.
        let alike = registrations(&acme, &north, "Tango Travel", "gmail.com").await;
        assert_eq!(alike["conflicts"], json!([{ "kind": "POSSIBLE_DUPLICATE" }]));
        let other = registrations(&acme, &east, "Mike Motors Spa", "mike-spa.example").await;
        assert_eq!(other["conflicts"], json!([{ "kind": "POSSIBLE_DUPLICATE" }]), "of mike.example");
    }
}

story! {
    /// What nobody sees makes no other name, and is no name by itself. Names of
    /// nothing but symbols are not each other.
    async fn what_nobody_sees_makes_no_other_name(world: World) {
        let acme = Acme::new(&world).await;
        let (north, east) = two_partners(&acme).await;
        registrations(&acme, &north, "Globex", "n1a.example").await;
        let second = registrations(&acme, &east, "Glo\u{200b}bex", "n1b.example").await;
        assert_eq!(second["conflicts"], json!([{ "kind": "POSSIBLE_DUPLICATE" }]));
        let nothing = acme.registration(&east, "\u{200b}\u{200b}", "n2.example");
        let refused = east.client.tries("registerDeal", REGISTRATION, nothing).await;
        assert_eq!(refused.fails_with("INVALID_INPUT")["field"], json!(["input", "account", "name"]));
        for (number, name) in ["🚀🚀", "🦄", "+++", "***"].iter().enumerate() {
            let registration = registrations(&acme, &north, name, &format!("symbol{number}.example")).await;
            assert_eq!(registration["conflicts"], json!([]), "{name}");
        }
    }
}

story! {
    /// A line may end with CR LF wherever text is taken, and is kept with LF: the
    /// same text has one digest.
    async fn a_line_may_end_either_way(world: World) {
        let mut acme = Acme::new(&world).await;
        acme.publish_terms(json!({ "agreementText": "1. You agree.\r\n2. We pay." })).await;
        let document = "query($id: ID!) { node(id: $id) { ... on Terms { agreementText } } }";
        let read = acme.owner.asks(document, json!({ "id": acme.terms["id"] })).await;
        assert_eq!(read["node"]["agreementText"], "1. You agree.\n2. We pay.");
        let northwind = acme.partner_without_papers("Northwind").await;
        let deal = acme.deal(&northwind, "1.00").await;
        let part = json!({
            "idempotencyKey": acme.key(), "dealId": deal.id, "partnerId": northwind.id,
            "role": "SOURCED", "kind": "VOUCHED", "evidence": "Line one\r\nLine two",
        });
        let part = acme.owner.does("recordInvolvement", "involvement { evidence }", part).await;
        assert_eq!(part["evidence"], "Line one\nLine two");
        let lost = json!({ "id": deal.id, "reason": "price\r\nand time" });
        let lost = acme.owner.does("closeDealLost", "deal { lostReason }", lost).await;
        assert_eq!(lost["lostReason"], "price\nand time");
    }
}

story! {
    /// The late repetition of a revision does not undo the one after it.
    async fn a_late_repetition_undoes_nothing(world: World) {
        let acme = Acme::new(&world).await;
        let northwind = acme.partner_without_papers("Northwind").await;
        let deal = acme.deal(&northwind, "10.00").await;
        let selection = "deal { amount { amount } stage }";
        let revision = |key: &str, amount: &str| json!({ "idempotencyKey": key, "id": deal.id, "amount": usd(amount) });
        acme.owner.does("reviseDealAmount", selection, revision("r1", "1.00")).await;
        acme.owner.does("reviseDealAmount", selection, revision("r2", "2.00")).await;
        let late = acme.owner.does("reviseDealAmount", selection, revision("r1", "1.00")).await;
        assert_eq!(late["amount"]["amount"], "2.00");
        let stage = |key: &str, stage: &str| json!({ "idempotencyKey": key, "id": deal.id, "stage": stage });
        acme.owner.does("moveDeal", selection, stage("s1", "Demo")).await;
        acme.owner.does("moveDeal", selection, stage("s2", "Signed")).await;
        let late = acme.owner.does("moveDeal", selection, stage("s1", "Demo")).await;
        assert_eq!(late["stage"], "Signed");
    }
}

story! {
    /// Everything that is wrong with a command is said at once, each with its
    /// whole path, and nothing is done.
    async fn all_that_is_wrong_is_said_at_once(world: World) {
        let acme = Acme::new(&world).await;
        let input = json!({
            "idempotencyKey": acme.key(), "programId": "prg_nonsense",
            "account": { "name": " ", "domain": "htps://x.example" },
            "name": "", "amount": { "amount": "1.5", "currency": "USD" }, "stage": "",
        });
        let document = "mutation($input: OpenDealInput!) { openDeal(input: $input) {
            deal { id } userErrors { code field } } }";
        let answer = acme.owner.asks(document, json!({ "input": input })).await;
        let told = |code: &str, path: &[&str]| {
            json!({ "code": code, "field": ([&["input"], path].concat()) })
        };
        assert_eq!(answer["openDeal"]["deal"], Value::Null);
        assert_eq!(answer["openDeal"]["userErrors"], json!([
            told("NOT_FOUND", &["programId"]),
            told("INVALID_INPUT", &["account", "name"]),
            told("INVALID_INPUT", &["account", "domain"]),
            told("INVALID_INPUT", &["name"]),
            told("INVALID_INPUT", &["amount", "amount"]),
            told("INVALID_INPUT", &["stage"]),
        ]));
        let rule = |formula: Value| json!({ "role": "SOURCED", "formula": formula });
        let input = json!({
            "idempotencyKey": acme.key(), "programId": acme.program, "agreementText": "",
            "protectionDays": -1, "holdDays": 5000, "commissionCapPercent": "0",
            "payoutMinimum": { "amount": "1.00", "currency": "usd" },
            "rules": [
                rule(json!({ "percentage": { "ratePercent": "lots" } })),
                rule(json!({ "plugin": { "pluginVersionId": "plv_nonsense", "config": [] } })),
            ],
        });
        let document = "mutation($input: PublishTermsInput!) { publishTerms(input: $input) {
            userErrors { code field } } }";
        let answer = acme.owner.asks(document, json!({ "input": input })).await;
        assert_eq!(answer["publishTerms"]["userErrors"], json!([
            told("INVALID_INPUT", &["agreementText"]),
            told("INVALID_INPUT", &["protectionDays"]),
            told("INVALID_INPUT", &["holdDays"]),
            told("INVALID_INPUT", &["payoutMinimum", "currency"]),
            told("INVALID_INPUT", &["commissionCapPercent"]),
            told("INVALID_INPUT", &["rules", "0", "formula", "percentage", "ratePercent"]),
            told("INVALID_INPUT", &["rules", "1", "role"]),
            told("NOT_FOUND", &["rules", "1", "formula", "plugin", "pluginVersionId"]),
            told("INVALID_INPUT", &["rules", "1", "formula", "plugin", "config"]),
        ]));
    }
}

story! {
    /// What nobody sees makes no second customer: an id of a CRM with invisible characters
    /// is the id without them.
    async fn an_invisible_character_makes_no_second_id(world: World) {
        let acme = Acme::new(&world).await;
        let deal = |name: &str, domain: &str, crm_id: &str| json!({
            "idempotencyKey": acme.key(), "programId": acme.program, "name": "Licences",
            "account": { "name": name, "domain": domain, "crmId": crm_id },
            "amount": usd("10.00"), "stage": "S", "reason": "for the test",
        });
        let selection = "deal { account { id } }";
        let first = deal("Globex", "globex.example", "CRM-1");
        let first = acme.owner.does("openDeal", selection, first).await;
        for (address, id) in [("gmail.com", "CRM\u{200B}-1"), ("linkedin.com/in/x", "\u{FEFF}CRM-1")] {
            let same = acme.owner.does("openDeal", selection, deal("Globex", address, id)).await;
            assert_eq!(same, first, "{id:?}");
        }
    }
}
