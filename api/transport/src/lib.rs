//! GraphQL over HTTP, WebSocket and server-sent events, for any schema: who is
//! let in, what a document may ask for, and what an answer looks like. Knows
//! nothing of what the schema is about.

pub mod answer;
pub mod codes;
pub mod cost;
pub mod expansion;
pub mod gateway;
pub mod guard;
pub mod http;
pub mod messages;
pub mod refusal;
pub mod scan;
pub mod sse;
pub mod websocket;

use async_graphql::SchemaBuilder;

/// The deepest a query may nest fields. The introspection query that tools
/// send is 15 deep.
pub const MAX_DEPTH: usize = 15;
/// The most a query may cost. A field costs 1, and a list multiplies what is
/// selected below it by its page size.
pub const MAX_COMPLEXITY: usize = 20_000;
/// The most aliases in a document.
pub const MAX_ALIASES: usize = 30;
/// The most directives on one field.
pub const MAX_DIRECTIVES: usize = 10;
/// The deepest that fields and fragments together may nest.
pub const MAX_RECURSION: usize = 32;

/// Sets the limits of every schema served here, and the two extensions that
/// report costs, with the limits on them, and code errors. Suggestions stay off:
/// they spell out the schema to those who may not read it.
pub fn limited<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S> {
    builder
        .limit_aliases(MAX_ALIASES)
        .limit_directives(MAX_DIRECTIVES)
        .limit_recursive_depth(MAX_RECURSION)
        .disable_suggestions()
        .extension(codes::Codes)
        .extension(cost::Cost)
}
