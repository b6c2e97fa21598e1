//! What the program shows at a quiet moment, held against the model.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::Failure;
use crate::client::Client;
use crate::model::{Deal, cents};
use crate::office::{Office, text};

/// How long the program may take for what it does after a command is acknowledged.
const SETTLING: Duration = Duration::from_secs(60);

/// What was compared so far.
#[derive(Default)]
pub struct Books {
    /// The log so far: what was told once stays as it was.
    log: Vec<(String, String)>,
    counts: BTreeMap<&'static str, usize>,
}

impl fmt::Display for Books {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} events", self.log.len())?;
        self.counts
            .iter()
            .try_for_each(|(what, count)| write!(f, ", {count} {what}"))
    }
}

/// What a commission is known by: deal, role and partner.
type Share = (String, String, String);

impl Books {
    /// Compares everything with what the deals must have come to.
    ///
    /// # Errors
    /// Tells what is lost, doubled or wrong.
    pub async fn compare(&mut self, office: &Office, deals: Vec<&Deal>) -> Result<(), Failure> {
        let client = &office.owner;
        self.compare_deals(client, &deals).await?;
        let began = Instant::now();
        while let Err(difference) = self.compare_commissions(client, &deals).await {
            if began.elapsed() > SETTLING {
                return Err(difference);
            }
            sleep(Duration::from_millis(200)).await;
        }
        self.compare_payouts(client).await?;
        self.compare_log(client).await
    }

    async fn compare_deals(&mut self, client: &Client, deals: &[&Deal]) -> Result<(), Failure> {
        let fields = "id state amount { amount } collected { amount }";
        let mut shown = BTreeMap::new();
        for row in list(client, "deals", fields).await? {
            shown.insert(text(&row["id"])?, row);
        }
        self.counts.insert("deals", shown.len());
        self.counts.insert(
            "collections",
            deals.iter().map(|deal| deal.collections).sum(),
        );
        for deal in deals {
            let row = shown
                .remove(&deal.id)
                .ok_or_else(|| format!("lost: {deal:?}"))?;
            let is_right = row["state"] == deal.state.name()
                && cents(&row["amount"]) == Some(deal.amount)
                && cents(&row["collected"]) == Some(deal.collected);
            if !is_right {
                return Err(format!("{row} must be {deal:?}").into());
            }
        }
        if !shown.is_empty() {
            return Err(format!("nobody opened {shown:?}").into());
        }
        Ok(())
    }

    async fn compare_commissions(
        &mut self,
        client: &Client,
        deals: &[&Deal],
    ) -> Result<(), Failure> {
        let fields = "deal { id } role partner { id } total { amount } earned { amount }";
        let mut shown: BTreeMap<Share, (Option<i128>, Option<i128>)> = BTreeMap::new();
        let rows = list(client, "commissions", fields).await?;
        for row in &rows {
            let key = (
                text(&row["deal"]["id"])?,
                text(&row["role"])?,
                text(&row["partner"]["id"])?,
            );
            shown.insert(key, (cents(&row["total"]), cents(&row["earned"])));
        }
        let must: BTreeMap<Share, _> = deals
            .iter()
            .flat_map(|deal| {
                deal.commissions()
                    .into_iter()
                    .map(|(role, partner, total, earned)| {
                        let key = (deal.id.clone(), role.name().to_owned(), partner.to_owned());
                        (key, (Some(total), Some(earned)))
                    })
            })
            .collect();
        self.counts.insert("commissions", rows.len());
        if rows.len() == must.len() && shown == must {
            return Ok(());
        }
        let wrong = must
            .iter()
            .find(|(key, value)| shown.get(*key) != Some(*value));
        Err(format!(
            "{} commissions instead of {}; {wrong:?} is {:?}",
            rows.len(),
            must.len(),
            wrong.and_then(|(key, _)| shown.get(key))
        )
        .into())
    }

    /// No earning is in two payouts, each payout is the sum of its earnings, and
    /// what is paid of a commission is what those are that are in paid payouts.
    async fn compare_payouts(&mut self, client: &Client) -> Result<(), Failure> {
        let ledger = client.asks("{ ledger { balanced } }", &json!({})).await?;
        if ledger["ledger"]["balanced"] != true {
            return Err("the ledger does not balance".into());
        }
        let fields = "id amount { amount } commission { id } payout { id state amount { amount } }";
        let (mut ids, mut payouts, mut paid) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        for row in list(client, "earnings", fields).await? {
            let (id, minor) = (text(&row["id"])?, cents(&row["amount"]).ok_or("no amount")?);
            if !ids.insert(id) {
                return Err(format!("{row} is shown twice").into());
            }
            let payout = &row["payout"];
            if payout.is_null() {
                continue;
            }
            let total = cents(&payout["amount"]).ok_or("no amount")?;
            payouts.entry(text(&payout["id"])?).or_insert((total, 0)).1 += minor;
            if payout["state"] == "PAID" {
                *paid.entry(text(&row["commission"]["id"])?).or_insert(0) += minor;
            }
        }
        if let Some((id, (total, sum))) = payouts.iter().find(|(_, (total, sum))| total != sum) {
            return Err(format!("{id} is {total}, and its earnings are {sum}").into());
        }
        self.counts.insert("earnings", ids.len());
        self.counts.insert("payouts", payouts.len());
        for row in list(client, "commissions", "id paid { amount }").await? {
            let must = paid.get(&text(&row["id"])?).copied().unwrap_or(0);
            if cents(&row["paid"]) != Some(must) {
                return Err(format!("{row}, of which {must} is in paid payouts").into());
            }
        }
        Ok(())
    }

    /// The log has no gap, and what was told once is as it was.
    async fn compare_log(&mut self, client: &Client) -> Result<(), Failure> {
        let document =
            "query($after: Position) { events(first: 100, after: $after) { position id kind } }";
        let (mut log, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = client.asks(document, &json!({ "after": after })).await?;
            let rows = page["events"].as_array().ok_or("no events")?;
            let Some(last) = rows.last() else { break };
            after = last["position"].clone();
            for row in rows {
                log.push((
                    text(&row["position"])?,
                    format!("{} {}", row["id"], row["kind"]),
                ));
            }
        }
        for (number, (position, _)) in (1..).zip(&log) {
            if *position != format!("0-{number}") {
                return Err(format!("{position} is where 0-{number} must be").into());
            }
        }
        if !log.starts_with(&self.log) {
            let at = self
                .log
                .iter()
                .zip(&log)
                .position(|(then, now)| then != now);
            return Err(format!(
                "the log was {:?}, and has changed at {at:?}",
                self.log.len()
            )
            .into());
        }
        self.log = log;
        Ok(())
    }
}

/// All rows of a list.
async fn list(client: &Client, name: &str, fields: &str) -> Result<Vec<Value>, Failure> {
    let document = format!(
        "query($after: String) {{ {name}(first: 100, after: $after) {{
            nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    );
    let (mut rows, mut after) = (Vec::new(), Value::Null);
    loop {
        let mut answer = client.asks(&document, &json!({ "after": after })).await?;
        let page = &mut answer[name];
        after = page["pageInfo"]["endCursor"].clone();
        let is_last = page["pageInfo"]["hasNextPage"] != true;
        match page["nodes"].take() {
            Value::Array(nodes) => rows.extend(nodes),
            other => return Err(format!("{name} shows {other}").into()),
        }
        if is_last {
            return Ok(rows);
        }
    }
}
