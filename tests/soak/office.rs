//! The tenant of a run: its people, program and partners, and whoever pays them.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::Failure;
use crate::client::{Client, Tally};
use crate::model::usd;
use crate::program::Program;
use crate::site::Site;

/// The tenant's name.
const TENANT: &str = "Soak";

/// Days between two payout runs: the hold, and one more.
const DAYS: i64 = 31;

/// How long a run may be in the server's hands.
const RUN_POLLS: usize = 1_200;

/// Everybody who takes part.
pub struct Office {
    /// An owner, who proposes.
    pub owner: Client,
    /// Somebody else, who approves.
    pub second: Client,
    /// The program's id.
    pub program: String,
    /// The partners' ids.
    pub partners: Vec<String>,
}

/// Text of an answer.
pub fn text(value: &Value) -> Result<String, Failure> {
    let text = value
        .as_str()
        .ok_or_else(|| format!("{value} is no text"))?;
    Ok(text.to_owned())
}

fn token(program: &Program, person: &str, role: &[&str]) -> Result<String, Failure> {
    let arguments = [
        "key",
        "create",
        "--sandbox",
        "--tenant",
        TENANT,
        "--person",
        person,
    ];
    let printed = program.prints(&[&arguments[..], role].concat())?;
    let mut lines = printed.lines();
    let key = lines
        .find_map(|line| line.strip_prefix("key "))
        .ok_or("no key was printed")?;
    Ok(key.trim().to_owned())
}

impl Office {
    /// Starts the program and sets everything up, undisturbed.
    ///
    /// # Errors
    /// Where something of it is refused.
    pub async fn open(site: &mut Site) -> Result<Self, Failure> {
        let owner = token(&site.program, "Ada", &[])?;
        let second = token(&site.program, "Ben", &[])?;
        site.program.start().await?;
        let owner = Client::new(&site.program.url(), &owner, Tally::default().into());
        let second = owner.with_token(&second);
        let input = json!({
            "idempotencyKey": "program", "name": "Soak", "model": "REFERRAL", "currency": "USD",
        });
        let program = owner.does("createProgram", "program { id }", input).await?;
        let program = text(&program["id"])?;
        let terms = json!({
            "idempotencyKey": "terms", "programId": program, "agreementText": "Be fair.",
            "protectionDays": 90, "autoApprove": true, "holdDays": 30,
            "payoutMinimum": usd(100),
            "rules": [
                { "role": "SOURCED", "formula": { "percentage": { "ratePercent": "10" } } },
                { "role": "INFLUENCED", "formula": { "percentage": {
                    "ratePercent": "2", "cap": usd(200_000) } } },
            ],
        });
        let terms = owner
            .does("publishTerms", "terms { id documentDigest }", terms)
            .await?;
        let mut office = Self {
            owner,
            second,
            program,
            partners: Vec::new(),
        };
        for name in ["Northwind", "Eastbay", "Southport"] {
            office.takes_on(&site.program, name, &terms).await?;
        }
        Ok(office)
    }

    /// A partner that lacks nothing.
    async fn takes_on(
        &mut self,
        program: &Program,
        name: &str,
        terms: &Value,
    ) -> Result<(), Failure> {
        let input = json!({ "idempotencyKey": name, "name": name, "programId": self.program });
        let partner = self
            .owner
            .does("invitePartner", "partner { id }", input)
            .await?;
        let id = text(&partner["id"])?;
        let own = token(program, name, &["--role", "partner", "--partner", &id])?;
        let own = self.owner.with_token(&own);
        let input = json!({
            "partnerId": id, "termsId": terms["id"], "documentDigest": terms["documentDigest"],
            "signerName": "Sam", "signerAuthority": "Director", "act": "clicked \"I agree\"",
        });
        own.does("acceptAgreement", "agreement { id }", input)
            .await?;
        let input = json!({
            "idempotencyKey": "form", "partnerId": id, "kind": "W9", "taxId": "12-3456789",
            "signerName": "Sam",
        });
        let form = own.does("submitTaxForm", "taxForm { id }", input).await?;
        let input = json!({ "id": form["id"] });
        self.owner
            .does("approveTaxForm", "taxForm { id }", input)
            .await?;
        let input = json!({
            "idempotencyKey": "method", "partnerId": id, "rail": "SANDBOX",
            "destination": format!("{name}@sandbox"),
        });
        let method = own
            .does("addPayoutMethod", "payoutMethod { id }", input)
            .await?;
        let input = json!({ "id": method["id"] });
        self.owner
            .does("verifyPayoutMethod", "payoutMethod { id }", input)
            .await?;
        self.partners.push(id);
        Ok(())
    }
}

