//! `tributary plugin publish`: a component to a server, over its own API.

use std::path::PathBuf;

use clap::Args;
use url::Url;

use super::{Failure, read};
use tributary_client::{Client, text};

#[derive(Args)]
pub struct Publish {
    /// The component, a .wasm file
    component: PathBuf,
    /// Where the server is reached, over plain http: this program speaks no TLS
    #[arg(long, env = "TRIBUTARY_URL", default_value = "http://127.0.0.1:8080")]
    url: Url,
    /// A key that may manage plugins
    #[arg(long, env = "TRIBUTARY_KEY", hide_env_values = true)]
    key: String,
}

impl Publish {
    pub async fn run(self) -> Result<(), Failure> {
        if self.url.scheme() != "http" {
            return Err(
                "this program speaks no TLS: give the http:// address of the server, \
                        from its own network or through a tunnel"
                    .into(),
            );
        }
        let bytes = read(&self.component)?;
        let client = Client::new(self.url.as_str().trim_end_matches('/'), &self.key);
        let selection = "id version digest plugin { id name }";
        let version = &client.publish(bytes.to_vec(), selection).await?;
        println!("plugin  {}", text(version, "/plugin/id")?);
        println!("version {}", text(version, "/id")?);
        let name = text(version, "/plugin/name")?;
        println!("name    {name} {}", text(version, "/version")?);
        println!("digest  {}", text(version, "/digest")?);
        Ok(())
    }
}
