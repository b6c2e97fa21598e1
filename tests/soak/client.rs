//! Somebody with a key, who repeats what is not answered.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::Failure;

/// How long a command is repeated before the server counts as broken.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// Failures that say nothing of the command: it may have been done or not.
const PASSING: [&str; 2] = ["UNAVAILABLE", "OUTCOME_UNKNOWN"];

/// What all clients of a run came to.
#[derive(Default)]
pub struct Tally {
    done: AtomicU64,
    refused: AtomicU64,
    repeated: AtomicU64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        write!(
            f,
            "{} commands acknowledged, {} refused as they should be, {} tries unanswered",
            count(&self.done),
            count(&self.refused),
            count(&self.repeated)
        )
    }
}

/// A holder of one key.
#[derive(Clone)]
pub struct Client {
    url: String,
    token: String,
    http: reqwest::Client,
    tally: Arc<Tally>,
}

/// What a command came to.
pub struct Answer {
    /// The changed object, or the code of why it was not changed.
    pub outcome: Result<Value, String>,
    /// Whether an earlier try may have done it.
    pub is_repeated: bool,
}

impl Client {
    /// A holder of a key, whose commands count in a tally.
    pub fn new(url: &str, token: &str, tally: Arc<Tally>) -> Self {
        Self {
            url: format!("{url}/graphql"),
            token: token.to_owned(),
            http: reqwest::Client::new(),
            tally,
        }
    }

    /// The same with another key.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    /// What all clients came to so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Asks until there is an answer.
    ///
    /// # Errors
    /// Where there is none for long, or an error that does not pass.
    pub async fn asks(&self, document: &str, variables: &Value) -> Result<Value, Failure> {
        Ok(self.insists(document, variables).await?.0)
    }

    /// Gives a command until it is answered; `selection` is the payload's object with
    /// its fields, as `deal { id }`.
    ///
    /// # Errors
    /// Where there is no answer for long, or an error that does not pass.
    pub async fn gives(
        &self,
        name: &str,
        selection: &str,
        input: Value,
    ) -> Result<Answer, Failure> {
        let kind = name[..1].to_uppercase() + &name[1..] + "Input";
        let document = format!(
            "mutation($input: {kind}!) {{
                {name}(input: $input) {{ {selection} userErrors {{ code message }} }} }}"
        );
        let (data, is_repeated) = self.insists(&document, &json!({ "input": input })).await?;
        let payload = &data[name];
        let field = selection.split_whitespace().next().unwrap_or_default();
        let outcome = match &payload["userErrors"][0] {
            Value::Null => Ok(payload[field].clone()),
            error => Err(error["code"].as_str().unwrap_or_default().to_owned()),
        };
        match &outcome {
            Ok(_) => self.tally.done.fetch_add(1, Ordering::Relaxed),
            Err(_) => self.tally.refused.fetch_add(1, Ordering::Relaxed),
        };
        Ok(Answer {
            outcome,
            is_repeated,
        })
    }

    /// Gives a command that is to succeed, and returns the object.
    ///
    /// # Errors
    /// Where it does not.
    pub async fn does(&self, name: &str, selection: &str, input: Value) -> Result<Value, Failure> {
        let told = format!("{name} {input}");
        let answer = self.gives(name, selection, input).await?;
        answer
            .outcome
            .map_err(|code| format!("{told} is refused with {code}").into())
    }

    async fn insists(&self, document: &str, variables: &Value) -> Result<(Value, bool), Failure> {
        let began = Instant::now();
        let mut is_repeated = false;
        loop {
            let last = match self.tries(document, variables).await {
                Ok(mut answer) => match passing(&answer) {
                    None if answer["errors"].is_null() => {
                        return Ok((answer["data"].take(), is_repeated));
                    }
                    None => return Err(format!("{document} {variables}: {answer}").into()),
                    Some(code) => code,
                },
                Err(error) => error.to_string(),
            };
            if began.elapsed() > LONGEST_WAIT {
                return Err(format!(
                    "no answer for {LONGEST_WAIT:?}, but {last}: {document} {variables}"
                )
                .into());
            }
            is_repeated = true;
            self.tally.repeated.fetch_add(1, Ordering::Relaxed);
            sleep(PAUSE).await;
        }
    }

    async fn tries(&self, document: &str, variables: &Value) -> Result<Value, reqwest::Error> {
        let body = json!({ "query": document, "variables": variables });
        let request = self
            .http
            .post(&self.url)
            .bearer_auth(&self.token)
            .json(&body);
        request.send().await?.json().await
    }
}

/// The code of an answer whose every error passes.
fn passing(answer: &Value) -> Option<String> {
    let errors = answer["errors"].as_array()?;
    let codes = errors
        .iter()
        .map(|error| error["extensions"]["code"].as_str().unwrap_or_default());
    let codes: Vec<_> = codes.collect();
    codes
        .iter()
        .all(|code| PASSING.contains(code))
        .then(|| codes.join(","))
}
