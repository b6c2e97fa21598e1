//! How long lists in arguments may be: as long as the schema says, however they
//! are written.

use async_graphql::{Request, Variables};
use serde_json::{Value, json};
use tributary_transport::document::Documents;
use tributary_transport::document::definitions::Scalars;

const SDL: &str = "
directive @maxItems(count: Int!) on ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION
type Query {
  few(of: [Int!] @maxItems(count: 3)): Int
  parts(of: Parts): Int
  tables(of: [[Int]] @maxItems(count: 2)): Int
}
input Parts { names: [String!] @maxItems(count: 2), inner: [Parts!] @maxItems(count: 2) }
";

/// The message of the first error.
fn refused(document: &str, variables: Value) -> Option<String> {
    let documents = Documents::new(SDL, Scalars::default()).unwrap();
    let mut request = Request::new(document).variables(Variables::from_json(variables));
    let refused = documents.prepare(&mut request).err()?;
    Some(refused.errors[0].message.clone())
}

#[test]
fn a_list_has_as_many_items_as_the_schema_says_and_no_more() {
    let by_variable = "query ($v: [Int!]) { few(of: $v) }";
    let too_many = "argument `of` of `few` has 4 items, and at most 3";
    assert_eq!(refused("{ few(of: [1, 2, 3]) }", json!({})), None);
    assert_eq!(
        refused("{ few(of: [1, 2, 3, 4]) }", json!({})).as_deref(),
        Some(too_many)
    );
    assert_eq!(refused(by_variable, json!({ "v": [1, 2, 3] })), None);
    assert_eq!(
        refused(by_variable, json!({ "v": [1, 2, 3, 4] })).as_deref(),
        Some(too_many)
    );
    assert_eq!(refused("{ few(of: 1) }", json!({})), None);
    assert_eq!(
        refused(
            "query ($v: [Int!] = [1, 2, 3, 4]) { few(of: $v) }",
            json!({})
        )
        .as_deref(),
        Some(too_many)
    );
}

#[test]
fn the_path_to_a_list_that_is_too_long_is_told() {
    let by_variable = "query ($v: Parts) { parts(of: $v) }";
    let parts = json!({ "v": { "inner": [{}, { "names": ["a", "b", "c"] }] } });
    assert_eq!(
        refused(by_variable, parts).as_deref(),
        Some("variable `$v.inner[1].names` has 3 items, and at most 2")
    );
    let literal = "{ parts(of: { inner: [{}, { names: [\"a\", \"b\", \"c\"] }] }) }";
    assert_eq!(
        refused(literal, json!({})).as_deref(),
        Some("argument `of.inner[1].names` of `parts` has 3 items, and at most 2")
    );
    let mixed = "query ($n: [String!]) { parts(of: { names: $n }) }";
    assert_eq!(
        refused(mixed, json!({ "n": ["a", "b", "c"] })).as_deref(),
        Some("argument `of.names` of `parts` has 3 items, and at most 2")
    );
}

#[test]
fn lists_within_lists_are_held_to_the_same_bound() {
    assert_eq!(refused("{ tables(of: [[1, 2], [3]]) }", json!({})), None);
    assert_eq!(
        refused("{ tables(of: [[1, 2], [3, 4, 5]]) }", json!({})).as_deref(),
        Some("argument `of[1]` of `tables` has 3 items, and at most 2")
    );
    assert!(refused("{ tables(of: [[1], [2], [3]]) }", json!({})).is_some());
}
