//! GraphQL over HTTP, WebSocket and server-sent events, for any schema: who is
//! let in, what a document may ask for, and what an answer looks like. Knows
//! nothing of what the schema is about.

pub mod answer;
pub mod bounds;
pub mod codes;
pub mod connections;
pub mod document;
pub mod gateway;
pub mod http;
pub mod log;
pub mod media;
pub mod messages;
pub mod operation;

pub mod refusal;
pub mod request;
pub mod served;
pub mod shares;
pub mod sharing;
pub mod sse;
pub mod unread;
pub mod websocket;
pub mod workers;

use std::any::TypeId;

use async_graphql::Data;

/// The deepest a query may nest fields. The introspection query that tools
/// send is 15 deep.
pub const MAX_DEPTH: usize = 15;
/// The most a query may cost. A field costs 1, and a list multiplies what is
/// selected below it by its page size.
pub const MAX_COMPLEXITY: usize = 20_000;

/// What goes with a request, of this type.
pub fn beside<T: 'static>(data: &Data) -> Option<&T> {
    data.get(&TypeId::of::<T>())?.downcast_ref()
}
