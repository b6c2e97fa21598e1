//! What the executor sees of arguments, whichever way they were written, and
//! how often it runs what.

use async_graphql::{
    EmptySubscription, Enum, Executor, ID, InputObject, MaybeUndefined, Object, OneofObject,
    Request, Schema, Variables,
};
use serde_json::{Value, json};
use tributary_transport::document::Documents;
use tributary_transport::document::definitions::Scalars;
use tributary_transport::served::Served;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
enum Colour {
    Red,
    Green,
}

#[derive(Debug, InputObject)]
struct Part {
    id: ID,
    #[graphql(default = 3)]
    count: i32,
    colour: Option<Colour>,
    note: MaybeUndefined<String>,
    inner: Option<Box<Part>>,
}

#[derive(Debug, OneofObject)]
enum Choice {
    Id(ID),
    Part(Part),
}

struct Query;

#[Object]
impl Query {
    async fn int(&self, #[graphql(default = 7)] of: i32) -> String {
        of.to_string()
    }

    async fn maybe(&self, of: MaybeUndefined<i32>) -> String {
        format!("{of:?}")
    }

    async fn ids(&self, of: Vec<ID>) -> String {
        format!("{:?}", of.iter().map(|id| id.as_str()).collect::<Vec<_>>())
    }

    async fn float(&self, of: f64) -> String {
        of.to_string()
    }

    async fn text(&self, of: String) -> String {
        of
    }

    async fn colours(&self, of: Vec<Colour>) -> String {
        format!("{of:?}")
    }

    async fn part(&self, of: Part) -> String {
        format!(
            "{} {} {:?} {:?} {}",
            *of.id,
            of.count,
            of.colour,
            of.note,
            of.inner.is_some()
        )
    }

