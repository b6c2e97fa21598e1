//! One answer, one moment: the read transaction of an operation ends with its
//! execution, before the answer is written, and for a subscription with each event.

use std::sync::Arc;

use async_graphql::Response;
use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use tributary_domain::scope::Scope;
use tributary_transport::log::Notes;

/// Ends the read transaction after each execution, and notes its statements.
pub struct OneMoment;

impl ExtensionFactory for OneMoment {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for OneMoment {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let response = next.run(ctx, operation_name).await;
        if let Some(scope) = ctx.data_opt::<Scope>() {
            scope.end_read().await;
            if let Some(notes) = ctx.data_opt::<Notes>() {
                notes.statements(scope.meter().count());
            }
        }
        response
    }
}
