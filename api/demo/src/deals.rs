//! January to September: two registrations, two deals, and who is credited for them.

use serde_json::{Value, json};

use super::DEAL;
use super::follow::Follower;
use super::story::{Partner, Story, usd};
use tributary_client::{Client, Result, list, text};

/// 9 January: Northwind brings a small customer, who pays at once.
pub async fn small_deal(story: &mut Story<'_>) -> Result<()> {
    story.day("2026-01-09", "9 Jan", "A small deal").await?;
    story
        .teller
        .say("Northwind brings Initech, who buys for 30,000.00 and pays the same day.");
    let input = json!({
        "idempotencyKey": "initech-open",
        "programId": story.program,
        "account": { "name": "Initech", "domain": "initech.example" },
        "name": "Initech",
        "amount": usd("30000.00"),
        "stage": "Proposal",
    });
    let opened = story.owner.mutate("openDeal", input, "deal { id }").await?;
    let deal = text(&opened, "/deal/id")?;
    let input = json!({
        "idempotencyKey": "initech-northwind",
        "dealId": deal,
        "partnerId": story.northwind.id,
        "role": "SOURCED",
        "kind": "INTRODUCED",
        "evidence": "Nora introduced Initech's head of operations by mail",
    });
    involve(&story.owner, &story.owner, input).await?;
    win_deal(story, "initech-won", deal).await?;
    story.collect("initech-paid", deal, "30000.00").await
}

/// 10 and 12 January: two partners register one customer.
pub async fn two_registrations(story: &mut Story<'_>) -> Result<()> {
    story.day("2026-01-10", "10 Jan", "A registration").await?;
    let account = json!({ "name": "Globex", "domain": "globex.example" });
    let registered = register(story, &story.northwind, "globex-northwind", account).await?;
    story.registration = text(&registered, "/id")?.to_owned();
    story.teller.say(&format!(
        "Northwind registers Globex, globex.example: {}, and protected until\n{}.",
        text(&registered, "/state")?,
        text(&registered, "/protectedUntil")?
            .get(..10)
            .unwrap_or_default(),
    ));

    story
        .day(
            "2026-01-12",
            "12 Jan",
            "The same customer, spelled another way",
        )
        .await?;
    let account = json!({
        "name": "GLOBEX Corporation Ltd.", "domain": "https://www.Globex.example/about",
    });
    let registered = register(story, &story.southridge, "globex-southridge", account).await?;
    story.teller.say(&format!(
        "Southridge registers GLOBEX Corporation Ltd., www.Globex.example: {}.",
        text(&registered, "/state")?
    ));
    let id = text(&registered, "/id")?;
    show_conflict(story, id).await?;
    let input = json!({
        "id": id, "reason": "This customer was registered two days earlier.",
    });
    let rejected = story
        .owner
        .mutate("rejectRegistration", input, "registration { reason }")
        .await?;
    let reason = text(&rejected, "/registration/reason")?;
    story.teller.say(&format!("Ada rejects it: \"{reason}\""));
    names_nobody(story).await
}

/// Nothing that Southridge may read names the partner it competes with.
async fn names_nobody(story: &Story<'_>) -> Result<()> {
    let document = "{ registrations { nodes { submittedName state reason
        account { name } partner { name } conflicts { message competingRegistration { id } } } }
        accounts { nodes { name } } partners { nodes { name } } deals { nodes { name } } }";
    let answer = story.southridge.client.query(document, json!({})).await?;
    if answer.to_string().contains("Northwind") {
        Err(format!("Southridge reads of its competitor: {answer}").into())
    } else {
        Ok(())
    }
}

async fn register(story: &Story<'_>, by: &Partner, key: &str, account: Value) -> Result<Value> {
    let input = json!({
        "idempotencyKey": key,
        "programId": story.program,
        "partnerId": by.id,
        "account": account,
        "opportunity": "Moving its plants to Acme Cloud",
        "expected": usd("120000.00"),
    });
    let selection = "registration { id state protectedUntil }";
    let mut registered = by.client.mutate("registerDeal", input, selection).await?;
    Ok(registered["registration"].take())
}

/// Staff see which registration it competes with; the other partner does not.
async fn show_conflict(story: &mut Story<'_>, id: &str) -> Result<()> {
    let document = "query($id: ID!) { node(id: $id) { ... on Registration { conflicts {
        message competingRegistration { partner { name } } } } } }";
    for (reader, client, sees) in [
        ("Ada reads:", &story.owner, true),
        ("Southridge:", &story.southridge.client, false),
    ] {
        let answer = client.query(document, json!({ "id": id })).await?;
        let conflicts = list(&answer, "/node/conflicts")?;
        let [conflict] = conflicts else {
            return Err(format!("one conflict was expected: {answer}").into());
        };
        let message = text(conflict, "/message")?;
        let named = conflict
            .pointer("/competingRegistration/partner/name")
            .is_some();
        if named != sees || message.contains("Northwind") != sees {
            return Err(format!("{reader} a conflict that is not for them: {conflict}").into());
        }
        story.teller.say(&format!("  {reader:<11} {message}"));
    }
    Ok(())
}

