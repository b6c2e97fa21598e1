//! October to January: the customer pays, and the partners are paid.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::story::{Story, set_clock, usd};
use tributary_client::{Result, list, refused, text};

/// How long the server may take over work of its own.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Asks again and again until there is an answer.
pub async fn until<T>(what: &str, ask: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
    let began = Instant::now();
    while began.elapsed() < LONGEST_WAIT {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        sleep(Duration::from_millis(100)).await;
    }
    Err(format!("waited {LONGEST_WAIT:?} in vain for {what}").into())
}

/// 5 October and 5 November: two of three instalments.
pub async fn instalments(story: &mut Story<'_>) -> Result<()> {
    let deal = story.globex()?.deal.clone();
    for (date, shown, title, key) in [
        ("2026-10-05", "5 Oct", "A first instalment", "globex-paid-1"),
        (
            "2026-11-05",
            "5 Nov",
            "A second instalment",
            "globex-paid-2",
        ),
    ] {
        story.day(date, shown, title).await?;
        story.teller.say("Globex pays 40,000.00 of 120,000.00.");
        story.collect(key, &deal, "40000.00").await?;
    }
    Ok(())
}

/// 10 November: what was earned up to 10 October is paid.
pub async fn first_run(story: &mut Story<'_>) -> Result<()> {
    story.day("2026-11-10", "10 Nov", "A payout run").await?;
    pay(story, "run-1", "2026-11-10T10:00:00Z").await
}

/// 20 November: the customer gets some of its money back.
pub async fn refund(story: &mut Story<'_>) -> Result<()> {
    let deal = story.globex()?.deal.clone();
    story.day("2026-11-20", "20 Nov", "A refund").await?;
    story.teller.say("10,000.00 goes back to Globex.");
    let input = json!({
        "idempotencyKey": "globex-refund", "dealId": deal, "amount": usd("10000.00"),
    });
    story
        .finance
        .mutate("recordRefund", input, "collection { id }")
        .await?;
    story.tell_earnings("gives back").await
}

/// 5 December and 10 January: the last instalment, and the run that pays it.
pub async fn second_run(story: &mut Story<'_>) -> Result<()> {
    let deal = story.globex()?.deal.clone();
    story
        .day("2026-12-05", "5 Dec", "The last instalment")
        .await?;
    story.teller.say("Globex pays the last 40,000.00.");
    story.collect("globex-paid-3", &deal, "40000.00").await?;
    story
        .day("2027-01-10", "10 Jan 2027", "A second run")
        .await?;
    pay(story, "run-2", "2027-01-10T10:00:00Z").await
}

/// Proposes a run, has it approved by a second person, and sees it done. The
/// sandbox's rail pays an hour after it was asked: at `settled`.
async fn pay(story: &mut Story<'_>, key: &str, settled: &str) -> Result<()> {
    let input = json!({ "idempotencyKey": key, "programId": story.program });
    let proposed = story
        .finance
        .mutate("proposePayoutRun", input, "payoutRun { id }")
        .await?;
    let run = prepared(story, text(&proposed, "/payoutRun/id")?).await?;
    let input = json!({ "id": run["id"] });
    let alone = story
        .finance
        .mutate("approvePayoutRun", input.clone(), "payoutRun { id }")
        .await;
    refused(alone, "SECOND_PERSON_NEEDED")?;
    story
        .owner
        .mutate("approvePayoutRun", input, "payoutRun { id }")
        .await?;
    story.teller.say(
        "Finn proposes the run. He cannot approve it himself (SECOND_PERSON_NEEDED); Ada\ndoes.",
    );
    let id = text(&run, "/id")?;
    payouts(story, id, |run| each_payout_is(run, "SENT")).await?;
    set_clock(&story.owner, settled).await?;
    let done = payouts(story, id, |run| run["state"] == "DONE").await?;
    let mut paid = list(&done, "/payouts/nodes")?.to_vec();
    by_partner(&mut paid);
    story
        .teller
        .say("It goes over the sandbox rail, which moves no money.");
    for payout in &paid {
        let (partner, state) = (text(payout, "/partner/name")?, text(payout, "/state")?);
        story.teller.figure(
            partner,
            &state.to_lowercase(),
            text(payout, "/amount/amount")?,
        );
    }
    let mut holds = list(&run, "/holds")?.to_vec();
    by_partner(&mut holds);
    for hold in &holds {
        let reason = text(hold, "/reason")?.replace('_', " ").to_lowercase();
        let partner = text(hold, "/partner/name")?;
        story.teller.figure(
            partner,
            &format!("not yet: {reason}"),
            text(hold, "/amount/amount")?,
        );
    }
    Ok(())
}

/// Partners in the order in which the story names them.
fn by_partner(rows: &mut [Value]) {
    rows.sort_by_key(|row| std::cmp::Reverse(row["partner"]["name"].to_string()));
}

fn each_payout_is(run: &Value, state: &str) -> bool {
    let payouts = run.pointer("/payouts/nodes").and_then(Value::as_array);
    payouts.is_some_and(|payouts| payouts.iter().all(|payout| payout["state"] == state))
}

/// A run, once the server has found out who is paid and who is not.
async fn prepared(story: &Story<'_>, run: &str) -> Result<Value> {
    let document = "query($id: ID!) { node(id: $id) { ... on PayoutRun { id state
        holds { reason amount { amount } detail partner { name } } } } }";
    until("the run to be prepared", async || {
        let mut answer = story.finance.query(document, json!({ "id": run })).await?;
        let run = answer["node"].take();
        Ok((run["state"] != "PREPARING").then_some(run))
    })
    .await
}

/// A run, once the server's background work has brought it so far.
async fn payouts(story: &Story<'_>, run: &str, far: fn(&Value) -> bool) -> Result<Value> {
    let document = "query($id: ID!) { node(id: $id) { ... on PayoutRun { state
        payouts(first: 10) { nodes { state amount { amount } partner { name } } } } } }";
    until("the rail", async || {
        let mut answer = story.finance.query(document, json!({ "id": run })).await?;
        let run = answer["node"].take();
        Ok(far(&run).then_some(run))
    })
    .await
}
