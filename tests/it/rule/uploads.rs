//! Putting components to the server, before they are published.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::acme::{Acme, text};
use crate::support::client::Client;
use crate::support::world::World;

const STAGE: &str = "mutation { stagePluginUpload {
    upload { id url largestBytes } userErrors { code } } }";

const PUBLISH: &str = "mutation($id: ID!) { publishPlugin(input: { uploadId: $id }) {
    pluginVersion { id } refusal { code message } userErrors { code field } } }";

async fn stage(client: &Client) -> Value {
    let mut answer = client.asks(STAGE, json!({})).await;
    answer["stagePluginUpload"]["upload"].take()
}

async fn put(client: &Client, url: &str, bytes: Vec<u8>) -> (StatusCode, Value) {
    let request = reqwest::Client::new().put(url).body(bytes);
    let answer = request.bearer_auth(&client.token).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap_or_default())
}

story! {
    /// Only somebody who may publish puts anything, and only to a place that
    /// was made for the tenant; every refusal has a code.
    async fn uploads_are_for_those_who_may_publish(world: World) {
        let acme = Acme::without_program(&world).await;
        let rival = Acme::without_program(&world).await;
        let upload = stage(&acme.owner).await;
        let url = text(&upload["url"]);
        assert_eq!(url, format!("{}/uploads/{}", world.server.url, text(&upload["id"])));
        let bytes = || b"\0asm".to_vec();

        assert_eq!(put(&acme.owner, &url, bytes()).await, (StatusCode::NO_CONTENT, Value::Null));
        let viewer = acme.person("Vera", "VIEWER").await;
        let stranger = Client::new(&world.server.url, "nobody");
        let elsewhere = format!("{}/uploads/upl_nowhere", world.server.url);
        for (client, url, status, code) in [
            (&viewer, &url, StatusCode::FORBIDDEN, "FORBIDDEN"),
            (&stranger, &url, StatusCode::UNAUTHORIZED, "UNAUTHENTICATED"),
            (&rival.owner, &url, StatusCode::NOT_FOUND, "NOT_FOUND"),
            (&acme.owner, &elsewhere, StatusCode::NOT_FOUND, "NOT_FOUND"),
        ] {
            let (seen, answer) = put(client, url, bytes()).await;
            assert_eq!((seen, &answer["error"]["code"]), (status, &json!(code)), "{answer}");
            assert!(!text(&answer["error"]["message"]).is_empty());
        }
    }
}

story! {
    /// A component may be as large as is said, and not a byte larger.
    async fn an_upload_has_a_largest_size(world: World) {
        let acme = Acme::without_program(&world).await;
        let upload = stage(&acme.owner).await;
        let url = text(&upload["url"]);
        let largest = usize::try_from(upload["largestBytes"].as_u64().unwrap()).unwrap();

        let (status, answer) = put(&acme.owner, &url, vec![0; largest + 1]).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(answer["error"]["code"], "TOO_LARGE");
        let (status, _) = put(&acme.owner, &url, vec![0; largest]).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let (status, answer) = put(&acme.owner, &url, Vec::new()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(answer["error"]["code"], "INVALID_INPUT");
    }
}

story! {
    /// What was never put there cannot be published.
    async fn an_empty_upload_is_not_published(world: World) {
        let acme = Acme::without_program(&world).await;
        let upload = stage(&acme.owner).await;
        let answer = acme.owner.asks(PUBLISH, json!({ "id": upload["id"] })).await;
        let payload = &answer["publishPlugin"];
        assert_eq!(payload["userErrors"][0]["code"], "UPLOAD_NOT_READY", "{payload}");
        assert_eq!((&payload["pluginVersion"], &payload["refusal"]), (&Value::Null, &Value::Null));
    }
}
