//! What happens to a document before the executor gets it: it is measured,
//! parsed, held to the schema, given its variables and priced.

pub mod checks;
pub mod coerce;
pub mod collect;
pub mod conflicts;
pub mod convert;
pub mod definitions;
pub mod directives;
pub mod expansion;
pub mod introspection;
pub mod parse;
pub mod price;
pub mod problem;
pub mod scan;
pub mod source;
pub mod subscriptions;
pub mod values;

use apollo_compiler::Node;
use apollo_compiler::ast;
use apollo_compiler::executable::{ExecutableDocument, Operation};
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, ServerError};

use crate::refusal::Refusal;
use crate::served::{MAX_SMALL_COST, Small};
use crate::sharing::Selected;
use crate::{MAX_COMPLEXITY, MAX_DEPTH};
use definitions::{Definitions, Scalars};
use price::Price;
use source::Lines;

/// The most lexical tokens in a document.
pub const MAX_TOKENS: usize = 2_000;
/// The deepest nesting of brackets of any kind in a document.
pub const MAX_NESTING: usize = 64;

/// What documents are held to.
pub struct Documents {
    definitions: Definitions,
}

/// What is known of an operation that may run.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// What it costs.
    pub price: Price,
}

/// Why an operation may not run.
#[derive(Debug)]
pub struct Refused {
    /// The reasons, each with its code.
    pub errors: Vec<ServerError>,
    /// What it would have cost, if that is known.
    pub price: Option<Price>,
}

impl From<Vec<ServerError>> for Refused {
    fn from(errors: Vec<ServerError>) -> Self {
        Self {
            errors,
            price: None,
        }
    }
}

impl From<ServerError> for Refused {
    fn from(error: ServerError) -> Self {
        vec![error].into()
    }
}

impl Documents {
    /// Reads the schema that documents are held to from its SDL.
    ///
    /// # Errors
    ///
    /// SDL that is not valid, with what is wrong with it.
    pub fn new(sdl: &str, scalars: Scalars) -> Result<Self, String> {
        Definitions::new(sdl, scalars).map(|definitions| Self { definitions })
    }

    /// Makes a request ready for the executor: its document is replaced by one
    /// of the operation that is to run, in which everything is decided. Its data
    /// gets the [`Price`].
    ///
    /// # Errors
    ///
    /// Why it may not run.
    pub fn prepare(&self, request: &mut Request) -> Result<Prepared, Refused> {
        let text = std::mem::take(&mut request.query);
        let variables = std::mem::take(&mut request.variables);
        let extent = scan::measure(&text);
        if extent.tokens > MAX_TOKENS || extent.nesting > MAX_NESTING {
            let message = format!(
                "the document has more than {MAX_TOKENS} tokens or is nested deeper than {MAX_NESTING}"
            );
            return Err(Refusal::TooComplex.error(message, None).into());
        }
        let lines = Lines::new(&text);
        let document = parse::parse(&text, &lines)?;
        let document = parse::validate(&self.definitions, &document, &lines)?;
        let operation = chosen(&document, request.operation_name.as_deref())?;
        let name = operation.name.as_ref().map(ToString::to_string);
        let kind = match operation.operation_type {
            ast::OperationType::Query => OperationType::Query,
            ast::OperationType::Mutation => OperationType::Mutation,
            ast::OperationType::Subscription => OperationType::Subscription,
        };

        let errors = |problems: Vec<problem::Problem>| -> Refused {
            let errors = problems.iter().map(|problem| problem.error(&lines));
            errors.collect::<Vec<_>>().into()
        };
        let variables = coerce::variables(&self.definitions, operation, &variables);
        let variables = variables.map_err(errors)?;
        let fields = collect::operation(&self.definitions, &document, operation, &variables);
        let fields = fields.map_err(|refused| match refused {
            collect::Refused::Arguments(problems) => errors(problems),
            collect::Refused::TooLarge(message) => Refusal::TooComplex.error(message, None).into(),
        })?;
        let price = price::of(&self.definitions, &fields);
        within(price)?;
        request.data.insert(price);
        if kind == OperationType::Query && price.cost <= MAX_SMALL_COST && !price.is_assumed {
            request.data.insert(Small);
        }
        let document = convert::document(kind, fields, &lines, name.as_deref());
        if kind == OperationType::Subscription
            && let Some(selected) = Selected::of(&document)
        {
            request.data.insert(selected);
        }
        request.set_parsed_query(document);
        Ok(Prepared { kind, name, price })
    }
}

/// The operation that a request means.
fn chosen<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Result<&'a Node<Operation>, ServerError> {
    document.operations.get(name).map_err(|_| {
        let message = match name {
            Some(name) => {
                let name = problem::brief(name, 40);
                format!("the document has no operation named `{name}`")
            }
            None => "the document has several operations: name one in `operationName`".to_owned(),
        };
        Refusal::UnknownOperation.error(message, None)
    })
}

/// Refuses a measure beyond its limit, with both.
fn within(price: Price) -> Result<(), Refused> {
    for (measure, actual, limit) in [
        ("cost", price.cost, MAX_COMPLEXITY),
        ("depth", price.depth, MAX_DEPTH),
    ] {
        if actual > limit {
            let message =
                format!("the {measure} of this operation is {actual}, and at most {limit}");
            let mut error = Refusal::TooComplex.error(message, None);
            let extensions = error.extensions.get_or_insert_default();
            extensions.set(measure, actual);
            extensions.set("limit", limit);
            return Err(Refused {
                errors: vec![error],
                price: Some(price),
            });
        }
    }
    Ok(())
}

/// Refuses a mutation where results come over a connection of their own: what
/// is lost with it cannot be told from what never ran.
///
/// # Errors
///
/// The refusal, for a mutation.
pub fn streamed(prepared: Prepared) -> Result<Prepared, Refused> {
    match prepared.kind {
        OperationType::Query | OperationType::Subscription => Ok(prepared),
        OperationType::Mutation => {
            let message = "post a mutation and accept JSON: over a socket or as events, its answer could be lost";
            Err(Refusal::MutationOverStream.error(message, None).into())
        }
    }
}
