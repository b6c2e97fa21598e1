//! A code on every error. Resolvers give their own; what the executor itself
//! refuses gets one here.

use std::sync::Arc;

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextParseQuery, NextRequest, NextSubscribe,
    NextValidation,
};
use async_graphql::futures_util::stream::{BoxStream, StreamExt};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{
    ErrorExtensionValues, Response, ServerError, ServerResult, ValidationResult, Variables,
};

use super::refusal::Refusal;

/// Gives each error that leaves the schema an `extensions.code`.
pub struct Codes;

impl ExtensionFactory for Codes {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Coder)
    }
}

struct Coder;

#[async_trait]
impl Extension for Coder {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        coded(next.run(ctx).await)
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        next.run(ctx, stream).map(coded).boxed()
    }

    /// The document was parsed before it came here, so what fails in this
    /// phase is a limit: recursion, directives or aliases.
    async fn parse_query(
        &self,
        ctx: &ExtensionContext<'_>,
        query: &str,
        variables: &Variables,
        next: NextParseQuery<'_>,
    ) -> ServerResult<ExecutableDocument> {
        let parsed = next.run(ctx, query, variables).await;
        parsed.map_err(|error| Refusal::TooComplex.mark(error))
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let validated = next.run(ctx).await;
        validated.map_err(|errors| errors.into_iter().map(invalid).collect())
    }
}

/// Tells the two limits that validation checks from what is wrong with the
/// document. The executor tells them by their text alone.
fn invalid(error: ServerError) -> ServerError {
    match error.message.as_str() {
        "Query is too complex." | "Query is nested too deep." => Refusal::TooComplex.mark(error),
        _ => Refusal::ValidationFailed.mark(error),
    }
}

fn coded(mut response: Response) -> Response {
    for error in &mut response.errors {
        code(error);
    }
    response
}

/// Codes an error that has none. An error with a source came through `?` from
/// code that never meant its words for callers: they go to the log instead.
fn code(error: &mut ServerError) {
    let extensions = error
        .extensions
        .get_or_insert_with(ErrorExtensionValues::default);
    if extensions.get("code").is_some() {
        return;
    }
    if error.source.is_none() {
        extensions.set("code", "INVALID_ARGUMENT");
        return;
    }
    tracing::error!(error = %error.message, path = ?error.path, "a resolver failed");
    extensions.set("code", Refusal::Internal.code());
    error.message = "the request could not be completed".to_owned();
}
