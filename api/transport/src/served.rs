//! Which operations run with a guard on each field, and which without: the same schema,
//! built twice.
//!
//! The guard counts the size of the answer while it is built, pauses, and tells a panic
//! with the path of its field. It costs time at every field. What reads little needs none of
//! it: its cost bounds its answer and the time between two
//! pauses, and a panic is caught around it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::futures_util::stream::BoxStream;
use async_graphql::{
    Data, Executor, ObjectType, Request, Response, Schema, SchemaBuilder, SubscriptionType,
    ValidationMode,
};
use futures_util::FutureExt;

use super::MAX_DEPTH;
use super::answer::broken_off;
use super::beside;
use super::bounds::ExpensiveLimit;
use super::codes::{Codes, coded};
use super::refusal::Refusal;
use super::shares::Group;

/// The most that a query may cost which runs without a guard: a few milliseconds, and some
/// tens of megabytes if all its texts are as long as texts may be. One that asks for a list
/// without saying how long has a guard: its cost bounds nothing.
pub const MAX_SMALL_COST: usize = 5_000;

/// Goes with a request that runs without a guard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Small;

/// A schema to be served.
pub struct Served<Q, M, S> {
    guarded: Schema<Q, M, S>,
    plain: Schema<Q, M, S>,
    places: ExpensiveLimit,
}

impl<Q, M, S> Clone for Served<Q, M, S> {
    fn clone(&self) -> Self {
        Self {
            guarded: self.guarded.clone(),
            plain: self.plain.clone(),
            places: self.places.clone(),
        }
    }
}

impl<Q, M, S> Served<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    /// Builds the schema. Its documents are validated before it gets them, by a validator
    /// that agrees with the reference implementation: its own validation is left out.
    pub fn new(build: impl Fn() -> SchemaBuilder<Q, M, S>) -> Self {
        let places = ExpensiveLimit::default();
        let common = || {
            let builder = build().validation_mode(ValidationMode::Fast);
            // A field, and perhaps a fragment on its type, at each level.
            builder.limit_recursive_depth(2 * MAX_DEPTH + 1)
        };
        Self {
            guarded: common().extension(Codes::new(places.clone())).finish(),
            plain: common().finish(),
            places,
        }
    }

    /// The schema itself.
    pub fn schema(&self) -> &Schema<Q, M, S> {
        &self.guarded
    }
}

impl<Q, M, S> Executor for Served<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    async fn execute(&self, request: Request) -> Response {
        if beside::<Small>(&request.data).is_none() {
            return self.guarded.execute(request).await;
        }
        let group = Group::of(&request.data);
        let _place = self.places.take(beside(&request.data), group).await;
        let execution = AssertUnwindSafe(self.plain.execute(request));
        // A panic is logged by the panic hook.
        let response = execution.catch_unwind().await;
        response.map_or_else(|_| broken_off(Refusal::Internal.code()), coded)
    }

    fn execute_stream(
        &self,
        request: Request,
        session_data: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        Executor::execute_stream(&self.guarded, request, session_data)
    }
}