/// 3 March: the registration becomes a deal, which is followed from here on.
pub async fn conversion(story: &mut Story<'_>) -> Result<()> {
    story
        .day("2026-03-03", "3 Mar", "The registration becomes a deal")
        .await?;
    let document = "{ viewer { tenant { lastPosition } } }";
    let answer = story.owner.query(document, json!({})).await?;
    let begin = text(&answer, "/viewer/tenant/lastPosition")?;
    let input = json!({
        "idempotencyKey": "globex-convert",
        "id": story.registration,
        "name": DEAL,
        "amount": usd("120000.00"),
        "stage": "Discovery",
    });
    let converted = story
        .owner
        .mutate("convertRegistration", input, "deal { id }")
        .await?;
    let mut globex = Follower::new(&story.owner, text(&converted, "/deal/id")?, begin);
    globex.connect().await?;
    let events = globex.until(3).await?;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    story.teller.say(&format!(
        "Globex, 120,000.00. A subscription follows the deal, and gives at once:\n  {}",
        kinds.join(", ")
    ));
    story.globex = Some(globex);
    Ok(())
}

/// 15 May: another partner moves the deal, while nobody is listening.
pub async fn influence(story: &mut Story<'_>) -> Result<()> {
    story
        .day("2026-05-15", "15 May", "Another partner moves it")
        .await?;
    story.teller.say("The subscription's connection breaks.");
    let globex = story.globex()?;
    globex.disconnect();
    let deal = globex.deal.clone();
    let input = json!({
        "idempotencyKey": "globex-eastbay",
        "dealId": deal,
        "partnerId": story.eastbay.id,
        "role": "INFLUENCED",
        "kind": "SHAPED_REQUIREMENTS",
        "evidence": "minutes of the workshop of 14 May",
        "occurredAt": "2026-05-14T08:00:00Z",
    });
    involve(&story.owner, &story.owner, input).await?;
    story.teller.say(
        "Eastbay shaped what Globex asks for; the minutes are the evidence, and Ada\nconfirms it.",
    );
    Ok(())
}

async fn involve(recorder: &Client, confirmer: &Client, input: Value) -> Result<()> {
    let key = format!("{}-confirmed", text(&input, "/idempotencyKey")?);
    let recorded = recorder
        .mutate("recordInvolvement", input, "involvement { id }")
        .await?;
    let input = json!({ "idempotencyKey": key, "id": recorded["involvement"]["id"] });
    confirmer
        .mutate("confirmInvolvement", input, "involvement { id }")
        .await?;
    Ok(())
}

/// 30 September: the deal is won, and its credit is settled.
pub async fn win(story: &mut Story<'_>) -> Result<()> {
    story.day("2026-09-30", "30 Sep", "Closed-won").await?;
    let globex = story.globex()?;
    let after = globex.position().to_owned();
    globex.connect().await?;
    let missed = globex.until(5).await?.len();
    let deal = globex.deal.clone();
    story.teller.say(&format!(
        "The subscription connects again, after position {after}, and gets the {missed} events\n\
         it had missed."
    ));
    win_deal(story, "globex-won", &deal).await
}

/// Wins a deal; tells the credit and the commissions.
async fn win_deal(story: &mut Story<'_>, key: &str, deal: &str) -> Result<()> {
    let input = json!({ "idempotencyKey": key, "id": deal });
    story
        .owner
        .mutate("closeDealWon", input, "deal { id }")
        .await?;
    let deal = assessed(&story.owner, deal).await?;
    for share in list(&deal, "/credit/shares")? {
        let (partner, role) = (text(share, "/partner/name")?, text(share, "/role")?);
        let line = format!("  {partner:<11} {role:<11} {}", text(share, "/reason")?);
        story.teller.say(&line);
    }
    let mut commissions = list(&deal, "/commissions/nodes")?.to_vec();
    commissions.sort_by_key(|row| std::cmp::Reverse(row["role"].to_string()));
    for commission in &commissions {
        let partner = text(commission, "/partner/name")?;
        story
            .teller
            .figure(partner, "commission", text(commission, "/total/amount")?);
        for line in text(commission, "/explanation")?.lines() {
            story.teller.say(&format!("  {:<11} {line}", ""));
        }
    }
    Ok(())
}

/// A won deal, once its commissions are assessed. They are so at once, unless
/// the machine was too busy to run a rule.
async fn assessed(owner: &Client, deal: &str) -> Result<Value> {
    let document = "query($id: ID!) { node(id: $id) { ... on Deal {
        credit { shares { role reason partner { name } } }
        commissions(first: 10) { nodes {
            role state explanation total { amount } partner { name } } } } } }";
    super::payouts::until("the commissions to be assessed", async || {
        let mut answer = owner.query(document, json!({ "id": deal })).await?;
        let commissions = list(&answer, "/node/commissions/nodes")?;
        let done = commissions.iter().all(|row| row["state"] != "PENDING");
        Ok(done.then(|| answer["node"].take()))
    })
    .await
}
