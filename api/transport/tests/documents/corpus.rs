//! The same verdicts as graphql-js, the reference implementation, on a corpus
//! of documents. `corpus/record.sh` records them anew.

use std::collections::BTreeMap;
use std::{env, fs};

use async_graphql::{Request, Variables};
use serde_json::Value;
use tributary_transport::document::Documents;
use tributary_transport::document::definitions::Scalars;

const VERDICTS: &str = include_str!("corpus/verdicts.json");
/// Where the specification is on our side, with the reason.
const DISAGREEMENTS: &str = include_str!("corpus/disagreements.json");

/// What the step is called that refuses a document; `ok` if none does.
fn verdict(documents: &Documents, case: &Value) -> String {
    let mut request = Request::new(case["query"].as_str().unwrap());
    if !case["variables"].is_null() {
        request = request.variables(Variables::from_json(case["variables"].clone()));
    }
    if let Some(name) = case["operation"].as_str() {
        request = request.operation_name(name);
    }
    let Err(refused) = documents.prepare(&mut request) else {
        return "ok".to_owned();
    };
    let extensions = refused.errors[0].extensions.as_ref().unwrap();
    let code = extensions.get("code").unwrap().to_string();
    match code.trim_matches('"') {
        "GRAPHQL_PARSE_FAILED" => "parse",
        "UNKNOWN_OPERATION" => "operation",
        "GRAPHQL_VALIDATION_FAILED" if extensions.get("variable").is_some() => "variables",
        "GRAPHQL_VALIDATION_FAILED" if extensions.get("argument").is_some() => "arguments",
        "GRAPHQL_VALIDATION_FAILED" => "validation",
        other => other,
    }
    .to_owned()
}

/// A document without white space, to find it again by.
fn tight(query: &Value) -> String {
    query.as_str().unwrap().split_whitespace().collect()
}

/// `TRIBUTARY_VERDICTS` names a file of more documents.
#[test]
fn the_verdicts_are_those_of_the_reference_implementation() {
    let more = env::var_os("TRIBUTARY_VERDICTS").map(|path| fs::read_to_string(path).unwrap());
    let verdicts = more.as_deref().unwrap_or(VERDICTS);
    let sdl = [
        ("wide", include_str!("corpus/schema.graphql")),
        ("real", include_str!("../../../schema.graphql")),
    ];
    let documents: BTreeMap<&str, Documents> = sdl
        .into_iter()
        .map(|(name, sdl)| (name, Documents::new(sdl, Scalars::default()).unwrap()))
        .collect();
    let recorded: Value = serde_json::from_str(verdicts).unwrap();
    let recorded = recorded["documents"].as_array().unwrap();
    assert!(recorded.len() > 1_000);
    let excepted: Vec<Value> = serde_json::from_str(DISAGREEMENTS).unwrap();
    let mut different = Vec::new();
    for case in recorded {
        let ours = verdict(&documents[case["schema"].as_str().unwrap()], case);
        let mut exceptions = excepted.iter();
        let exception = exceptions.find(|exception| {
            let mut queries = exception["queries"].as_array().unwrap().iter();
            queries.any(|query| tight(query) == tight(&case["query"]))
        });
        let expected = exception.map_or(&case["verdict"], |exception| &exception["ours"]);
        if *expected != ours.as_str() {
            different.push(format!("{ours}, and recorded is {case}"));
        }
    }
    assert!(
        different.is_empty(),
        "{}\n{} differ",
        different.join("\n"),
        different.len()
    );
}
