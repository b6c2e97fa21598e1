//! What is checked of a document before the schema sees it.

use std::collections::HashSet;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
};
use async_graphql::{Positioned, Request, ServerError, Value, Variables};

use super::expansion::{self, Fragments};
use super::refusal::Refusal;
use super::scan;

/// The most lexical tokens in a document.
pub const MAX_TOKENS: usize = 2_000;
/// The deepest nesting of brackets of any kind in a document.
pub const MAX_NESTING: usize = 64;

/// The most fields at the root of an operation, each time one is selected and
/// once fragments are written out. Equal fields are one to whoever reads the
/// answer, but the executor reads each of them anew. Not refused outright:
/// clients that compose fragments select a root field more than once.
pub const MAX_ROOT_FIELDS: usize = 50;

/// Measures and parses the document of a request, and tells what the operation
/// that would run is.
///
/// # Errors
///
/// A document that is too large, is not GraphQL, does not say which operation
/// to run, lacks a variable, or would run one mutation field twice. The error
/// carries its [`Refusal`].
pub fn inspect(request: &mut Request) -> Result<OperationType, ServerError> {
    let extent = scan::measure(&request.query);
    if extent.tokens > MAX_TOKENS || extent.nesting > MAX_NESTING {
        let message = format!(
            "the document has more than {MAX_TOKENS} tokens or is nested deeper than {MAX_NESTING}"
        );
        return Err(Refusal::TooComplex.error(message, None));
    }
    let document =
        parse_query(&request.query).map_err(|error| Refusal::ParseFailed.mark(error.into()))?;
    expansion::bound(&document)?;

    let operation = chosen(&document, request.operation_name.as_deref())?;
    supplied(operation, &request.variables)?;
    match operation.node.ty {
        OperationType::Query => few(&roots(operation, &document.fragments))?,
        OperationType::Mutation => once_each(&roots(operation, &document.fragments))?,
        OperationType::Subscription => single_field(operation)?,
    }
    let kind = operation.node.ty;
    request.set_parsed_query(document);
    Ok(kind)
}

/// Refuses a mutation where results come over a connection of their own: what
/// is lost with it cannot be told from what never ran.
pub fn streamed(kind: OperationType) -> Result<(), ServerError> {
    match kind {
        OperationType::Query | OperationType::Subscription => Ok(()),
        OperationType::Mutation => Err(Refusal::MutationOverStream.error(
            "post a mutation and accept JSON: over a socket or as events, its answer could be lost",
            None,
        )),
    }
}

/// The operation that a request means.
fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a Positioned<OperationDefinition>, ServerError> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
        (DocumentOperations::Multiple(operations), None) => {
            let only = operations.values().next();
            only.filter(|_| operations.len() == 1)
        }
    };
    found.ok_or_else(|| {
        let message = match name {
            Some(name) => format!("the document has no operation named `{name}`"),
            None => "the document has several operations: name one in `operationName`".to_owned(),
        };
        Refusal::UnknownOperation.error(message, None)
    })
}

/// Refuses an operation whose required variables are not all there. Validation
/// here checks the values that came, and execution stumbles over the others.
fn supplied(
    operation: &Positioned<OperationDefinition>,
    variables: &Variables,
) -> Result<(), ServerError> {
    for definition in &operation.node.variable_definitions {
        let name = &definition.node.name.node;
        let optional = definition.node.default_value().is_some();
        let value = variables.get(name).filter(|value| **value != Value::Null);
        if value.is_none() && !optional {
            let message = format!("variable `${name}` is required");
            return Err(Refusal::ValidationFailed.error(message, Some(definition.pos)));
        }
    }
    Ok(())
}

/// The fields at the root of an operation, also those in fragments.
fn roots<'a>(
    operation: &'a Positioned<OperationDefinition>,
    fragments: &'a Fragments,
) -> Vec<&'a Positioned<Field>> {
    let mut fields = Vec::new();
    let mut sets = vec![&operation.node.selection_set];
    while let Some(set) = sets.pop() {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => fields.push(field),
                Selection::InlineFragment(fragment) => sets.push(&fragment.node.selection_set),
                Selection::FragmentSpread(spread) => sets.extend(
                    fragments
                        .get(&spread.node.fragment_name.node)
                        .map(|fragment| &fragment.node.selection_set),
                ),
            }
        }
    }
    fields
}

