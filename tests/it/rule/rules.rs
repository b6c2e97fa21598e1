//! Tenants' own rules: uploaded, put to work, faulty, and mended.

use std::path::Path;
use std::sync::OnceLock;

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::acme::{Acme, Deal, text, usd};
use crate::support::client::Client;
use crate::support::log::Log;
use crate::support::world::World;

/// The story's brackets: 10 % to 50,000, 12 % to 100,000, 15 % above.
fn brackets() -> Value {
    json!({ "brackets": [
        { "up_to": "50000.00", "percent": "10" },
        { "up_to": "100000.00", "percent": "12" },
        { "percent": "15" },
    ] })
}

/// What the rule does, and the fault that its commission is held with.
const DEEDS: &[(&str, &str)] = &[
    ("loop", "OUT_OF_FUEL"),
    ("panic", "TRAPPED"),
    ("recurse", "TRAPPED"),
    ("grow", "OUT_OF_MEMORY"),
    ("overflow", "REFUSED"),
    ("refuse", "REFUSED"),
    ("stranger", "PAYEE_WITHOUT_CREDIT"),
    ("nobody", "PAYEE_WITHOUT_CREDIT"),
    ("excess", "CAP_EXCEEDED"),
    ("negative", "NEGATIVE_AMOUNT"),
    ("undeclared", "UNDECLARED_BASIS"),
    ("flood", "OUTPUT_TOO_LARGE"),
    ("shout", "OUTPUT_TOO_LARGE"),
];

/// The worked example, built from source.
pub fn accelerator() -> Vec<u8> {
    static BUILT: OnceLock<Vec<u8>> = OnceLock::new();
    BUILT
        .get_or_init(|| built("examples/tiered-accelerator"))
        .clone()
}

/// The rule that does wrong as told, built from source.
pub fn misbehaving() -> Vec<u8> {
    static BUILT: OnceLock<Vec<u8>> = OnceLock::new();
    BUILT.get_or_init(|| built("fixtures/misbehaving")).clone()
}

/// The next version of the same rule, which pays a tenth whatever it is told.
pub fn mended() -> Vec<u8> {
    static BUILT: OnceLock<Vec<u8>> = OnceLock::new();
    BUILT.get_or_init(|| built("fixtures/mended")).clone()
}

fn built(rule: &str) -> Vec<u8> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../plugin-sdk")
        .join(rule);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rules");
    let built = tributary_toolchain::build_in(&source, &target, None).expect(rule);
    std::fs::read(built.path).unwrap()
}

/// Puts bytes to a fresh upload, and returns its id.
pub async fn uploads(client: &Client, bytes: Vec<u8>) -> String {
    let upload = stages(client).await;
    let status = client.puts(&text(&upload["url"]), bytes).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    text(&upload["id"])
}

async fn stages(client: &Client) -> Value {
    let document =
        "mutation { stagePluginUpload { upload { id url largestBytes } userErrors { code } } }";
    client.asks(document, json!({})).await["stagePluginUpload"]["upload"].take()
}

/// Uploads and publishes a rule, and returns its version.
pub async fn publishes(client: &Client, bytes: Vec<u8>) -> Value {
    let input = json!({ "uploadId": uploads(client, bytes).await });
    let selection = "pluginVersion { id digest version plugin { id } }";
    client.does("publishPlugin", selection, input).await
}

/// Publishes terms whose sourced credit the plugin pays.
pub async fn puts_to_work(acme: &mut Acme, version: &Value, config: Value) {
    let formula = json!({ "plugin": { "pluginVersionId": version["id"], "config": config } });
    let influence = json!({ "percentage": { "ratePercent": "2" } });
    let rules = json!([
        { "role": "SOURCED", "formula": formula },
        { "role": "INFLUENCED", "formula": influence },
    ]);
    acme.publish_terms(json!({ "rules": rules })).await;
}

/// The commissions of a deal, sourced before influenced.
pub async fn commissions(acme: &Acme, deal: &Deal) -> Vec<Value> {
    let document = "query($id: ID!) { node(id: $id) { ... on Deal { commissions { nodes {
        id role state total { amount } earned { amount } explanation fault { code message }
        evaluation { id codeDigest faultCode }
    } } } } }";
    let mut answer = acme.owner.asks(document, json!({ "id": deal.id })).await;
    let Value::Array(mut rows) = answer["node"]["commissions"]["nodes"].take() else {
        panic!("{answer}");
    };
    rows.sort_by_key(|row| row["role"] == "INFLUENCED");
    rows
}

/// What running the receipt of a commission again gives.
async fn rerun(client: &Client, commission: &Value) -> Value {
    let input = json!({ "id": commission["evaluation"]["id"] });
    let selection = "rerun { equal samePolicy }";
    client.does("rerunEvaluation", selection, input).await
}

