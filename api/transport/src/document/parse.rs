//! A text as a valid document, or what is wrong with it.

use apollo_compiler::ast::Document;
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::executable::ExecutableDocument;
use apollo_compiler::parser::{Parser, SourceSpan};
use apollo_compiler::validation::DiagnosticList;
use async_graphql::ServerError;

use super::definitions::Definitions;
use super::problem::{MOST_PROBLEMS, brief};
use super::source::{self, Lines};
use super::{conflicts, expansion, subscriptions, values};
use crate::refusal::Refusal;

/// The longest that something out of a document is repeated in a message.
const LONGEST_ECHO: usize = 40;
/// The longest message.
const LONGEST_MESSAGE: usize = 300;

/// Parses a document.
///
/// # Errors
///
/// What is wrong with its syntax, first of all.
pub fn parse(text: &str, lines: &Lines<'_>) -> Result<Document, ServerError> {
    if let Some(at) = source::name_without_value(text) {
        let message = "syntax error: expected `:` and a value";
        return Err(Refusal::ParseFailed.error(message, Some(lines.position(at))));
    }
    let (bare, descriptions) = source::without_descriptions(text);
    for description in descriptions {
        // Its escapes have to be right, wherever it stands.
        if Parser::new()
            .parse_ast(format!("{{a(b:{description})}}"), "")
            .is_err()
        {
            let at = text.find(description).map(|at| lines.position(at));
            let message = "syntax error: the description is not a string";
            return Err(Refusal::ParseFailed.error(message, at));
        }
    }
    let parsed = Parser::new().parse_ast(bare, "document");
    let document = parsed.map_err(|failed| first(&failed.errors, lines))?;
    if document.definitions.is_empty() {
        Err(Refusal::ParseFailed.error("the document is empty", None))
    } else {
        Ok(document)
    }
}

/// The first syntax error: those after it follow from it.
fn first(errors: &DiagnosticList, lines: &Lines<'_>) -> ServerError {
    let Some(error) = errors.iter().next() else {
        return Refusal::ParseFailed.error("syntax error", None);
    };
    let message = shortened(&error.error.to_string());
    let at = error.error.location();
    Refusal::ParseFailed.error(message, at.map(|at| lines.position(at.offset())))
}

/// Holds a document to the schema.
///
/// # Errors
///
/// What does not fit, at most [`MOST_PROBLEMS`].
pub fn validate(
    definitions: &Definitions,
    document: &Document,
    lines: &Lines<'_>,
) -> Result<ExecutableDocument, Vec<ServerError>> {
    expansion::bound(document).map_err(|message| vec![Refusal::TooComplex.error(message, None)])?;
    let built = document.to_executable(&definitions.schema);
    let built = built.map_err(|invalid| all(&invalid.errors, lines))?;
    let document = match built.validate(&definitions.schema) {
        Ok(document) => document.into_inner(),
        Err(invalid) => {
            let errors = all(&invalid.errors, lines);
            if !errors.is_empty() {
                return Err(errors);
            }
            invalid.partial
        }
    };
    let mut broken = subscriptions::check(&document);
    broken.extend(values::check(definitions, &document));
    match conflicts::check(definitions, &document) {
        Ok(conflicts) => broken.extend(conflicts),
        Err(conflicts::TooMany) => {
            let message = "the document has too many fields that could be one";
            return Err(vec![Refusal::TooComplex.error(message, None)]);
        }
    }
    if broken.is_empty() {
        Ok(document)
    } else {
        Err(broken
            .iter()
            .take(MOST_PROBLEMS)
            .map(|(message, at)| invalid(message, *at, lines))
            .collect())
    }
}

/// The errors of the validator, but for those of a rule that is replaced.
fn all(errors: &DiagnosticList, lines: &Lines<'_>) -> Vec<ServerError> {
    let errors = errors
        .iter()
        .filter(|error| error.error.unstable_error_name() != Some(subscriptions::REPLACED_RULE));
    errors
        .take(MOST_PROBLEMS)
        .map(|error| invalid(&error.error.to_string(), error.error.location(), lines))
        .collect()
}

fn invalid(message: &str, at: Option<SourceSpan>, lines: &Lines<'_>) -> ServerError {
    let at = at.map(|at| lines.position(at.offset()));
    Refusal::ValidationFailed.error(shortened(message), at)
}

/// A message that repeats no more of a document than helps to find the place.
fn shortened(message: &str) -> String {
    let parts = message
        .split('`')
        .enumerate()
        .map(|(at, part)| match at % 2 {
            1 => brief(part, LONGEST_ECHO),
            _ => part.to_owned(),
        });
    brief(&parts.collect::<Vec<_>>().join("`"), LONGEST_MESSAGE)
}
