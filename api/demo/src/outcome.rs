//! What came of the story, as the server says, against what must come of it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::DEAL;
use super::follow::{Event, Follower};
use super::print::{Teller, grouped};
use tributary_client::{Client, Result, list, text};

const QUERY: &str = include_str!("outcome.graphql");

/// The figures of the story. Whatever is named here must be so in the outcome;
/// lists must have as many rows, in this order.
const EXPECTED: &str = include_str!("expected.json");

/// What came of a story. Amounts are decimal text in dollars; rows are in the
/// order in which things happened, and Northwind's before Eastbay's where they
/// happened together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// Whether every figure is still what the story says it must be.
    pub as_told: bool,
    /// The tenant's id and name.
    pub tenant: Value,
    /// Each registration: partner, account, state, and whose registration it competes with.
    pub registrations: Vec<Value>,
    /// Each share of the credit: deal, partner, role and why.
    pub credit: Vec<Value>,
    /// Each commission: partner, deal, total, earned and paid.
    pub commissions: Vec<Value>,
    /// Each earning: partner, amount, deal and when.
    pub earnings: Vec<Value>,
    /// Each payout run: its number, id, state and the two people.
    pub runs: Vec<Value>,
    /// Each payout: partner, amount, state, rail and the number of its run.
    pub payouts: Vec<Value>,
    /// What each run did not pay: its number, partner, reason and amount.
    pub held: Vec<Value>,
    /// Whether the ledger balances, and how many entries it has.
    pub ledger: Value,
    /// Each evaluation: the digest of its output, and whether it comes out the
    /// same when it is run again.
    pub receipts: Vec<Value>,
    /// The events of the deal with Globex: how many, the positions and kinds
    /// of the first and the last, and whether the subscription gave them all
    /// in order.
    pub events: Value,
}

impl Outcome {
    /// Reads the outcome through the server's queries. `followed` is what a
    /// subscription gave of the deal with Globex while it happened; without
    /// it, one is opened that begins with the log.
    ///
    /// # Errors
    ///
    /// When something cannot be read.
    pub async fn read(owner: &Client, followed: Option<Vec<Event>>) -> Result<Self> {
        let answer = owner.query(QUERY, json!({})).await?;
        let deals = list(&answer, "/deals/nodes")?;
        let globex = deals.iter().find(|deal| deal["name"] == DEAL);
        let globex = text(
            globex.ok_or("the story was not played in this tenant")?,
            "/id",
        )?;
        let logged = logged(owner, globex).await?;
        let followed = match followed {
            Some(followed) => followed,
            None => {
                let mut follower = Follower::new(owner, globex, "0");
                follower.connect().await?;
                follower.until(logged.len()).await?.to_vec()
            }
        };
        let runs = in_order(&answer, "/payoutRuns/nodes", "proposedAt")?;
        let mut outcome = Self {
            as_told: false,
            tenant: answer["viewer"]["tenant"].clone(),
            registrations: registrations(&answer)?,
            credit: credit(&answer)?,
            commissions: commissions(&answer)?,
            earnings: earnings(&answer)?,
            payouts: of_runs(&runs, "/payouts/nodes", &["state", "rail"])?,
            held: of_runs(&runs, "/holds", &["reason"])?,
            runs: numbered(&runs).map(run).collect(),
            ledger: json!({
                "balanced": answer["ledger"]["balanced"],
                "entries": answer["ledger"]["entryCount"],
            }),
            receipts: receipts(owner, &answer).await?,
            events: json!({
                "count": logged.len(),
                "first": logged.first().map(|event| &event.position),
                "first_kind": logged.first().map(|event| &event.kind),
                "last": logged.last().map(|event| &event.position),
                "last_kind": logged.last().map(|event| &event.kind),
                "subscription_complete": followed == logged,
            }),
        };
        outcome.as_told = outcome.differences()?.is_empty();
        Ok(outcome)
    }

    /// What is not as the story says, a line for each figure.
    ///
    /// # Errors
    ///
    /// Never, but for a fault in this program.
    pub fn differences(&self) -> Result<Vec<String>> {
        let expected: Value = serde_json::from_str(EXPECTED)?;
        let mut differences = Vec::new();
        compare(
            "",
            &expected,
            &serde_json::to_value(self)?,
            &mut differences,
        );
        Ok(differences)
    }

