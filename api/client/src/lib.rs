//! The API as any client has it: GraphQL over HTTP, and uploads.

use std::fmt;

use reqwest::StatusCode;
use serde_json::{Value, json};

/// Why something could not be had. Its text is for a person.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
/// What was asked for, or why it could not be had.
pub type Result<T> = std::result::Result<T, Failure>;

/// One key, at one server.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// Where the server is reached, without a slash at the end.
    pub server: String,
    /// The key's secret.
    pub token: String,
}

/// What a mutation said instead of doing it.
#[derive(Debug)]
pub struct Refused {
    /// The mutation.
    pub verb: String,
    /// The first error's code, as `WRONG_STATE`.
    pub code: String,
    /// The first error's words.
    pub message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} was refused with {}: {}",
            self.verb, self.code, self.message
        )
    }
}

impl std::error::Error for Refused {}

impl Client {
    /// A client of a server, with a key.
    pub fn new(server: &str, token: &str) -> Self {
        Self {
            http: reqwest::Client::new(),
            server: server.to_owned(),
            token: token.to_owned(),
        }
    }

    /// The same server with another key.
    pub fn with_key(&self, token: &str) -> Self {
        Self {
            token: token.to_owned(),
            ..self.clone()
        }
    }

    /// Runs a document and returns its data.
    ///
    /// # Errors
    ///
    /// When the server is not reached, or answers with errors, also beside data.
    pub async fn query(&self, document: &str, variables: Value) -> Result<Value> {
        let request = self
            .http
            .post(format!("{}/graphql", self.server))
            .bearer_auth(&self.token)
            .json(&json!({ "query": document, "variables": variables }));
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        let mut answer: Value =
            serde_json::from_str(&text).map_err(|_| format!("the server said {status}: {text}"))?;
        match answer.get("errors") {
            None => Ok(answer["data"].take()),
            Some(errors) => Err(format!("the server said {status}: {errors}").into()),
        }
    }

    /// Runs one mutation and returns its payload, of which `selection` is asked.
    ///
    /// Every mutation has the same form: one `input` of a type named after it,
    /// and a payload with `userErrors`.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask), and with [`Refused`] where there are user errors.
    pub async fn mutate(&self, verb: &str, input: Value, selection: &str) -> Result<Value> {
        let (first, rest) = verb.split_at(1);
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let (head, argument, variables) = match input {
            Value::Null => (String::new(), "", json!({})),
            input => (
                format!("($input: {kind}!)"),
                "(input: $input)",
                json!({ "input": input }),
            ),
        };
        let document = format!(
            "mutation{head} {{ {verb}{argument} {{ {selection} \
             userErrors {{ code field message }} }} }}"
        );
        let mut data = self.query(&document, variables).await?;
        let payload = data[verb].take();
        match payload["userErrors"].get(0) {
            None => Ok(payload),
            Some(error) => Err(Refused {
                verb: verb.to_owned(),
                code: text(error, "/code")?.to_owned(),
                message: text(error, "/message")?.to_owned(),
            }
            .into()),
        }
    }

    /// Uploads a component and publishes it; returns the plugin version, of
    /// which `selection` is asked.
    ///
    /// # Errors
    ///
    /// As [`order`](Self::order), and when the server does not take the bytes.
    pub async fn publish(&self, component: Vec<u8>, selection: &str) -> Result<Value> {
        let staged = self
            .mutate("stagePluginUpload", Value::Null, "upload { id url }")
            .await?;
        // By the same way as everything else: what the server calls itself to
        // the world may be out of reach from here.
        let id = text(&staged, "/upload/id")?;
        self.put(&format!("{}/uploads/{id}", self.server), component)
            .await?;
        let input = json!({ "uploadId": staged["upload"]["id"] });
        let selection = format!("pluginVersion {{ {selection} }}");
        let mut published = self.mutate("publishPlugin", input, &selection).await?;
        Ok(published["pluginVersion"].take())
    }

    async fn put(&self, address: &str, bytes: Vec<u8>) -> Result<()> {
        let request = self.http.put(address).bearer_auth(&self.token).body(bytes);
        let response = request.send().await?;
        match response.status() {
            StatusCode::NO_CONTENT => Ok(()),
            status => Err(format!("the upload got {status}: {}", response.text().await?).into()),
        }
    }
}

/// The refusal that was expected.
///
/// # Errors
///
/// When the mutation was done, or failed in another way.
pub fn refused(result: Result<Value>, code: &str) -> Result<Refused> {
    match result {
        Ok(_) => Err(format!("nothing refused what should be refused with {code}").into()),
        Err(error) => match error.downcast::<Refused>() {
            Ok(refused) if refused.code == code => Ok(*refused),
            Ok(other) => Err(other),
            Err(other) => Err(other),
        },
    }
}

/// The text at a JSON pointer.
///
/// # Errors
///
/// When there is none.
pub fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.ok_or_else(|| format!("no text at {pointer} in {value}").into())
}

/// The list at a JSON pointer.
///
/// # Errors
///
/// When there is none.
pub fn list<'a>(value: &'a Value, pointer: &str) -> Result<&'a [Value]> {
    let found = value.pointer(pointer).and_then(Value::as_array);
    let found = found.map(Vec::as_slice);
    found.ok_or_else(|| format!("no list at {pointer} in {value}").into())
}
