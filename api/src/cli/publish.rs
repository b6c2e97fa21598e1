//! `tributary plugin publish`: a component to a server, over its own API.

use std::path::PathBuf;

use clap::Args;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use url::Url;

use super::Failure;
use super::plugin::read;

const STAGE: &str = "mutation { stagePluginUpload { \
     upload { id url } userErrors { code message } } }";

const PUBLISH: &str = "mutation($id: ID!) { publishPlugin(input: { uploadId: $id }) { \
     pluginVersion { version digest plugin { id name } } userErrors { code message } } }";

#[derive(Args)]
pub struct Publish {
    /// The component, a .wasm file
    component: PathBuf,
    /// Where the server is reached
    #[arg(long, env = "TRIBUTARY_URL", default_value = "http://127.0.0.1:8080")]
    url: Url,
    /// A key that may manage plugins
    #[arg(long, env = "TRIBUTARY_KEY", hide_env_values = true)]
    key: String,
}

impl Publish {
    pub async fn run(self) -> Result<(), Failure> {
        let bytes = read(&self.component)?;
        let client = Client::new();

        let staged = self
            .ask(&client, STAGE, json!({}), "stagePluginUpload")
            .await?;
        let upload = &staged["upload"];
        let place = upload["url"].as_str().unwrap_or_default();
        let put = client
            .put(place)
            .bearer_auth(&self.key)
            .body(bytes.to_vec());
        send(put).await?;

        let variables = json!({ "id": upload["id"] });
        let published = self
            .ask(&client, PUBLISH, variables, "publishPlugin")
            .await?;
        let version = &published["pluginVersion"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        println!("plugin {}", text(&version["plugin"]["id"]));
        println!(
            "name   {} {}",
            text(&version["plugin"]["name"]),
            text(&version["version"])
        );
        println!("digest {}", text(&version["digest"]));
        Ok(())
    }

    /// The payload of a mutation without user errors.
    async fn ask(
        &self,
        client: &Client,
        query: &str,
        variables: Value,
        field: &str,
    ) -> Result<Value, Failure> {
        let request = client
            .post(self.url.join("graphql")?)
            .bearer_auth(&self.key);
        let body = json!({ "query": query, "variables": variables });
        let mut answer: Value = send(request.json(&body)).await?.json().await?;
        if let Some(error) = answer["errors"].get(0) {
            return Err(said(&error["extensions"]["code"], &error["message"]));
        }
        let payload = answer["data"][field].take();
        match payload["userErrors"].get(0) {
            Some(error) => Err(said(&error["code"], &error["message"])),
            None => Ok(payload),
        }
    }
}

fn said(code: &Value, message: &Value) -> Failure {
    let text = |value: &Value| value.as_str().unwrap_or("no words").to_owned();
    format!("{}: {}", text(code), text(message)).into()
}

async fn send(request: RequestBuilder) -> Result<reqwest::Response, Failure> {
    let response = request.send().await?;
    let status = response.status();
    match status.is_success() {
        true => Ok(response),
        // The body tells more, whatever form it has.
        false => Err(format!("{status}: {}", response.text().await?).into()),
    }
}
