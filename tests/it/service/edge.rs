//! What stands between a server and its callers.

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING};
use serde_json::json;

use crate::support::acme::Acme;
use crate::support::world::World;

story! {
    /// Long answers are compressed for those who ask for it; streams of events are not,
    /// as an event must not wait in a buffer.
    async fn long_answers_are_compressed(world: World) {
        let acme = Acme::new(&world).await;
        let asks = async |query: &str, accept: &str| {
            let request = reqwest::Client::new().post(format!("{}/graphql", acme.owner.url));
            let request = request.bearer_auth(&acme.owner.token).json(&json!({ "query": query }));
            request.header(ACCEPT, accept).header(ACCEPT_ENCODING, "gzip").send().await.unwrap()
        };
        let types = "{ __schema { types { name description } } }";
        let answer = asks(types, "application/json").await;
        assert_eq!(answer.headers().get(CONTENT_ENCODING).unwrap(), "gzip");
        assert_eq!(answer.bytes().await.unwrap()[..2], [0x1f, 0x8b], "of gzip");
        let short = asks("{ __typename }", "application/json").await;
        assert!(short.headers().get(CONTENT_ENCODING).is_none());
        let events = asks(types, "text/event-stream").await;
        assert_eq!(events.status(), 200);
        assert!(events.headers().get(CONTENT_ENCODING).is_none());
    }
}
