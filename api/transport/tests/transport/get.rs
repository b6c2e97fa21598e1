//! `GET /graphql`: queries in the address.

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::world::{KEY, World};

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

fn get(world: &World, accept: &str, parameters: &[(&str, &str)]) -> RequestBuilder {
    let mut url = reqwest::Url::parse(&world.url()).unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    Client::new()
        .get(url)
        .bearer_auth(KEY)
        .header("accept", accept)
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn refusal(request: RequestBuilder) -> (u16, String) {
    let (status, body) = answer(request).await;
    assert!(body.get("data").is_none(), "{body}");
    let code = body["errors"][0]["extensions"]["code"].as_str();
    (status, code.unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_query_in_the_address_is_executed() {
    let world = World::new().await;
    for accept in [GRAPHQL, JSON, "*/*"] {
        let request = get(&world, accept, &[("query", "{ value holder }")]);
        let (status, body) = answer(request).await;
        assert_eq!(
            (status, &body["data"]),
            (200, &json!({ "value": 7, "holder": KEY }))
        );
        assert!(body["extensions"]["cost"].is_object(), "{body}");
    }
    let parameters = [
        (
            "query",
            "query A { value } query B($t: String!) { echo(text: $t) }",
        ),
        ("operationName", "B"),
        ("variables", r#"{"t":"a & b = ü"}"#),
        ("extensions", "{}"),
    ];
    let (status, body) = answer(get(&world, JSON, &parameters)).await;
    assert_eq!(
        (status, &body["data"]),
        (200, &json!({ "echo": "a & b = ü" }))
    );
}

#[tokio::test]
async fn a_mutation_is_405_and_does_nothing() {
    let world = World::new().await;
    for accept in [GRAPHQL, JSON] {
        let request = get(&world, accept, &[("query", "mutation { pay }")]);
        let response = request.send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["allow"]),
            (405, &"POST".parse().unwrap())
        );
        let body: Value = response.json().await.unwrap();
        assert_eq!(
            body["errors"][0]["extensions"]["code"],
            "METHOD_NOT_ALLOWED"
        );
        assert!(body.get("data").is_none(), "{body}");
    }
    // A stream was accepted, which has no status left.
    let request = get(
        &world,
        "text/event-stream",
        &[("query", "mutation { pay }")],
    );
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(text.contains("MUTATION_OVER_STREAM"), "{text}");
    assert_eq!(world.paid(), 0);
}

#[tokio::test]
async fn the_rest_is_answered_as_a_post_is() {
    let world = World::new().await;
    for (query, code) in [
        ("subscription { count(to: 1) }", "STREAM_REQUIRED"),
        ("{ missing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ value", "GRAPHQL_PARSE_FAILED"),
        ("query A { value } query B { value }", "UNKNOWN_OPERATION"),
    ] {
        let expected = code.to_owned();
        let request = get(&world, GRAPHQL, &[("query", query)]);
        assert_eq!(refusal(request).await, (400, expected.clone()), "{query}");
        let request = get(&world, JSON, &[("query", query)]);
        assert_eq!(refusal(request).await, (200, expected), "{query}");
    }
    let request = get(
        &world,
        "text/event-stream",
        &[("query", "subscription { count(to: 2) }")],
    );
    let text = request.send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains(r#""count":2"#) && text.contains("event: complete"),
        "{text}"
    );

    let request = get(&world, "image/png", &[("query", "{ value }")]);
    assert_eq!(refusal(request).await, (406, "NOT_ACCEPTABLE".to_owned()));
    let stranger = Client::new().get(format!("{}?query=%7Bvalue%7D", world.url()));
    assert_eq!(stranger.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn parameters_that_are_no_request_are_400() {
    let world = World::new().await;
    for parameters in [
        &[][..],
        &[("query", "")],
        &[("qeury", "{ value }")],
        &[("query", "{ value }"), ("query", "{ value }")],
        &[("query", "{ value }"), ("variables", "{")],
        &[("query", "{ value }"), ("variables", "[1]")],
        &[("query", "{ value }"), ("variables", "7")],
        &[("query", "{ value }"), ("extensions", "x")],
    ] {
        for accept in [GRAPHQL, JSON] {
            let expected = (400, "MALFORMED_REQUEST".to_owned());
            let request = get(&world, accept, parameters);
            assert_eq!(refusal(request).await, expected, "{parameters:?}");
        }
    }
}

#[tokio::test]
async fn a_browser_gets_the_editor_unless_it_asks_something() {
    let world = World::new().await;
    let accept = "text/html,application/xhtml+xml,*/*;q=0.8";
    let page = get(&world, accept, &[]).send().await.unwrap();
    assert_eq!(page.text().await.unwrap(), "the editor");
    let (status, body) = answer(get(&world, accept, &[("query", "{ value }")])).await;
    assert_eq!((status, &body["data"]["value"]), (200, &json!(7)));
}
