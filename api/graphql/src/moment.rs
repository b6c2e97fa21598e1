//! One answer, one moment: the read transaction of an operation ends with its
//! execution, before the answer is written, and for a subscription with each event.

use std::sync::Arc;

use async_graphql::futures_util::stream::{BoxStream, StreamExt};
use async_graphql::{Data, Executor, Request, Response};
use tributary_domain::scope::Scope;
use tributary_transport::beside;
use tributary_transport::log::Notes;

/// Ends the read transaction after each execution, and notes its statements.
#[derive(Clone)]
pub struct OneMoment<E>(pub E);

impl<E: Executor> Executor for OneMoment<E> {
    async fn execute(&self, request: Request) -> Response {
        let reader = Reader::of(&request);
        let response = self.0.execute(request).await;
        reader.end().await;
        response
    }

    fn execute_stream(
        &self,
        request: Request,
        session_data: Option<Arc<Data>>,
    ) -> BoxStream<'static, Response> {
        let reader = Reader::of(&request);
        let responses = self.0.execute_stream(request, session_data);
        let ended = responses.then(move |response| {
            let reader = reader.clone();
            async move {
                reader.end().await;
                response
            }
        });
        ended.boxed()
    }
}

/// Who reads, and where it is noted.
#[derive(Clone)]
struct Reader {
    scope: Option<Scope>,
    notes: Option<Notes>,
}

impl Reader {
    fn of(request: &Request) -> Self {
        Self {
            scope: beside(&request.data).cloned(),
            notes: beside(&request.data).cloned(),
        }
    }

    async fn end(&self) {
        let Some(scope) = &self.scope else { return };
        scope.end_read().await;
        if let Some(notes) = &self.notes {
            notes.statements(scope.meter().count());
        }
    }
}
