//! What is refused of a document before it is walked, and what it costs.

use async_graphql::{Request, Variables};
use proptest::sample::select;
use serde_json::json;
use tributary_transport::document::collect::MAX_ARGUMENTS;
use tributary_transport::document::definitions::Scalars;
use tributary_transport::document::expansion::MAX_RECURSION;
use tributary_transport::document::{Documents, MAX_TOKENS, scan};

use crate::{code, documents};

/// The code of a document's refusal; none if it may run.
fn refusal(document: &str) -> Option<String> {
    let prepared = documents().prepare(&mut Request::new(document));
    prepared.err().map(|refused| code(&refused))
}

fn is_too_complex(document: &str) {
    assert_eq!(
        refusal(document).as_deref(),
        Some("QUERY_TOO_COMPLEX"),
        "{document}"
    );
}

#[test]
fn long_and_deep_documents_are_refused_before_they_are_parsed() {
    is_too_complex(&format!("{{ {} }}", "a ".repeat(MAX_TOKENS)));
    is_too_complex(&format!(
        "{{ a(x: {}1{}) }}",
        "[".repeat(900),
        "]".repeat(900)
    ));
    is_too_complex(&format!(
        "query ($a: {}Int{}) {{ int }}",
        "[".repeat(900),
        "]".repeat(900)
    ));
}

#[test]
fn fragments_that_multiply_are_refused_before_they_are_walked() {
    let mut bomb = String::from("{ ...F0 }");
    for n in 0..40 {
        let next = n + 1;
        bomb.push_str(&format!(
            "fragment F{n} on Root {{ ...F{next} ...F{next} }}"
        ));
    }
    bomb.push_str("fragment F40 on Root { int }");
    is_too_complex(&bomb);
}

#[test]
fn fragments_nest_only_so_deep() {
    let chain = |length: usize| {
        let mut chain = String::from("{ ...F0 }");
        for n in 1..length {
            chain.push_str(&format!("fragment F{} on Root {{ ...F{n} }}", n - 1));
        }
        chain + &format!("fragment F{} on Root {{ int }}", length - 1)
    };
    assert_eq!(refusal(&chain(MAX_RECURSION - 1)), None);
    is_too_complex(&chain(MAX_RECURSION));
    is_too_complex(&chain(250));
}

#[test]
fn unused_fragments_are_not_walked_either() {
    let mut bomb = String::from("{ int }");
    for n in 0..40 {
        let next = n + 1;
        bomb.push_str(&format!(
            "fragment F{n} on Root {{ ...F{next} ...F{next} }}"
        ));
    }
    bomb.push_str("fragment F40 on Root { int }");
    is_too_complex(&bomb);
}

#[test]
fn a_variable_that_is_used_again_and_again_is_counted_each_time() {
    let uses: Vec<_> = (0..25).map(|n| format!("a{n}: text(of: $t)")).collect();
    let document = format!("query ($t: String) {{ {} }}", uses.join(" "));
    let refused = |length: usize| {
        let text = "x".repeat(length);
        let variables = Variables::from_json(json!({ "t": text }));
        let mut request = Request::new(&document).variables(variables);
        documents()
            .prepare(&mut request)
            .err()
            .map(|refused| code(&refused))
    };
    assert_eq!(refused(MAX_ARGUMENTS / 26), None);
    assert_eq!(
        refused(MAX_ARGUMENTS / 24).as_deref(),
        Some("QUERY_TOO_COMPLEX")
    );
}

#[test]
fn messages_repeat_little_of_what_was_sent() {
    let long = "x".repeat(5_000);
    for (document, variables) in [
        (format!("{{ {long} }}"), json!({})),
        (format!("{{ int(of: {long}) }}"), json!({})),
        (format!("{{ int(of: \"{long}\") }}"), json!({})),
        (format!("{{ int(of: 1{}) }}", "0".repeat(5_000)), json!({})),
        (format!("{{ text(of: \"{long}"), json!({})),
        (format!("{{ ...{long} }}"), json!({})),
        (format!("query (${long}: Int) {{ int }}"), json!({})),
        (
            format!("query (${long}: Int!) {{ int(of: ${long}) }}"),
            json!({}),
        ),
        (format!("{{ int @{long} }}"), json!({})),
        (format!("{{ ... on {long} {{ int }} }}"), json!({})),
        (
            "query ($v: Int) { int(of: $v) }".to_owned(),
            json!({ "v": long }),
        ),
        (
            "query ($v: Colour) { colour(of: $v) }".to_owned(),
            json!({ "v": long }),
        ),
        (
            "query ($v: Box) { box(in: $v) }".to_owned(),
            json!({ "v": { long.clone(): 1 } }),
        ),
        (
            "query ($v: Box) { box(in: $v) }".to_owned(),
            json!({ "v": { "width": long } }),
        ),
    ] {
        let variables = Variables::from_json(variables);
        let mut request = Request::new(&document).variables(variables);
        let refused = documents().prepare(&mut request).unwrap_err();
        for error in &refused.errors {
            assert!(error.message.chars().count() <= 301, "{}", error.message);
            assert!(
                !error.message.contains(&"x".repeat(81)),
                "{}",
                error.message
            );
        }
        let whole = serde_json::to_string(&refused.errors).unwrap();
        assert!(whole.len() < 8_000, "{}", whole.len());
    }
    let mut named = Request::new("{ int }").operation_name(&long);
    let refused = documents().prepare(&mut named).unwrap_err();
    assert!(refused.errors[0].message.len() < 120);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(words in proptest::collection::vec(
        select(vec![
            "{", "}", "(", ")", "[", "]", "...", "on", "fragment", "F", "Root", "query", "box",
            "mutation", "subscription", "int", ":", "$x", "!", "=", "@skip", "if", "true", "\"",
            "\"\"\"", "\\", "\\u12", "\\uD800", "-1.5e3", "9999999999999999999", "#", "\n", ",",
            "\u{feff}", "é", "\u{0}", "dog", "name", "of", "in", "width", "Box", "Int",
        ]),
        0..40,
    )) {
        let text = words.join(" ");
        let extent = scan::measure(&text);
        proptest::prop_assert!(extent.tokens <= text.len());
        let _ = documents().prepare(&mut Request::new(&text));
        let _ = documents().prepare(&mut Request::new(words.concat()));
    }
}

#[test]
fn a_schema_that_is_not_valid_is_told_of() {
    let invalid = Documents::new("type Query { a: Missing }", Scalars::default());
    assert!(
        invalid
            .err()
            .is_some_and(|reason| reason.contains("Missing"))
    );
}
