//! What every other story takes for granted about its server.

use reqwest::StatusCode;
use serde_json::{Value, json};
use tributary_domain::entity::tenant::Kind;
use tributary_domain::{keys, tenants};

use crate::world::World;

story! {
    /// The operator makes a tenant and its first key; with it one is let in.
    async fn the_first_key_opens_the_door(world: World) {
        let engine = &world.server.engine;
        let tenant = tenants::create(engine, "Acme Cloud", Kind::Sandbox, None).await.unwrap();
        let key = keys::create_first(engine, tenant.id, "Ada").await.unwrap().token;

        let programs = json!({ "query": "{ programs { edges { cursor } } }" });
        let door = format!("{}/graphql", world.server.url);
        let request = reqwest::Client::new().post(door).json(&programs);
        let stranger = request.try_clone().unwrap().send().await.unwrap();
        assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);

        let answer = request.bearer_auth(key).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["data"], json!({ "programs": { "edges": [] } }), "{answer}");
    }
}

story! {
    /// It says that it is alive, and that its database is current.
    async fn a_server_is_ready(world: World) {
        for path in ["healthz", "readyz"] {
            let answer = reqwest::get(format!("{}/{path}", world.server.url)).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
        }
    }
}
