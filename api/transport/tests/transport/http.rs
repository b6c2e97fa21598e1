//! `POST /graphql`: each row of the table of statuses, on the wire.

use std::sync::atomic::Ordering;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tributary_transport::MAX_COMPLEXITY;
use tributary_transport::gateway::Timings;

use crate::sockets::SHORT;
use crate::world::{KEY, World};

const GRAPHQL: &str = "application/graphql-response+json";
const JSON: &str = "application/json";

/// A request with a good key.
fn post(world: &World, accept: &str) -> RequestBuilder {
    let client = Client::new();
    client
        .post(world.url())
        .bearer_auth(KEY)
        .header("accept", accept)
}

fn ask(world: &World, accept: &str, query: &str) -> RequestBuilder {
    post(world, accept).json(&json!({ "query": query }))
}

/// Status, media type and body of the answer.
async fn answer(request: RequestBuilder) -> (u16, String, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    (status, kind, response.json().await.unwrap())
}

/// Status and code of the first error of the answer.
async fn refusal(request: RequestBuilder) -> (u16, String) {
    let (status, _, body) = answer(request).await;
    assert!(body.get("data").is_none(), "{body}");
    (status, code(&body))
}

fn code(body: &Value) -> String {
    body["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn a_query_is_answered_in_the_media_type_that_was_asked_for() {
    let world = World::new().await;
    for (accept, kind) in [(GRAPHQL, GRAPHQL), (JSON, JSON), ("*/*", JSON)] {
        let (status, answered, body) = answer(ask(&world, accept, "{ value holder }")).await;
        assert_eq!(status, 200);
        assert_eq!(answered, format!("{kind}; charset=utf-8"));
        assert_eq!(body["data"], json!({ "value": 7, "holder": KEY }));
        assert!(body.get("errors").is_none());
    }
}

#[tokio::test]
async fn each_answer_tells_what_the_request_cost() {
    let world = World::new().await;
    let (_, _, body) = answer(ask(
        &world,
        JSON,
        "{ list(first: 20) { value nested { value } } }",
    ))
    .await;
    let cost = json!({ "requestedQueryCost": 61, "maximumQueryCost": MAX_COMPLEXITY, "depth": 3 });
    assert_eq!(body["extensions"]["cost"], cost);
}

#[tokio::test]
async fn variables_and_operation_names_are_heard() {
    let world = World::new().await;
    let request = post(&world, JSON).json(&json!({
        "query": "query A { value } query B($t: String!) { echo(text: $t) }",
        "operationName": "B",
        "variables": { "t": "hello" },
    }));
    assert_eq!(answer(request).await.2["data"], json!({ "echo": "hello" }));
}

#[tokio::test]
async fn a_document_that_fails_is_400_or_plain_200() {
    let world = World::new().await;
    for (query, expected) in [
        ("{ value", "GRAPHQL_PARSE_FAILED"),
        ("{ missing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ echo(text: 7) }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query($t: String!) { echo(text: $t) }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("query A { value } query B { value }", "UNKNOWN_OPERATION"),
        ("{ list(first: 1000000) { value } }", "QUERY_TOO_COMPLEX"),
        ("mutation { a: pay a: crash }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { count(to: 1) }", "STREAM_REQUIRED"),
    ] {
        let expected = expected.to_owned();
        assert_eq!(
            refusal(ask(&world, GRAPHQL, query)).await,
            (400, expected.clone()),
            "{query}"
        );
        assert_eq!(
            refusal(ask(&world, JSON, query)).await,
            (200, expected),
            "{query}"
        );
    }
    assert_eq!(world.paid(), 0);
}

#[tokio::test]
async fn a_variable_of_another_type_is_refused() {
    let world = World::new().await;
    let query = "query($t: String!) { echo(text: $t) }";
    for variables in [
        json!({ "t": 7 }),
        json!({ "t": null }),
        json!({ "t": ["x"] }),
    ] {
        let body = json!({ "query": query, "variables": variables });
        let expected = (400, "GRAPHQL_VALIDATION_FAILED".to_owned());
        assert_eq!(refusal(post(&world, GRAPHQL).json(&body)).await, expected);
    }
}

/// The executor would run each of them.
#[tokio::test]
async fn a_mutation_field_that_is_selected_again_runs_once() {
    for query in [
        "mutation { pay pay }",
        "mutation { pay ... { pay } ... on Mutation { ... on Mutation { pay } } }",
        "mutation { ...F ...F pay ...G } fragment F on Mutation { pay } fragment G on Mutation { pay }",
        "mutation { pay @skip(if: true) pay }",
    ] {
        let world = World::new().await;
        let (_, _, body) = answer(ask(&world, GRAPHQL, query)).await;
        assert_eq!(body["data"], json!({ "pay": 1 }), "{query}");
        assert_eq!(body["extensions"]["cost"]["requestedQueryCost"], 1);
        assert_eq!(world.paid(), 1, "{query}");
    }
    let world = World::new().await;
    let (_, _, body) = answer(ask(&world, GRAPHQL, "mutation { a: pay b: pay }")).await;
    assert_eq!(body["data"], json!({ "a": 1, "b": 2 }));
}

#[tokio::test]
async fn the_default_of_a_variable_decides_what_runs() {
    let world = World::new().await;
    for (query, data) in [
        (
            "mutation($b: Boolean = true) { pay @skip(if: $b) }",
            json!({}),
        ),
        (
            "mutation($b: Boolean = false) { pay @include(if: $b) }",
            json!({}),
        ),
        (
            "query($b: Boolean = true) { value @include(if: $b) }",
            json!({ "value": 7 }),
        ),
        (
            "query($t: String = \"hi\") { echo(text: $t) }",
            json!({ "echo": "hi" }),
        ),
    ] {
        let (_, _, body) = answer(ask(&world, GRAPHQL, query)).await;
        assert_eq!(body["data"], data, "{query}");
    }
    assert_eq!(world.paid(), 0);
}

#[tokio::test]
async fn a_body_that_is_no_request_is_400_for_everyone() {
    let world = World::new().await;
    for (body, expected) in [
        ("{", "MALFORMED_REQUEST"),
        ("{}", "MALFORMED_REQUEST"),
        (r#"{"qeury":"{ value }"}"#, "MALFORMED_REQUEST"),
        (
            r#"{"query":"{ value }","variables":[7]}"#,
            "MALFORMED_REQUEST",
        ),
        (r#"[{"query":"{ value }"}]"#, "BATCH_NOT_SUPPORTED"),
    ] {
        for accept in [GRAPHQL, JSON] {
            let request = post(&world, accept).header("content-type", JSON).body(body);
            assert_eq!(refusal(request).await, (400, expected.to_owned()), "{body}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413() {
    let world = World::new().await;
    let body = json!({ "query": "{ value }", "variables": { "x": "x".repeat(300_000) } });
    let expected = (413, "PAYLOAD_TOO_LARGE".to_owned());
    assert_eq!(refusal(post(&world, GRAPHQL).json(&body)).await, expected);
}

#[tokio::test]
async fn only_json_is_read() {
    let world = World::new().await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ] {
        let request = post(&world, JSON)
            .header("content-type", kind)
            .body(r#"{"query":"{ value }"}"#);
        assert_eq!(
            refusal(request).await,
            (415, "UNSUPPORTED_MEDIA_TYPE".to_owned())
        );
    }
}

#[tokio::test]
async fn a_caller_who_takes_no_json_gets_406() {
    let world = World::new().await;
    let request = ask(&world, "text/html", "{ value }");
    assert_eq!(refusal(request).await, (406, "NOT_ACCEPTABLE".to_owned()));
}

#[tokio::test]
async fn other_methods_are_405_and_name_those_that_work() {
    let world = World::new().await;
    let put = Client::new().put(world.url()).send().await.unwrap();
    assert_eq!(put.status(), 405);
    assert!(put.headers()["allow"].to_str().unwrap().contains("POST"));
}

#[tokio::test]
async fn a_caller_without_a_good_key_is_401() {
    let world = World::new().await;
    let body = json!({ "query": "{ value }" });
    for authorization in [None, Some("Bearer bad"), Some("Basic good"), Some("good")] {
        let mut request = Client::new().post(world.url()).json(&body);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let body: Value = response.json().await.unwrap();
        assert_eq!(code(&body), "UNAUTHENTICATED");
    }
    world.revoke();
    assert_eq!(refusal(post(&world, JSON).json(&body)).await.0, 401);
}

#[tokio::test]
async fn a_stranger_is_not_read() {
    let world = World::new().await;
    let request = Client::new()
        .post(world.url())
        .header("content-type", JSON)
        .body("{ no json");
    assert_eq!(refusal(request).await.0, 401);
}

#[tokio::test]
async fn a_door_that_is_out_of_order_is_not_the_callers_fault() {
    let world = World::new().await;
    world.shared.down.store(true, Ordering::SeqCst);
    for accept in [GRAPHQL, JSON, "text/event-stream"] {
        let response = ask(&world, accept, "{ value }").send().await.unwrap();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "5");
        let body: Value = response.json().await.unwrap();
        assert_eq!(code(&body), "UNAVAILABLE");
        assert!(body.get("data").is_none(), "{body}");
    }
}

#[tokio::test]
async fn what_was_executed_is_200_whatever_came_of_it() {
    let world = World::new().await;
    for accept in [GRAPHQL, JSON] {
        let (status, _, body) = answer(ask(&world, accept, "{ value partial }")).await;
        assert_eq!(status, 200);
        assert_eq!(body["data"], json!({ "value": 7, "partial": null }));
        assert_eq!(code(&body), "INVALID_INPUT");

        let (status, _, body) = answer(ask(&world, accept, "{ value broken }")).await;
        assert_eq!(status, 200);
        assert_eq!(body["data"], Value::Null);
        assert_eq!(code(&body), "INTERNAL");
        assert!(!body.to_string().contains("secret"), "{body}");
    }
}

#[tokio::test]
async fn a_resolver_that_panics_fails_its_operation_and_nobody_is_told_that_nothing_ran() {
    let world = World::new().await;
    for (query, path) in [
        // What reads little has no guard on each field.
        ("{ nested { one: panics } }", Value::Null),
        ("mutation { pay crash }", json!(["crash"])),
    ] {
        let (status, _, body) = answer(ask(&world, JSON, query)).await;
        assert_eq!((status, code(&body).as_str()), (200, "INTERNAL"), "{body}");
        assert_eq!(body.get("data"), Some(&Value::Null), "{body}");
        assert_eq!(body["errors"][0]["path"], path);
    }
    assert_eq!(world.paid(), 1);
    assert_eq!(answer(ask(&world, JSON, "{ value }")).await.0, 200);
}

#[tokio::test]
async fn an_operation_that_takes_too_long_is_given_up() {
    let timings = Timings {
        execution: SHORT,
        ..Timings::default()
    };
    let world = World::with(timings).await;
    let (status, _, body) = answer(ask(&world, JSON, "{ lingers }")).await;
    assert_eq!((status, code(&body).as_str()), (200, "TIMED_OUT"));
    assert_eq!(body.get("data"), Some(&Value::Null), "it had begun: {body}");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let timings = Timings {
        body: SHORT,
        ..Timings::default()
    };
    let world = World::with(timings).await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 2048];
    let length = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]);
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("BODY_TIMEOUT"), "{answer}");
}

/// The status line and body of the answer to a request whose body is chunked.
async fn chunked(world: &World, chunks: &str) -> String {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let request = format!(
        "POST /graphql HTTP/1.1\r\nhost: here\r\nauthorization: Bearer {KEY}\r\n\
         connection: close\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n{chunks}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_malformed_chunk_is_400() {
    let world = World::new().await;
    let good = chunked(&world, "13\r\n{\"query\":\"{value}\"}\r\n0\r\n\r\n").await;
    assert!(good.starts_with("HTTP/1.1 200 "), "{good}");
    for bad in [
        "zz\r\n{\"query\"",
        "5\r\n{\"query\":\"{ value }\"}\r\n0\r\n\r\n",
    ] {
        let answer = chunked(&world, bad).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.contains("MALFORMED_REQUEST"), "{answer}");
    }
}

#[tokio::test]
async fn a_body_in_another_encoding_is_415() {
    let world = World::new().await;
    let encoded = |coding: &str| ask(&world, JSON, "{ value }").header("content-encoding", coding);
    for coding in ["gzip", "br", "x-unknown", "identity, gzip"] {
        let expected = (415, "UNSUPPORTED_MEDIA_TYPE".to_owned());
        assert_eq!(refusal(encoded(coding)).await, expected, "{coding}");
    }
    assert_eq!(answer(encoded("identity")).await.0, 200);
}
