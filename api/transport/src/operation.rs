//! Running an operation: its document is prepared, the executor runs it, and
//! its answers say what it cost.

use async_graphql::futures_util::stream::BoxStream;
use async_graphql::{Executor, Request, Response, value};
use futures_util::stream::{self, StreamExt};

use super::MAX_COMPLEXITY;
use super::document::price::Price;
use super::document::{Documents, Prepared, Refused};

/// The answer that says why nothing ran.
pub fn refused(refused: Refused) -> Response {
    let response = Response::from_errors(refused.errors);
    match refused.price {
        Some(price) => priced(response, price),
        None => response,
    }
}

/// The answers of an operation, or the one that says why it did not run.
pub fn answers<S: Executor>(
    schema: &S,
    documents: &Documents,
    mut request: Request,
    allowed: impl FnOnce(Prepared) -> Result<Prepared, Refused>,
) -> BoxStream<'static, Response> {
    match documents.prepare(&mut request).and_then(allowed) {
        Ok(Prepared { price, .. }) => schema
            .execute_stream(request, None)
            .map(move |response| priced(response, price))
            .boxed(),
        Err(reasons) => stream::iter([refused(reasons)]).boxed(),
    }
}

/// The same response, with what it cost and what it may cost.
pub fn priced(response: Response, price: Price) -> Response {
    let cost = value!({
        "requestedQueryCost": price.cost,
        "maximumQueryCost": MAX_COMPLEXITY,
        "depth": price.depth,
    });
    response.extension("cost", cost)
}