story! {
    /// The tenant's own accelerator decides, and its receipt can be run again.
    async fn an_accelerator_climbs_its_brackets(world: World) {
        let bytes = accelerator();
        let mut acme = Acme::new(&world).await;
        let version = publishes(&acme.owner, bytes).await;
        puts_to_work(&mut acme, &version, brackets()).await;
        let partner = acme.partner("Northwind").await;

        for (amount, total) in [("30000.00", "3000.00"), ("120000.00", "15500.00")] {
            let deal = acme.deal(&partner, amount).await;
            acme.wins(&deal).await;
            let [commission] = &commissions(&acme, &deal).await[..] else { panic!() };
            assert_eq!(commission["state"], "APPROVED", "{commission:#}");
            assert_eq!(commission["total"]["amount"], total);
            assert_ne!(text(&commission["explanation"]), "");
            let receipt = &commission["evaluation"];
            assert_eq!(receipt["codeDigest"], version["digest"]);
            let again = rerun(&acme.owner, commission).await;
            assert_eq!(again, json!({ "equal": true, "samePolicy": true }));
        }
    }
}

story! {
    /// What a rule does not accept as its configuration is said when the terms
    /// are published, in the rule's own words, and not when a deal is won.
    async fn terms_need_a_configuration_that_the_rule_takes(world: World) {
        let bytes = accelerator();
        let acme = Acme::new(&world).await;
        let version = publishes(&acme.owner, bytes).await;
        let document = "mutation($input: PublishTermsInput!) { publishTerms(input: $input) {
            terms { version } userErrors { code field message } } }";
        let publish = async |role: &str, config: Value| {
            let plugin = json!({ "pluginVersionId": version["id"], "config": config });
            let input = json!({
                "idempotencyKey": acme.key(),
                "programId": acme.program, "agreementText": "Be fair.", "protectionDays": 90,
                "holdDays": 30, "payoutMinimum": usd("100.00"),
                "rules": [{ "role": role, "formula": { "plugin": plugin } }],
            });
            let mut answer = acme.owner.asks(document, json!({ "input": input })).await;
            answer["publishTerms"].take()
        };
        let mut falling = brackets();
        falling["brackets"][1]["up_to"] = json!("40000.00");
        for role in ["SOURCED", "INFLUENCED"] {
            let refused = publish(role, falling.clone()).await;
            let said = json!([{
                "code": "INVALID_INPUT",
                "field": ["input", "rules", "0", "formula", "plugin", "config"],
                "message": "brackets must rise",
            }]);
            assert_eq!((&refused["terms"], &refused["userErrors"]), (&Value::Null, &said));
        }
        let published = publish("SOURCED", brackets()).await;
        assert_eq!(published["terms"]["version"], 2, "{published:#}");
    }
}

story! {
    /// A rule that faults holds its own commissions, with the fault named. The
    /// other rule of the same deal and everything else goes on, nothing is
    /// posted for what is held, and a mended version makes good.
    async fn a_faulty_rule_moves_no_money(world: World) {
        let log = Log::default();
        let _listening = log.listen("warn");
        let (bytes, better) = (misbehaving(), mended());
        let mut acme = Acme::new(&world).await;
        let version = publishes(&acme.owner, bytes).await;
        let (north, east) = (acme.partner("Northwind").await, acme.partner("Eastbay").await);

        let mut held = Vec::new();
        for (deed, fault) in DEEDS {
            puts_to_work(&mut acme, &version, json!({ "do": deed })).await;
            let deal = acme.deal(&north, "1000.00").await;
            acme.involves(&deal, &east, "INFLUENCED", "VALIDATED").await;
            acme.wins(&deal).await;
            acme.collects(&deal, "500.00").await;

            let [sourced, influenced] = &commissions(&acme, &deal).await[..] else { panic!() };
            assert_eq!(sourced["state"], "HELD", "{deed}: {sourced:#}");
            assert_eq!(sourced["fault"]["code"], *fault, "{deed}: {sourced:#}");
            assert_eq!(sourced["evaluation"]["faultCode"], *fault);
            assert_eq!(rerun(&acme.owner, sourced).await["equal"], true, "{deed}");
            assert_eq!((&sourced["total"], &sourced["earned"]["amount"]), (&Value::Null, &json!("0.00")));
            assert_eq!(influenced["state"], "APPROVED", "{deed}: {influenced:#}");
            assert_eq!(influenced["total"]["amount"], "20.00");
            assert_eq!(influenced["earned"]["amount"], "10.00");
            let warned = format!("a commission is held commission={}", text(&sourced["id"]));
            assert!(log.text().contains(&warned), "{}", log.text());
            held.push(deal);
        }
        assert!(acme.earnings().await.iter().all(|(partner, ..)| *partner == east.id));
        assert!(acme.is_balanced().await);
        assert_eq!(accrued(&acme).await, "130.00", "half of 20.00 is not yet released, 13 times");

        puts_to_work(&mut acme, &version, json!({ "do": "behave" })).await;
        let deal = acme.deal(&north, "1000.00").await;
        acme.wins(&deal).await;
        assert_eq!(commissions(&acme, &deal).await[0]["total"]["amount"], "100.00");

        let next = publishes(&acme.owner, better).await;
        assert_eq!(next["plugin"], version["plugin"], "another version of the same plugin");
        assert_ne!(next["id"], version["id"]);
        let id = &commissions(&acme, &held[0]).await[0]["id"];
        let input = json!({ "id": id });
        let retried = acme.owner.does("retryCommission", "commission { state }", input).await;
        assert_eq!(retried["state"], "HELD", "publishing activates nothing");
        acme.activates(&next).await;
        for deal in &held {
            let id = &commissions(&acme, deal).await[0]["id"];
            let retried = acme.owner.does("retryCommission", "commission { state }", json!({ "id": id })).await;
            assert_eq!(retried["state"], "APPROVED");
            let sourced = &commissions(&acme, deal).await[0];
            assert_eq!(sourced["total"]["amount"], "100.00");
            assert_eq!(sourced["earned"]["amount"], "50.00", "what came in meanwhile counts");
            assert_eq!(sourced["fault"], Value::Null);
        }
        assert!(acme.is_balanced().await);
    }
}