    async fn choice(&self, of: Choice) -> String {
        match of {
            Choice::Id(id) => id.to_string(),
            Choice::Part(part) => format!("part {}", *part.id),
        }
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn pay(&self) -> i32 {
        1
    }
}

/// The answer's data, or the first error.
async fn run(document: &str, variables: Value) -> Value {
    let schema = Served::new(|| Schema::build(Query, Mutation, EmptySubscription));
    let documents = Documents::new(&schema.schema().sdl(), Scalars::default()).unwrap();
    let mut request = Request::new(document).variables(Variables::from_json(variables));
    if let Err(refused) = documents.prepare(&mut request) {
        return json!({ "refused": refused.errors[0].message });
    }
    let answer = schema.execute(request).await;
    assert!(answer.errors.is_empty(), "{document}: {:?}", answer.errors);
    answer.data.into_json().unwrap()
}

#[tokio::test]
async fn literals_and_variables_arrive_alike() {
    for (field, kind, literal, value, seen) in [
        ("int", "Int", "5", json!(5), "5"),
        ("int", "Int", "-0", json!(-0.0), "0"),
        ("int", "Int", "5", json!(5.0), "5"),
        ("maybe", "Int", "null", json!(null), "Null"),
        ("maybe", "Int", "5", json!(5), "Value(5)"),
        (
            "ids",
            "[ID!]!",
            "[1, \"a\"]",
            json!([1, "a"]),
            r#"["1", "a"]"#,
        ),
        ("ids", "[ID!]!", "7", json!(7), r#"["7"]"#),
        (
            "ids",
            "[ID!]!",
            "123456789012345678",
            json!(123_456_789_012_345_678_i64),
            r#"["123456789012345678"]"#,
        ),
        ("float", "Float!", "2", json!(2), "2"),
        (
            "text",
            "String!",
            r#""\ud83d\ude00 \u{1F600}""#,
            json!("😀 😀"),
            "😀 😀",
        ),
        (
            "colours",
            "[Colour!]!",
            "[RED, GREEN]",
            json!(["RED", "GREEN"]),
            "[Red, Green]",
        ),
        ("colours", "[Colour!]!", "GREEN", json!("GREEN"), "[Green]"),
        (
            "part",
            "Part!",
            "{id: 1}",
            json!({ "id": 1 }),
            "1 3 None Undefined false",
        ),
        (
            "part",
            "Part!",
            "{id: \"x\", count: 4, colour: RED, note: null, inner: {id: 2}}",
            json!({ "id": "x", "count": 4, "colour": "RED", "note": null, "inner": { "id": 2 } }),
            "x 4 Some(Red) Null true",
        ),
        (
            "choice",
            "Choice!",
            "{part: {id: 5}}",
            json!({ "part": { "id": 5 } }),
            "part 5",
        ),
        ("choice", "Choice!", "{id: 5}", json!({ "id": 5 }), "5"),
    ] {
        let expected = json!({ field: seen });
        let document = format!("{{ {field}(of: {literal}) }}");
        assert_eq!(run(&document, json!({})).await, expected, "{document}");
        let document = format!("query ($v: {kind}) {{ {field}(of: $v) }}");
        assert_eq!(
            run(&document, json!({ "v": value })).await,
            expected,
            "{document}"
        );
        let document = format!("query ($v: {kind} = {literal}) {{ {field}(of: $v) }}");
        assert_eq!(run(&document, json!({})).await, expected, "{document}");
    }
}

#[tokio::test]
async fn a_variable_that_was_not_sent_is_an_argument_that_was_not_written() {
    for (document, seen) in [
        ("query ($v: Int) { int(of: $v) }", json!({ "int": "7" })),
        (
            "query ($v: Int) { maybe(of: $v) }",
            json!({ "maybe": "Undefined" }),
        ),
        (
            "query ($v: Int) { part(of: {id: 1, count: $v}) }",
            json!({ "part": "1 3 None Undefined false" }),
        ),
        (
            "query ($v: String) { part(of: {id: 1, note: $v}) }",
            json!({ "part": "1 3 None Undefined false" }),
        ),
        (
            "query ($v: ID! = 9) { ids(of: [1, $v]) }",
            json!({ "ids": r#"["1", "9"]"# }),
        ),
    ] {
        assert_eq!(run(document, json!({})).await, seen, "{document}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_variable_is_told_with_its_place() {
    for (kind, field, value, message) in [
        ("Int!", "int", json!(null), "variable `$v` must not be null"),
        (
            "Int",
            "int",
            json!("5"),
            "variable `$v` is not a value of type `Int`",
        ),
        (
            "Int",
            "int",
            json!(2_147_483_648_u32),
            "variable `$v` is not a value of type `Int`",
        ),
        (
            "[ID!]!",
            "ids",
            json!(["a", null]),
            "variable `$v[1]` must not be null",
        ),
        (
            "[Colour!]!",
            "colours",
            json!(["RED", "BLUE"]),
            "variable `$v[1]` is not a value of type `Colour`",
        ),
        ("Part!", "part", json!({}), "variable `$v.id` is required"),
        (
            "Part!",
            "part",
            json!({ "id": 1, "inner": { "id": 2, "colour": "BLUE" } }),
            "variable `$v.inner.colour` is not a value of type `Colour`",
        ),
        (
            "Part!",
            "part",
            json!({ "id": 1, "size": 2 }),
            "variable `$v` has a field `size` that `Part` does not define",
        ),
        (
            "Choice!",
            "choice",
            json!({}),
            "variable `$v` is to have exactly one field of `Choice`, and not null",
        ),
        (
            "Choice!",
            "choice",
            json!({ "id": 1, "part": { "id": 1 } }),
            "variable `$v` is to have exactly one field of `Choice`, and not null",
        ),
    ] {
        let document = format!("query ($v: {kind}) {{ {field}(of: $v) }}");
        let refused = run(&document, json!({ "v": value })).await;
        assert_eq!(refused["refused"], message);
    }
    let missing = run("query ($v: Int!) { int(of: $v) }", json!({})).await;
    assert_eq!(missing["refused"], "variable `$v` is required");
}

#[tokio::test]
async fn all_that_is_wrong_with_the_variables_is_told_at_once() {
    let schema = Served::new(|| Schema::build(Query, Mutation, EmptySubscription));
    let documents = Documents::new(&schema.schema().sdl(), Scalars::default()).unwrap();
    let document = "query ($a: Int!, $b: Part!) { int(of: $a) part(of: $b) }";
    let variables = json!({ "a": "x", "b": { "count": "y", "inner": {} } });
    let mut request = Request::new(document).variables(Variables::from_json(variables));
    let refused = documents.prepare(&mut request).unwrap_err();
    let extensions = refused.errors.iter().map(|error| {
        let extensions = error.extensions.clone().unwrap();
        let path = extensions.get("inputPath").cloned().unwrap();
        json!([extensions.get("variable"), path])
    });
    assert_eq!(
        extensions.collect::<Vec<_>>(),
        [
            json!(["a", []]),
            json!(["b", ["id"]]),
            json!(["b", ["count"]]),
            json!(["b", ["inner", "id"]]),
        ]
    );
}

/// In the order in which they are selected first, as the language has it.
#[tokio::test]
async fn equal_fields_are_one_and_keep_their_order() {
    let document = "query ($no: Boolean = false) {
        b: int ...F a: text(of: \"x\") int @include(if: $no) ... { b: int c: int(of: 2) }
    } fragment F on Query { int @skip(if: $no) d: float(of: 1) b: int }";
    let schema = Served::new(|| Schema::build(Query, Mutation, EmptySubscription));
    let documents = Documents::new(&schema.schema().sdl(), Scalars::default()).unwrap();
    let mut request = Request::new(document);
    let prepared = documents.prepare(&mut request).unwrap();
    assert_eq!(prepared.price.cost, 5);
    let async_graphql::Value::Object(data) = schema.execute(request).await.data else {
        panic!("no data");
    };
    let keys: Vec<_> = data.keys().map(|key| key.as_str()).collect();
    assert_eq!(keys, ["b", "int", "d", "a", "c"]);
}