/// Refuses more fields at the root than one request may have read.
fn few(roots: &[&Positioned<Field>]) -> Result<(), ServerError> {
    match roots.get(MAX_ROOT_FIELDS) {
        None => Ok(()),
        Some(field) => {
            let message =
                format!("the operation selects more than {MAX_ROOT_FIELDS} fields at its root");
            Err(Refusal::TooComplex.error(message, Some(field.pos)))
        }
    }
}

/// Refuses a mutation in which a response key occurs twice at the root, also
/// through fragments. The language collects equal fields and runs them once;
/// the executor here runs each occurrence, so money could move twice while one
/// answer is returned.
fn once_each(roots: &[&Positioned<Field>]) -> Result<(), ServerError> {
    let mut keys = HashSet::new();
    for field in roots {
        let key = field.node.response_key();
        if !keys.insert(&key.node) {
            let message = format!(
                "`{}` occurs twice at the root of this mutation: give each occurrence an alias of its own",
                key.node
            );
            return Err(Refusal::RepeatedMutationField.error(message, Some(field.pos)));
        }
    }
    Ok(())
}

/// Refuses a subscription that is not to exactly one field, written out: the
/// executor here would run several, and none of those in a fragment.
fn single_field(operation: &Positioned<OperationDefinition>) -> Result<(), ServerError> {
    let set = &operation.node.selection_set;
    match set.node.items.as_slice() {
        [only] if matches!(only.node, Selection::Field(_)) => Ok(()),
        _ => Err(Refusal::ValidationFailed.error(
            "a subscription selects exactly one field, and not through a fragment",
            Some(set.pos),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspected(document: &str) -> Result<OperationType, Refusal> {
        inspect(&mut Request::new(document)).map_err(|error| {
            let reason = Refusal::of_error(&error);
            reason.unwrap_or_else(|| panic!("no reason on {error:?}"))
        })
    }

    #[test]
    fn the_kind_of_the_operation_that_would_run_is_told() {
        assert_eq!(inspected("{ a }"), Ok(OperationType::Query));
        assert_eq!(inspected("mutation { a b }"), Ok(OperationType::Mutation));
        assert_eq!(
            inspected("subscription { a }"),
            Ok(OperationType::Subscription)
        );
        assert_eq!(inspected("{ a"), Err(Refusal::ParseFailed));
        assert_eq!(inspected(""), Err(Refusal::ParseFailed));
    }

    #[test]
    fn a_document_of_several_operations_needs_a_name() {
        let document = "query A { a } mutation B { b }";
        assert_eq!(inspected(document), Err(Refusal::UnknownOperation));

        let mut named = Request::new(document).operation_name("B");
        assert_eq!(inspect(&mut named).ok(), Some(OperationType::Mutation));

        let mut stranger = Request::new(document).operation_name("C");
        assert!(inspect(&mut stranger).is_err());
        let mut anonymous = Request::new("{ a }").operation_name("A");
        assert!(inspect(&mut anonymous).is_err());
    }

    #[test]
    fn a_mutation_field_that_would_run_twice_is_refused() {
        for twice in [
            "mutation { pay(x: 1) pay(x: 1) }",
            "mutation { a: pay a: refund }",
            "mutation { pay ... { pay } }",
            "mutation { ... on M { ... on M { pay } } pay }",
            "mutation { ...F ...G } fragment F on M { pay } fragment G on M { pay }",
            "mutation { ...F ...F } fragment F on M { pay }",
            "mutation { pay @skip(if: true) pay }",
        ] {
            assert_eq!(
                inspected(twice),
                Err(Refusal::RepeatedMutationField),
                "{twice}"
            );
        }
        for once in [
            "mutation { a: pay b: pay }",
            "mutation { pay { id } refund { id } }",
            "mutation { ...F refund } fragment F on M { pay }",
            "mutation { pay { id id ...F } } fragment F on P { id }",
        ] {
            assert_eq!(inspected(once), Ok(OperationType::Mutation), "{once}");
        }
        assert_eq!(inspected("{ a a a }"), Ok(OperationType::Query));
    }

    #[test]
    fn a_query_reads_few_fields_at_its_root_however_they_are_written() {
        let many = |count: usize| "a ".repeat(count);
        let spread = |count: usize| "...F ".repeat(count);
        for (document, fields) in [
            (format!("{{ {} }}", many(50)), 50),
            (format!("{{ {} }}", many(51)), 51),
            (format!("{{ ... {{ {} }} a }}", many(50)), 51),
            (
                format!("{{ {} }} fragment F on Q {{ a b }}", spread(25)),
                50,
            ),
            (
                format!("{{ {} }} fragment F on Q {{ a b }}", spread(26)),
                52,
            ),
        ] {
            let expected = match fields <= MAX_ROOT_FIELDS {
                true => Ok(OperationType::Query),
                false => Err(Refusal::TooComplex),
            };
            assert_eq!(inspected(&document), expected, "{document}");
        }
        let within = format!("{{ a {{ {} }} }}", many(51));
        assert_eq!(inspected(&within), Ok(OperationType::Query));
    }

    #[test]
    fn only_the_operation_that_runs_is_held_to_its_fields() {
        let mut request = Request::new("query A { a } mutation B { b b }").operation_name("A");
        assert_eq!(inspect(&mut request).ok(), Some(OperationType::Query));
    }

    #[test]
    fn required_variables_are_required() {
        let with = |query: &str, variables: serde_json::Value| {
            let variables = Variables::from_json(variables);
            inspect(&mut Request::new(query).variables(variables)).is_ok()
        };
        let null = serde_json::json!({ "x": null });
        let seven = serde_json::json!({ "x": 7 });
        let none = serde_json::json!({});
        assert!(!with("query($x: Int!) { a }", none.clone()));
        assert!(!with("query($x: Int!) { a }", null.clone()));
        assert!(with("query($x: Int!) { a }", seven));
        assert!(with("query($x: Int! = 1) { a }", none.clone()));
        assert!(with("query($x: Int) { a }", none));
        assert!(with("query($x: Int) { a }", null));
    }

    #[test]
    fn a_subscription_is_to_one_field() {
        for document in [
            "subscription { a b }",
            "subscription { ...F } fragment F on S { a }",
            "subscription { ... { a } }",
        ] {
            assert_eq!(
                inspected(document),
                Err(Refusal::ValidationFailed),
                "{document}"
            );
        }
    }

    #[test]
    fn fragments_that_multiply_are_refused_before_they_are_walked() {
        let mut bomb = String::from("{ ...F0 }");
        for n in 0..40 {
            let next = n + 1;
            bomb.push_str(&format!("fragment F{n} on Q {{ ...F{next} ...F{next} }}"));
        }
        bomb.push_str("fragment F40 on Q { a }");
        assert_eq!(inspected(&bomb), Err(Refusal::TooComplex));
    }

    #[test]
    fn fragments_that_spread_themselves_are_refused() {
        for document in [
            "{ ...F } fragment F on Q { ...F }",
            "mutation { ...F } fragment F on M { ...G } fragment G on M { a { ...F } }",
        ] {
            assert_eq!(
                inspected(document),
                Err(Refusal::ValidationFailed),
                "{document}"
            );
        }
    }

    #[test]
    fn long_and_deep_documents_are_refused_before_they_are_parsed() {
        let long = format!("{{ {} }}", "a ".repeat(MAX_TOKENS));
        assert_eq!(inspected(&long), Err(Refusal::TooComplex));

        let deep = format!("{{ a(x: {}1{}) }}", "[".repeat(900), "]".repeat(900));
        assert_eq!(inspected(&deep), Err(Refusal::TooComplex));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(words in proptest::collection::vec(
            proptest::sample::select(vec![
                "{", "}", "(", ")", "[", "]", "...", "on", "fragment", "F", "Q", "query",
                "mutation", "subscription", "a", ":", "$x", "!", "=", "@skip", "if", "true", "\"",
                "\"\"\"", "\\", "\\u12", "\\uD800", "-1.5e3", "9999999999999999999", "#", "\n", ",",
                "\u{feff}", "é", "\u{0}",
            ]),
            0..40,
        )) {
            let document = words.join(" ");
            let extent = scan::measure(&document);
            proptest::prop_assert!(extent.tokens <= document.len());
            let _ = inspect(&mut Request::new(&document));
            let _ = inspect(&mut Request::new(words.concat()));
        }
    }

    #[test]
    fn a_chain_of_fragments_as_long_as_a_document_can_be_is_walked_safely() {
        let mut chain = String::from("{ ...F0 }");
        for n in 0..210 {
            chain.push_str(&format!("fragment F{n} on Q {{ ...F{} }}", n + 1));
        }
        chain.push_str("fragment F210 on Q { a }");
        assert_eq!(inspected(&chain), Ok(OperationType::Query));
    }
}
