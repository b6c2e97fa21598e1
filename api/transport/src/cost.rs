//! What a request asks for: `extensions.cost` on each answer, so that a client
//! sees a limit coming, and the limits themselves, which tell how far they were
//! passed. The executor's own limits tell nothing.

use std::sync::{Arc, OnceLock};

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextRequest, NextSubscribe, NextValidation,
};
use async_graphql::futures_util::stream::{BoxStream, StreamExt};
use async_graphql::{Response, ServerError, ValidationResult, value};

use super::refusal::Refusal;
use super::{MAX_COMPLEXITY, MAX_DEPTH};

/// Reports the cost of each request that fits the schema, and limits it.
pub struct Cost;

impl ExtensionFactory for Cost {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Measured::default())
    }
}

#[derive(Default)]
struct Measured {
    result: Arc<OnceLock<ValidationResult>>,
}

fn report(result: &OnceLock<ValidationResult>, response: Response) -> Response {
    let Some(result) = result.get() else {
        return response;
    };
    let cost = value!({
        "requestedQueryCost": result.complexity,
        "maximumQueryCost": MAX_COMPLEXITY,
        "depth": result.depth,
    });
    response.extension("cost", cost)
}

/// Refuses a measure beyond its limit, with both.
fn within(measure: &str, actual: usize, limit: usize) -> Result<(), Vec<ServerError>> {
    if actual <= limit {
        return Ok(());
    }
    let message = format!("the {measure} of this operation is {actual}, and at most {limit}");
    let mut error = Refusal::TooComplex.error(message, None);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set(measure, actual);
    extensions.set("limit", limit);
    Err(vec![error])
}

#[async_trait]
impl Extension for Measured {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        report(&self.result, next.run(ctx).await)
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let result = Arc::clone(&self.result);
        let responses = next.run(ctx, stream);
        responses
            .map(move |response| report(&result, response))
            .boxed()
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await?;
        self.result.get_or_init(|| result);
        within("cost", result.complexity, MAX_COMPLEXITY)?;
        within("depth", result.depth, MAX_DEPTH)?;
        Ok(result)
    }
}
