//! Somebody with a key: asks over HTTP, and tells apart what came of it.

use reqwest::StatusCode;
use serde_json::{Value, json};

/// A holder of one key, at one server.
#[derive(Clone)]
pub struct Client {
    /// Where the server is reached, without a slash at the end.
    pub url: String,
    /// The key.
    pub token: String,
    http: reqwest::Client,
}

/// What became of a command.
pub struct Outcome {
    name: String,
    object: Value,
    user_errors: Vec<Value>,
}

impl Client {
    /// A client with its own connections.
    pub fn new(url: &str, token: &str) -> Self {
        let (url, token) = (url.to_owned(), token.to_owned());
        Self {
            url,
            token,
            http: reqwest::Client::new(),
        }
    }

    /// Posts a document and returns the whole answer, errors and all.
    pub async fn post(&self, document: &str, variables: Value) -> Value {
        let body = json!({ "query": document, "variables": variables });
        let request = self.http.post(format!("{}/graphql", self.url)).json(&body);
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// Asks, and expects an answer without errors.
    pub async fn asks(&self, document: &str, variables: Value) -> Value {
        let mut answer = self.post(document, variables).await;
        assert_eq!(answer["errors"], Value::Null, "{document}\n{answer:#}");
        answer["data"].take()
    }

    /// Gives a command; `selection` is the payload's object with its fields,
    /// as `deal { id state }`.
    pub async fn tries(&self, name: &str, selection: &str, input: Value) -> Outcome {
        let answer = self
            .post(&command(name, selection), json!({ "input": input }))
            .await;
        assert_eq!(answer["errors"], Value::Null, "{name} {input}\n{answer:#}");
        let field = selection.split_whitespace().next().unwrap();
        let payload = &answer["data"][name];
        Outcome {
            name: name.to_owned(),
            object: payload[field].clone(),
            user_errors: payload["userErrors"].as_array().unwrap().clone(),
        }
    }

    /// Gives a command that must succeed, and returns the object.
    pub async fn does(&self, name: &str, selection: &str, input: Value) -> Value {
        self.tries(name, selection, input).await.succeeds()
    }

    /// Gives a command that must be refused whole, and returns the code.
    pub async fn is_refused(&self, name: &str, selection: &str, input: Value) -> String {
        let answer = self
            .post(&command(name, selection), json!({ "input": input }))
            .await;
        let code = &answer["errors"][0]["extensions"]["code"];
        code.as_str()
            .unwrap_or_else(|| panic!("{name} was not refused: {answer:#}"))
            .to_owned()
    }

    /// Puts bytes to an upload's address, and returns the status.
    pub async fn puts(&self, url: &str, bytes: Vec<u8>) -> StatusCode {
        let request = self.http.put(url).bearer_auth(&self.token).body(bytes);
        request.send().await.unwrap().status()
    }
}

fn command(name: &str, selection: &str) -> String {
    let input = name[..1].to_uppercase() + &name[1..] + "Input";
    format!(
        "mutation($input: {input}!) {{
            {name}(input: $input) {{ {selection} userErrors {{ code field message ids }} }}
        }}"
    )
}

impl Outcome {
    /// The changed object.
    #[track_caller]
    pub fn succeeds(self) -> Value {
        assert!(
            self.user_errors.is_empty(),
            "{}: {:?}",
            self.name,
            self.user_errors
        );
        assert!(!self.object.is_null(), "{} changed nothing", self.name);
        self.object
    }

    /// The paths of all that was wrong.
    pub fn told(self) -> Vec<Value> {
        self.user_errors
            .iter()
            .map(|error| error["field"].clone())
            .collect()
    }

    /// Nothing was changed, for the one reason with this code.
    #[track_caller]
    pub fn fails_with(self, code: &str) -> Value {
        assert!(
            self.object.is_null(),
            "{} did something: {}",
            self.name,
            self.object
        );
        assert_eq!(
            self.user_errors.len(),
            1,
            "{}: {:?}",
            self.name,
            self.user_errors
        );
        assert_eq!(
            self.user_errors[0]["code"], code,
            "{}: {:?}",
            self.name, self.user_errors
        );
        self.user_errors[0].clone()
    }
}