    /// Tells it in a few lines, and what is not as the story says.
    ///
    /// # Errors
    ///
    /// Never, but for a fault in this program.
    pub fn sum_up(&self, teller: &mut Teller) -> Result<()> {
        let differences = self.differences()?;
        if differences.is_empty() {
            teller.heading(
                "In the end",
                "Every figure is what the story says it must be",
            );
        } else {
            teller.heading("By now", "Since the story was told, figures have changed");
            for difference in differences {
                teller.say(&difference);
            }
        }
        self.show_commissions(teller);
        let same = |receipt: &&Value| receipt["rerun_equal"] == true;
        let complete = self.events["subscription_complete"] == true;
        teller.say(&format!(
            "The ledger {} over {} entries. {} of {} receipts come out the same\n\
             when they are run again. The subscription {} {} events of the deal\n\
             with Globex, in order.",
            if self.ledger["balanced"] == true {
                "balances"
            } else {
                "DOES NOT BALANCE"
            },
            self.ledger["entries"],
            self.receipts.iter().filter(same).count(),
            self.receipts.len(),
            if complete {
                "gave all"
            } else {
                "DID NOT GIVE all"
            },
            self.events["count"],
        ));
        Ok(())
    }

    /// Commissions as a table. One that is not assessed has no total yet.
    fn show_commissions(&self, teller: &mut Teller) {
        teller.say(&format!(
            "  {:<11} {:<10} {:>11} {:>11} {:>11}",
            "", "", "commission", "earned", "paid"
        ));
        for row in &self.commissions {
            let shown = |field: &str| row[field].as_str().map_or("none yet".to_owned(), grouped);
            teller.say(&format!(
                "  {:<11} {:<10} {:>11} {:>11} {:>11}",
                row["partner"].as_str().unwrap_or_default(),
                row["deal"].as_str().unwrap_or_default(),
                shown("total"),
                shown("earned"),
                shown("paid"),
            ));
        }
    }
}

/// Notes where `found` is not what `expected` names.
fn compare(at: &str, expected: &Value, found: &Value, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(fields), Value::Object(_)) => {
            for (name, value) in fields {
                compare(&format!("{at}/{name}"), value, &found[name], differences);
            }
        }
        (Value::Array(rows), Value::Array(others)) => {
            if rows.len() != others.len() {
                let (rows, others) = (rows.len(), others.len());
                differences.push(format!(
                    "{at}: {rows} rows were expected, and there are {others}"
                ));
            }
            for (place, (row, other)) in rows.iter().zip(others).enumerate() {
                compare(&format!("{at}/{place}"), row, other, differences);
            }
        }
        _ if expected == found => {}
        _ => differences.push(format!("{at}: {expected} was expected, and it is {found}")),
    }
}

/// The events of a deal, from the log of the whole tenant.
///
/// # Errors
///
/// When it cannot be read.
pub async fn logged(owner: &Client, deal: &str) -> Result<Vec<Event>> {
    let document = "query($after: Position!) { events(first: 100, after: $after) {
        position kind subject deal { id } } }";
    let mut position = "0".to_owned();
    let mut events = Vec::new();
    loop {
        let answer = owner.query(document, json!({ "after": position })).await?;
        let page = list(&answer, "/events")?;
        let Some(last) = page.last() else {
            return Ok(events);
        };
        position = text(last, "/position")?.to_owned();
        for event in page.iter().filter(|event| event["deal"]["id"] == deal) {
            events.push(Event::read(event)?);
        }
    }
}

/// The rows of a list by a time of theirs, then Northwind's before Eastbay's.
fn in_order(answer: &Value, pointer: &str, time: &str) -> Result<Vec<Value>> {
    let mut rows = list(answer, pointer)?.to_vec();
    rows.sort_by_key(|row| {
        (
            row[time].to_string(),
            Reverse(row["partner"]["name"].to_string()),
        )
    });
    Ok(rows)
}

fn registrations(answer: &Value) -> Result<Vec<Value>> {
    let rows = in_order(answer, "/registrations/nodes", "submittedAt")?;
    let shown = rows.iter().map(|row| {
        let conflict = &row["conflicts"][0];
        json!({
            "partner": row["partner"]["name"],
            "account": row["account"]["name"],
            "submitted_as": row["submittedName"],
            "state": row["state"],
            "reason": row["reason"],
            "conflict": conflict["kind"],
            "competes_with": conflict["competingRegistration"]["partner"]["name"],
        })
    });
    Ok(shown.collect())
}