/// Pays the partners, run by run.
pub struct Payer {
    owner: Client,
    second: Client,
    program: String,
    runs: u32,
}

impl Payer {
    /// For an office.
    pub fn new(office: &Office) -> Self {
        Self {
            owner: office.owner.clone(),
            second: office.second.clone(),
            program: office.program.clone(),
            runs: 0,
        }
    }

    /// A month later, what is payable by then is paid, if anything is.
    ///
    /// # Errors
    /// Where something else than that happens.
    pub async fn pays(&mut self) -> Result<(), Failure> {
        self.runs += 1;
        self.advance(DAYS * 24 * 60).await?;
        let key = format!("run-{}", self.runs);
        let input = json!({ "idempotencyKey": key, "programId": self.program });
        let run = self
            .owner
            .gives("proposePayoutRun", "payoutRun { id }", input)
            .await?;
        let run = match run.outcome {
            Ok(run) => run["id"].clone(),
            Err(code) if code == "NOTHING_TO_PAY" => return Ok(()),
            Err(code) => return Err(format!("a run is refused with {code}").into()),
        };
        if self.leaves(&run, &["PREPARING"]).await? == "DRAFT" {
            let input = json!({ "id": run });
            self.second
                .does("approvePayoutRun", "payoutRun { id }", input)
                .await?;
            // What the stand-in for a provider takes is paid an hour later.
            sleep(Duration::from_millis(500)).await;
            self.advance(120).await?;
        }
        let end = self.leaves(&run, &["APPROVED", "EXECUTING"]).await?;
        match end.as_str() {
            "DONE" => Ok(()),
            end => Err(format!("the run {run} is {end}").into()),
        }
    }

    /// The state that a run has after these.
    async fn leaves(&self, run: &Value, states: &[&str]) -> Result<String, Failure> {
        let document = "query($id: ID!) { node(id: $id) { ... on PayoutRun { state } } }";
        for poll in 0..RUN_POLLS {
            let answer = self.owner.asks(document, &json!({ "id": run })).await?;
            let state = text(&answer["node"]["state"])?;
            if !states.contains(&state.as_str()) {
                return Ok(state);
            }
            // What was sent only after the last move of the clock settles after the next.
            if poll % 100 == 99 {
                self.advance(120).await?;
            }
            sleep(Duration::from_millis(100)).await;
        }
        Err(format!("the run {run} stays {states:?}").into())
    }

    /// Moves the clock, which only this does.
    async fn advance(&self, minutes: i64) -> Result<(), Failure> {
        let document = "{ viewer { tenant { now } } }";
        let now = self.owner.asks(document, &json!({})).await?;
        let now = text(&now["viewer"]["tenant"]["now"])?;
        let then = later(&now, minutes)?;
        let input = json!({ "to": then });
        let moved = self
            .owner
            .gives("advanceTestClock", "tenant { id }", input)
            .await?;
        match moved.outcome {
            // It may have been moved by the try that was not answered.
            Err(code) if !(moved.is_repeated && code == "CLOCK_BACKWARDS") => {
                Err(format!("the clock does not move: {code}").into())
            }
            _ => Ok(()),
        }
    }
}

fn later(moment: &str, minutes: i64) -> Result<String, Failure> {
    let moment: chrono::DateTime<chrono::Utc> = moment.parse()?;
    Ok((moment + chrono::Duration::minutes(minutes)).to_rfc3339())
}
