//! The limits of a document, through the whole stack.

use serde_json::{Value, json};
use tributary_transport::MAX_COMPLEXITY;

use crate::world::{KEY, World};

async fn ask(world: &World, query: &str) -> Value {
    let request = reqwest::Client::new().post(world.url()).bearer_auth(KEY);
    let response = request
        .json(&json!({ "query": query }))
        .send()
        .await
        .unwrap();
    response.json().await.unwrap()
}

async fn is_too_complex(world: &World, query: &str) {
    let body = ask(world, query).await;
    let code = &body["errors"][0]["extensions"]["code"];
    assert_eq!(code, "QUERY_TOO_COMPLEX", "{body}");
}

async fn passes(world: &World, query: &str) {
    let body = ask(world, query).await;
    assert!(body.get("errors").is_none(), "{body}");
}

/// `nested` within `nested`, with a leaf at this depth.
fn deep(depth: usize) -> String {
    format!(
        "{}value{}",
        "{ nested ".repeat(depth - 1) + "{ ",
        " }".repeat(depth)
    )
}

#[tokio::test]
async fn depth_ends_at_fifteen() {
    let world = World::new().await;
    passes(&world, &deep(15)).await;
    is_too_complex(&world, &deep(16)).await;
}

#[tokio::test]
async fn cost_has_an_end_and_pages_multiply() {
    let world = World::new().await;
    let listing =
        |first: usize| format!("{{ list(first: {first}) {{ list(first: 100) {{ value }} }} }}");
    // The list, and for each of its items another of a hundred.
    let rows = (MAX_COMPLEXITY - 1) / 101;
    passes(&world, &listing(rows)).await;
    let beyond = listing(rows + 1);
    let body = ask(&world, &beyond).await;
    let (cost, limit) = (1 + (rows + 1) * 101, MAX_COMPLEXITY);
    let expected = json!({ "code": "QUERY_TOO_COMPLEX", "cost": cost, "limit": limit });
    assert_eq!(body["errors"][0]["extensions"], expected, "{body}");
    assert_eq!(body["extensions"]["cost"]["requestedQueryCost"], cost);
}

#[tokio::test]
async fn aliases_end_at_thirty() {
    let world = World::new().await;
    let aliased = |count: usize| {
        let fields: Vec<_> = (0..count).map(|n| format!("a{n}: value")).collect();
        format!("{{ {} }}", fields.join(" "))
    };
    passes(&world, &aliased(30)).await;
    is_too_complex(&world, &aliased(31)).await;
}

/// Clients that compose fragments select a field more than once.
#[tokio::test]
async fn what_is_selected_again_is_read_and_counted_once() {
    let world = World::new().await;
    let body = ask(&world, &format!("{{ {} }}", "value ".repeat(500))).await;
    assert_eq!(body["data"], json!({ "value": 7 }));
    assert_eq!(body["extensions"]["cost"]["requestedQueryCost"], 1);
}

#[tokio::test]
async fn directives_end_at_ten() {
    let world = World::new().await;
    let query = format!("{{ value {} }}", "@include(if: true) ".repeat(11));
    is_too_complex(&world, &query).await;
}

#[tokio::test]
async fn fragments_cannot_multiply_out_of_bounds() {
    let world = World::new().await;
    let mut bomb = String::from("{ ...F0 }");
    for n in 0..30 {
        let next = n + 1;
        bomb.push_str(&format!(
            "fragment F{n} on Query {{ ...F{next} ...F{next} }}"
        ));
    }
    bomb.push_str("fragment F30 on Query { value }");
    is_too_complex(&world, &bomb).await;
}

#[tokio::test]
async fn tokens_end_at_two_thousand() {
    let world = World::new().await;
    is_too_complex(&world, &format!("{{ {} }}", "value ".repeat(2000))).await;
}

#[tokio::test]
async fn names_are_not_given_away() {
    let world = World::new().await;
    let body = ask(&world, "{ valeu }").await;
    let message = body["errors"][0]["message"].as_str().unwrap();
    assert!(!message.contains("value"), "{message}");
}

#[tokio::test]
async fn tools_can_read_the_schema() {
    let world = World::new().await;
    let kinds = "kind name ofType { ".repeat(9) + "kind name" + &" }".repeat(9);
    let query = format!(
        "{{ __schema {{ types {{ ...T fields {{ name args {{ name type {{ ...R }} }} }} }} }} }} \
         fragment T on __Type {{ name kind }} fragment R on __Type {{ {kinds} }}"
    );
    passes(&world, &query).await;
}