fn credit(answer: &Value) -> Result<Vec<Value>> {
    let mut shares = Vec::new();
    for deal in in_order(answer, "/deals/nodes", "openedAt")? {
        // A deal that is not won has no credit, and the story may go on with some.
        let Some(rows) = deal.pointer("/credit/shares").and_then(Value::as_array) else {
            continue;
        };
        let mut rows = rows.clone();
        rows.sort_by_key(|row| Reverse(row["role"].to_string()));
        shares.extend(rows.iter().map(|share| {
            json!({
                "deal": deal["name"],
                "partner": share["partner"]["name"],
                "role": share["role"],
                "reason": share["reason"],
            })
        }));
    }
    Ok(shares)
}

fn commissions(answer: &Value) -> Result<Vec<Value>> {
    let rows = in_order(answer, "/commissions/nodes", "createdAt")?;
    let shown = rows.iter().map(|row| {
        json!({
            "partner": row["partner"]["name"],
            "deal": row["deal"]["name"],
            "total": row["total"]["amount"],
            "earned": row["earned"]["amount"],
            "paid": row["paid"]["amount"],
            "explanation": row["explanation"],
        })
    });
    Ok(shown.collect())
}

fn earnings(answer: &Value) -> Result<Vec<Value>> {
    let rows = in_order(answer, "/earnings/nodes", "createdAt")?;
    let shown = rows.iter().map(|row| {
        json!({
            "partner": row["partner"]["name"],
            "amount": row["amount"]["amount"],
            "deal": row["deal"]["name"],
            "at": row["createdAt"],
        })
    });
    Ok(shown.collect())
}

/// Runs with their numbers, from 1.
fn numbered(runs: &[Value]) -> impl Iterator<Item = (usize, &Value)> {
    (1..).zip(runs)
}

fn run((number, run): (usize, &Value)) -> Value {
    json!({
        "run": number,
        "id": run["id"],
        "state": run["state"],
        "total": run["total"]["amount"],
        "proposed_at": run["proposedAt"],
        "proposed_by": run["proposedBy"]["name"],
        "approved_by": run["approvedBy"]["name"],
    })
}

/// What runs say of partners: an amount and some fields more.
fn of_runs(runs: &[Value], pointer: &str, fields: &[&str]) -> Result<Vec<Value>> {
    let mut shown = Vec::new();
    for (number, run) in numbered(runs) {
        for row in in_order(run, pointer, fields[0])? {
            let mut one = json!({
                "run": number,
                "partner": row["partner"]["name"],
                "amount": row["amount"]["amount"],
            });
            for field in fields {
                one[field] = row[field].clone();
            }
            shown.push(one);
        }
    }
    Ok(shown)
}

/// One row for each evaluation: commissions of one rule share theirs.
async fn receipts(owner: &Client, answer: &Value) -> Result<Vec<Value>> {
    let mut receipts = BTreeMap::new();
    for commission in list(answer, "/commissions/nodes")? {
        let evaluation = &commission["evaluation"];
        if evaluation.is_null() {
            continue;
        }
        let id = text(evaluation, "/id")?;
        if receipts.contains_key(id) {
            continue;
        }
        let selection = "rerun { outputDigest equal }";
        let again = owner.mutate("rerunEvaluation", json!({ "id": id }), selection);
        let again = &again.await?["rerun"];
        let equal = again["equal"] == true && again["outputDigest"] == evaluation["outputDigest"];
        let receipt = json!({
            "evaluation": evaluation["id"],
            "code_digest": evaluation["codeDigest"],
            "output_digest": evaluation["outputDigest"],
            "rerun_equal": equal,
        });
        receipts.insert(id.to_owned(), receipt);
    }
    Ok(receipts.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_differs_is_named() {
        let expected = json!({ "rows": [{ "paid": "1.00" }, { "paid": "2.00" }] });
        let found = json!({ "rows": [{ "paid": "1.00", "by": "Ada" }, { "paid": "2.01" }, {}] });
        let mut differences = Vec::new();
        compare("", &expected, &found, &mut differences);
        assert_eq!(
            differences,
            [
                "/rows: 2 rows were expected, and there are 3",
                "/rows/1/paid: \"2.00\" was expected, and it is \"2.01\"",
            ]
        );
    }

    #[test]
    fn the_expected_figures_can_be_read() {
        let expected: Value = serde_json::from_str(EXPECTED).unwrap();
        assert_eq!(expected["payouts"].as_array().map(Vec::len), Some(4));
    }
}