/// What stands on the account of what is owed once customers pay.
async fn accrued(acme: &Acme) -> String {
    let document = "{ ledger { balances { account balance { amount } } } }";
    let answer = acme.owner.asks(document, json!({})).await;
    let rows = answer["ledger"]["balances"].as_array().unwrap();
    let row = rows.iter().find(|row| row["account"] == "ACCRUED").unwrap();
    text(&row["balance"]["amount"])
        .trim_start_matches('-')
        .to_owned()
}

story! {
    /// What may not run is refused by name, and nothing is published.
    async fn what_is_not_a_rule_is_refused(world: World) {
        let acme = Acme::without_program(&world).await;
        let import = wat::parse_str("(component (import \"clock\" (func)))").unwrap();
        let module = wat::parse_str("(module)").unwrap();
        let empty = wat::parse_str("(component)").unwrap();
        for (bytes, code) in [
            (b"hello".to_vec(), "NOT_A_COMPONENT"),
            (module, "NOT_A_COMPONENT"),
            (import, "HAS_IMPORTS"),
            (empty, "WRONG_WORLD"),
        ] {
            let upload = uploads(&acme.owner, bytes).await;
            let document = "mutation($input: PublishPluginInput!) { publishPlugin(input: $input) {
                pluginVersion { id } refusal { code message } userErrors { code }
            } }";
            let input = json!({ "input": { "uploadId": upload } });
            let payload = acme.owner.asks(document, input).await["publishPlugin"].take();
            assert_eq!(payload["refusal"]["code"], code, "{payload:#}");
            assert_ne!(payload["refusal"]["message"], "");
            assert_eq!(payload["userErrors"], json!([{ "code": "PLUGIN_REFUSED" }]));
            assert_eq!(payload["pluginVersion"], Value::Null);
        }
        let plugins = acme.owner.asks("{ plugins { nodes { id } } }", json!({})).await;
        assert_eq!(plugins["plugins"]["nodes"], json!([]));
    }
}

story! {
    /// Two mebibytes are taken, and not a byte more; strangers put nothing.
    async fn uploads_are_bounded_and_owned(world: World) {
        let acme = Acme::without_program(&world).await;
        let upload = stages(&acme.owner).await;
        let url = text(&upload["url"]);
        let largest = usize::try_from(upload["largestBytes"].as_u64().unwrap()).unwrap();
        assert_eq!(acme.owner.puts(&url, vec![0; largest + 1]).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(acme.owner.puts(&url, vec![0; largest]).await, StatusCode::NO_CONTENT);

        let rival = Acme::without_program(&world).await;
        assert_eq!(rival.owner.puts(&url, vec![1]).await, StatusCode::NOT_FOUND);
        let viewer = acme.person("Vera", "VIEWER").await;
        assert_eq!(viewer.puts(&url, vec![1]).await, StatusCode::FORBIDDEN);
        let nobody = Client::new(&acme.owner.url, "nonsense");
        assert_eq!(nobody.puts(&url, vec![1]).await, StatusCode::UNAUTHORIZED);
    }
}

story! {
    /// The same bytes are the same version, however often they are published.
    async fn the_same_bytes_are_the_same_version(world: World) {
        let bytes = misbehaving();
        let acme = Acme::without_program(&world).await;
        let first = publishes(&acme.owner, bytes.clone()).await;
        assert_eq!(publishes(&acme.owner, bytes).await, first);
    }
}

story! {
    /// A rule that is another tenant's cannot be put into terms.
    async fn terms_name_only_own_rules(world: World) {
        let bytes = misbehaving();
        let (acme, rival) = (Acme::new(&world).await, Acme::new(&world).await);
        let theirs = publishes(&rival.owner, bytes).await;
        let formula = json!({ "plugin": { "pluginVersionId": theirs["id"], "config": {} } });
        let input = json!({
            "idempotencyKey": acme.key(),
            "programId": acme.program, "agreementText": "Be fair.", "protectionDays": 90,
            "holdDays": 30, "payoutMinimum": usd("100.00"),
            "rules": [{ "role": "SOURCED", "formula": formula }],
        });
        let outcome = acme.owner.tries("publishTerms", "terms { id }", input).await;
        outcome.fails_with("NOT_FOUND");
    }
}
