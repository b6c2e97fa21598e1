//! The first day: a rule, a program, people and partners.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tributary_domain::access::Role;

use super::print::Teller;
use super::story::{FINANCE, Partner, Story, usd};
use super::{Key, OWNER, Operator};
use tributary_client::{Client, Result, list, text};

const AGREEMENT: &str = "Acme Referral Agreement. A registered opportunity is the partner's for \
    90 days. Whoever sourced a deal is paid by its volume in the calendar year; whoever moved a \
    deal is paid 2 % of it, at most 2,000.00. Commission is earned as the customer pays, taken \
    back as the customer is refunded, and paid 30 days after it is earned.";

/// The partners and their people.
const NORTHWIND: (&str, &str) = ("Northwind", "Nora");
const SOUTHRIDGE: (&str, &str) = ("Southridge", "Sam");
const EASTBAY: (&str, &str) = ("Eastbay", "Elif");

/// Everything up to the evening of 5 January.
pub async fn open<'a>(
    owner: &Client,
    operator: &Operator,
    rule: Vec<u8>,
    teller: &'a mut Teller,
) -> Result<Story<'a>> {
    teller.heading("5 Jan 2026", "A program opens");
    let version = publish_rule(owner, rule, teller).await?;
    let input = json!({
        "idempotencyKey": "program",
        "name": "Acme Referral", "model": "REFERRAL", "currency": "USD",
    });
    let program = owner
        .mutate("createProgram", input, "program { id }")
        .await?;
    let program = text(&program, "/program/id")?.to_owned();
    let input = terms(&program, &version);
    let terms = owner
        .mutate("publishTerms", input, "terms { id documentDigest }")
        .await?;
    let terms = &terms["terms"];
    teller.say(
        "Acme Referral pays in dollars: registrations are protected for 90 days, earnings are\n\
         held for 30, and nothing under 100.00 is paid out. Sourcing a deal pays by the\n\
         rule, influencing one 2 % of it, at most 2,000.00.",
    );
    let finance = operator.key(FINANCE, Role::Finance, None).await?;
    let finance = owner.with_key(&finance.token);
    let northwind = join(owner, operator, &program, terms, NORTHWIND).await?;
    let southridge = join(owner, operator, &program, terms, SOUTHRIDGE).await?;
    let eastbay = join(owner, operator, &program, terms, EASTBAY).await?;
    for (partner, files_tax_form) in [(&northwind, true), (&southridge, false), (&eastbay, true)] {
        file_papers(owner, partner, files_tax_form).await?;
        tell_readiness(partner, teller).await?;
    }
    Ok(Story {
        teller,
        owner: owner.clone(),
        finance,
        program,
        northwind,
        southridge,
        eastbay,
        registration: String::new(),
        globex: None,
        told: BTreeSet::new(),
    })
}

/// Uploads the rule and publishes it; returns the version's id.
async fn publish_rule(owner: &Client, rule: Vec<u8>, teller: &mut Teller) -> Result<String> {
    let size = rule.len();
    let selection = "id digest version plugin { name }";
    let version = &owner.publish(rule, selection).await?;
    let (name, number) = (text(version, "/plugin/name")?, text(version, "/version")?);
    teller.say(&format!(
        "The rule {name} {number} is uploaded as WebAssembly, {size} bytes,\n\
         and admitted under its digest {}…",
        text(version, "/digest")?.get(..16).unwrap_or_default()
    ));
    Ok(text(version, "/id")?.to_owned())
}

fn terms(program: &str, version: &str) -> Value {
    let brackets = json!({ "brackets": [
        { "up_to": "50000.00", "percent": "10" },
        { "up_to": "100000.00", "percent": "12" },
        { "percent": "15" },
    ] });
    let sourced = json!({ "plugin": { "pluginVersionId": version, "config": brackets } });
    let influenced = json!({ "percentage": { "ratePercent": "2", "cap": usd("2000.00") } });
    json!({
        "idempotencyKey": "terms",
        "programId": program,
        "agreementText": AGREEMENT,
        "protectionDays": 90,
        "autoApprove": true,
        "holdDays": 30,
        "payoutMinimum": usd("100.00"),
        "rules": [
            { "role": "SOURCED", "formula": sourced },
            { "role": "INFLUENCED", "formula": influenced },
        ],
    })
}

/// A partner's person with a new key.
async fn holder(owner: &Client, operator: &Operator, person: &str, id: &str) -> Result<Client> {
    let key = operator
        .key(person, Role::Partner, Some(id.parse()?))
        .await?;
    Ok(owner.with_key(&key.token))
}

