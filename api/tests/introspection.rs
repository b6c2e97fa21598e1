//! Reading the schema: tools may, and what it costs is what it returns.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

use async_graphql::{Request, Value};
use tributary_graphql::{documents, schema};
use tributary_transport::MAX_COMPLEXITY;
use tributary_transport::document::introspection::FIELDS_PER_POINT;

/// What GraphiQL, code generators and Relay send, with all that they can ask for.
const USUAL: &str = include_str!("introspection.graphql");

/// How many fields there are in a value.
fn fields(value: &Value) -> usize {
    match value {
        Value::List(items) => items.iter().map(fields).sum(),
        Value::Object(object) => object.values().map(|value| 1 + fields(value)).sum(),
        _ => 0,
    }
}

/// The cost of a document, and how many fields its answer has.
async fn measured(document: &str) -> (usize, usize) {
    let schema = schema();
    let mut request = Request::new(document);
    let prepared = documents(&schema).prepare(&mut request).unwrap();
    let answer = schema.execute(request).await;
    assert!(answer.errors.is_empty(), "{document}: {:?}", answer.errors);
    (prepared.price.cost, fields(&answer.data))
}

#[tokio::test]
async fn the_cost_of_reading_the_schema_is_what_the_answer_holds() {
    let two_rounds =
        "{ __schema { types { interfaces { possibleTypes { interfaces { name } } } } } }";
    let of_one =
        "{ __type(name: \"Deal\") { name fields { args { name type { ofType { name } } } } } }";
    let onward = "{ __type(name: \"Deal\") { fields { name type { name fields { name type { name \
                  ofType { name fields { name } } } } } } } }";
    let unknown = "{ __type(name: \"Missing\") { name } }";
    for document in [USUAL, two_rounds, of_one, onward, unknown] {
        let (cost, fields) = measured(document).await;
        let exact = fields.div_ceil(FIELDS_PER_POINT);
        // The validator's own introspection types differ a little from the executor's.
        assert!(cost.abs_diff(exact) <= exact / 50 + 1, "{cost} for {exact}");
    }
}

#[tokio::test]
async fn tools_may_read_the_schema_and_it_may_grow() {
    let (cost, _) = measured(USUAL).await;
    assert!(cost < MAX_COMPLEXITY / 3, "{cost}");
}

/// The answer of each would have hundreds of thousands of fields, or millions.
#[test]
fn reading_the_schema_in_circles_is_refused() {
    let repeated = |open: &str, close: &str, rounds: usize| {
        let inner = open.repeat(rounds) + "name" + &close.repeat(rounds);
        format!("{{ __schema {{ types {{ {inner} }} }} }}")
    };
    let documents = documents(&schema());
    for rounds in 3..7 {
        let document = repeated("interfaces { possibleTypes { ", " } }", rounds);
        is_refused(&documents, &document);
    }
    let many: Vec<_> = (0..30)
        .map(|n| format!("a{n}: __schema {{ ...S }}"))
        .collect();
    let whole = "fragment S on __Schema { types { fields { ...F args { ...I } } } }
        fragment F on __Field { name type { ...T } } fragment I on __InputValue { name type { ...T } }
        fragment T on __Type { name kind ofType { name kind ofType { name kind } } }";
    is_refused(&documents, &format!("{{ {} }} {whole}", many.join(" ")));
}

fn is_refused(documents: &tributary_transport::document::Documents, document: &str) {
    let refused = documents.prepare(&mut Request::new(document)).unwrap_err();
    let code = refused.errors[0].extensions.as_ref().unwrap().get("code");
    assert_eq!(code, Some(&Value::from("QUERY_TOO_COMPLEX")), "{document}");
}
