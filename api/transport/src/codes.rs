//! A code on every error. Resolvers give their own; what the executor itself
//! refuses gets one here. And what one execution may take: see [`super::bounds`].

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextExecute, NextParseQuery, NextRequest,
    NextResolve, NextSubscribe, NextValidation, ResolveInfo,
};
use async_graphql::futures_util::stream::{BoxStream, StreamExt};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{
    ErrorExtensionValues, PathSegment, QueryPathNode, Response, ServerError, ServerResult,
    ValidationResult, Value, Variables,
};
use futures_util::FutureExt;
use serde_json::value::{RawValue, to_raw_value};

use super::answer::{Wire, internal, too_large};
use super::bounds::{ExpensiveLimit, Progress, Resolved};
use super::document::price::Price;
use super::operation::priced;
use super::refusal::Refusal;
use super::shares::Group;
use super::sharing::{Same, SharedTexts};

/// Gives each error that leaves the schema an `extensions.code`, and bounds each
/// execution.
pub struct Codes {
    places: ExpensiveLimit,
    texts: SharedTexts,
}

impl Codes {
    /// Expensive operations take these places.
    pub fn new(places: ExpensiveLimit) -> Self {
        let texts = SharedTexts::default();
        Self { places, texts }
    }
}

impl ExtensionFactory for Codes {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Coder {
            places: self.places.clone(),
            texts: self.texts.clone(),
            progress: Progress::default(),
        })
    }
}

/// Accompanies one operation.
struct Coder {
    places: ExpensiveLimit,
    texts: SharedTexts,
    progress: Progress,
}

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

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let Some((same, telling)) = ctx.query_data.and_then(Same::of) else {
            return self.bounded(ctx, operation_name, next).await;
        };
        let mut own = None;
        let mut next = Some(next);
        let made = async {
            let response = self.bounded(ctx, operation_name, next.take()?).await;
            match shared(response, ctx.data_opt::<Price>()) {
                Ok(text) => Some(text),
                Err(response) => {
                    own = Some(*response);
                    None
                }
            }
        };
        match self.texts.get(same, made).await {
            Some(text) => {
                telling.leave(text);
                Response::default()
            }
            // What it failed with is its own, as are those who waited for it.
            None => match (own, next) {
                (Some(response), _) => response,
                (None, Some(next)) => self.bounded(ctx, operation_name, next).await,
                (None, None) => internal(),
            },
        }
    }

    /// A panic in a resolver fails the whole response, with the path of its field: the
    /// executor makes no null of what an extension reports. So the response of a mutation
    /// tells nothing of the fields before it, which may have been applied.
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        self.progress.turn().await;
        let (at, path, field) = (info.field.name.pos, *info.path_node, Resolved::new(&info));
        if self.progress.is_too_large() {
            // The answer is replaced as a whole once its execution has ended.
            return Err(ServerError::new("the answer is too large", Some(at)));
        }
        match AssertUnwindSafe(next.run(ctx, info)).catch_unwind().await {
            Ok(Ok(value)) => {
                self.progress.add(&field, value.as_ref());
                Ok(value)
            }
            Ok(failed) => failed,
            // The panic hook has logged it.
            Err(_) => {
                let message =
                    "the server failed here: what this field did, if anything, is not known";
                let mut error = ServerError::new(message, Some(at)).with_path(segments(path));
                let extensions = error.extensions.get_or_insert_default();
                extensions.set("code", Refusal::Internal.code());
                Err(error)
            }
        }
    }
}

impl Coder {
    /// Executes within what one execution may take.
    async fn bounded(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let group = ctx.data_opt::<Group>().copied().unwrap_or_default();
        let _place = self.places.take(ctx.data_opt::<Price>(), group).await;
        let execution = next.run(ctx, operation_name);
        let response = self.progress.paced(execution).await;
        if self.progress.is_too_large() {
            too_large()
        } else {
            response
        }
    }
}

/// The text of a response, where it may be told to others, or else the response: errors
/// are told to whoever has them.
fn shared(response: Response, price: Option<&Price>) -> Result<Arc<RawValue>, Box<Response>> {
    let Some(price) = price.filter(|_| response.is_ok()) else {
        return Err(Box::new(response));
    };
    let response = priced(response, *price);
    to_raw_value(&Wire(&response))
        .map(Arc::from)
        .map_err(|error| {
            tracing::error!(%error, "a response could not be written");
            Box::new(internal())
        })
}

/// What is wrong with a document, if not that it is beyond a limit.
fn invalid(error: ServerError) -> ServerError {
    match Refusal::of_error(&error) {
        Some(_) => error,
        None => Refusal::ValidationFailed.mark(error),
    }
}

/// A path as errors have it. No field's name is a number.
fn segments(path: QueryPathNode<'_>) -> Vec<PathSegment> {
    let names = path.to_string_vec().into_iter();
    names
        .map(|name| {
            name.parse()
                .map_or(PathSegment::Field(name), PathSegment::Index)
        })
        .collect()
}

/// Codes the errors of a response.
pub(crate) fn coded(mut response: Response) -> Response {
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
        extensions.set("code", "INVALID_INPUT");
        return;
    }
    tracing::error!(error = %error.message, path = ?error.path, "a resolver failed");
    extensions.set("code", Refusal::Internal.code());
    error.message = "the request could not be completed".to_owned();
}