/// Invites a partner, which gets a key and accepts the terms with it.
async fn join(
    owner: &Client,
    operator: &Operator,
    program: &str,
    terms: &Value,
    (name, person): (&'static str, &'static str),
) -> Result<Partner> {
    let input = json!({
        "idempotencyKey": format!("invite {name}"), "name": name, "programId": program,
    });
    let invited = owner
        .mutate("invitePartner", input, "partner { id }")
        .await?;
    let id = text(&invited, "/partner/id")?.to_owned();
    let client = holder(owner, operator, person, &id).await?;
    let input = json!({
        "partnerId": id,
        "termsId": terms["id"],
        "documentDigest": terms["documentDigest"],
        "signerName": person,
        "signerAuthority": "Managing director",
        "act": "ticked \"I have read this and agree\"",
    });
    client
        .mutate("acceptAgreement", input, "agreement { id }")
        .await?;
    Ok(Partner {
        id,
        name,
        person,
        client,
    })
}

/// The partner files what it needs to be paid; the tenant looks at it.
async fn file_papers(owner: &Client, partner: &Partner, files_tax_form: bool) -> Result<()> {
    if files_tax_form {
        let input = json!({
            "idempotencyKey": format!("tax form of {}", partner.name),
            "partnerId": partner.id,
            "kind": "W9",
            "taxId": "12-3456789",
            "signerName": partner.person,
        });
        let form = partner
            .client
            .mutate("submitTaxForm", input, "taxForm { id }")
            .await?;
        let input = json!({ "id": form["taxForm"]["id"] });
        owner
            .mutate("approveTaxForm", input, "taxForm { id }")
            .await?;
    }
    let destination = format!("{}@sandbox", partner.name.to_lowercase());
    let input = json!({
        "idempotencyKey": format!("payout method of {}", partner.name),
        "partnerId": partner.id, "rail": "SANDBOX", "destination": destination,
    });
    let method = partner
        .client
        .mutate("addPayoutMethod", input, "payoutMethod { id }")
        .await?;
    let input = json!({ "id": method["payoutMethod"]["id"] });
    owner
        .mutate("verifyPayoutMethod", input, "payoutMethod { id }")
        .await?;
    Ok(())
}

async fn tell_readiness(partner: &Partner, teller: &mut Teller) -> Result<()> {
    let document = "{ viewer { partner { readiness { ready missing } } } }";
    let answer = partner.client.query(document, json!({})).await?;
    let missing: Vec<String> = list(&answer, "/viewer/partner/readiness/missing")?
        .iter()
        .filter_map(Value::as_str)
        .map(|paper| paper.replace('_', " ").to_lowercase())
        .collect();
    let state = match missing.as_slice() {
        [] => "joins, with all its papers".to_owned(),
        missing => format!("joins; not to be paid without: {}", missing.join(", ")),
    };
    teller.say(&format!("  {:<11} {state}", partner.name));
    Ok(())
}

/// Revokes the keys that the people of the story had, but for the owner's own.
pub async fn revoke_keys(owner: &Client) -> Result<()> {
    let document = "query($after: String) { apiKeys(first: 100, after: $after) {
        nodes { id name revokedAt } pageInfo { hasNextPage endCursor } } }";
    let people = [OWNER, FINANCE, NORTHWIND.1, SOUTHRIDGE.1, EASTBAY.1];
    let mut after = Value::Null;
    loop {
        let answer = owner.query(document, json!({ "after": after })).await?;
        for key in list(&answer, "/apiKeys/nodes")? {
            let (id, person) = (text(key, "/id")?, text(key, "/name")?);
            let used = owner.token.contains(&format!(".{id}."));
            if people.contains(&person) && key["revokedAt"].is_null() && !used {
                let input = json!({ "id": id });
                owner.mutate("revokeApiKey", input, "apiKey { id }").await?;
            }
        }
        let page = &answer["apiKeys"]["pageInfo"];
        if page["hasNextPage"] != true {
            return Ok(());
        }
        after = page["endCursor"].clone();
    }
}

/// New keys for people of a story that was played before.
pub async fn fresh_keys(owner: &Client, operator: &Operator) -> Result<Vec<Key>> {
    let finance = operator.key(FINANCE, Role::Finance, None).await?;
    let mut keys = vec![
        Key {
            holder: format!("{OWNER}, owner"),
            token: owner.token.clone(),
        },
        Key {
            holder: format!("{FINANCE}, finance"),
            token: finance.token,
        },
    ];
    let answer = owner
        .query("{ partners(first: 10) { nodes { id name } } }", json!({}))
        .await?;
    for partner in list(&answer, "/partners/nodes")? {
        let name = text(partner, "/name")?;
        let known = [NORTHWIND, SOUTHRIDGE, EASTBAY]
            .into_iter()
            .find(|known| known.0 == name);
        let Some((_, person)) = known else { continue };
        let token = holder(owner, operator, person, text(partner, "/id")?)
            .await?
            .token;
        keys.push(Key {
            holder: format!("{person}, {name}"),
            token,
        });
    }
    Ok(keys)
}
