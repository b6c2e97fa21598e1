//! The schema as clients see it, and truth that is committed.

use std::path::Path;
use std::{env, fs};

use serde_json::Value;
use tributary_graphql as graphql;

const QUESTION: &str = "{ __schema {
    mutationType { fields { name description args { type { ...Ref } } } }
    types {
        kind name description
        fields {
            name description type { ...Ref }
            args { name description type { ...Ref } }
        }
        inputFields { name description type { ...Ref } }
        enumValues { name description }
        possibleTypes { name }
    }
} }
fragment Ref on __Type {
    kind name ofType { kind name ofType { kind name ofType { kind name } } }
}";

/// What introspection answers, from `__schema` on.
pub async fn introspect() -> Value {
    let answer = graphql::schema().execute(QUESTION).await;
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    answer.data.into_json().unwrap()["__schema"].take()
}

/// The types of the schema's own, without introspection's.
pub fn own_types(schema: &Value) -> impl Iterator<Item = &Value> {
    let types = list(&schema["types"]).iter();
    types.filter(|of| !name(of).starts_with("__"))
}

/// The elements of a list; none of null.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// What a part of the schema is called.
pub fn name(part: &Value) -> &str {
    part["name"].as_str().unwrap()
}

/// The named type under lists and exclamation marks, and whether there is a list.
pub fn named(mut reference: &Value) -> (&str, bool) {
    let mut listed = false;
    while !reference["ofType"].is_null() {
        listed |= reference["kind"] == "LIST";
        reference = &reference["ofType"];
    }
    (name(reference), listed)
}

/// Compares a committed file with what it should say now. `TRIBUTARY_BLESS=1`
/// writes it instead.
pub fn assert_committed(path: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if env::var_os("TRIBUTARY_BLESS").is_some() {
        fs::write(&path, expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    let stale = found
        .lines()
        .zip(expected.lines())
        .position(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "{} is stale from line {}: run again with TRIBUTARY_BLESS=1 and read the difference",
        path.display(),
        stale.unwrap_or_else(|| found.lines().count().min(expected.lines().count())) + 1,
    );
}
