//! The GraphQL API: what surrounds the schema, and the schema itself.

pub mod account;
pub mod actor;
pub mod agreement;
pub mod answer;
pub mod codes;
pub mod collection;
pub mod commission;
pub mod conflict;
pub mod context;
pub mod cost;
pub mod credit;
pub mod deal;
pub mod earning;
pub mod error;
pub mod evaluation;
pub mod event;
pub mod expansion;
pub mod gateway;
pub mod guard;
pub mod http;
pub mod involvement;
pub mod ledger;
pub mod loaders;
pub mod messages;
pub mod moment;
pub mod node;
pub mod pages;
pub mod paperwork;
pub mod partner;
pub mod payout;
pub mod payout_run;
pub mod plugin;
pub mod program;
pub mod refusal;
pub mod registration;
pub mod rule;
pub mod scalars;
pub mod scan;
pub mod schema;
pub mod sse;
pub mod tenant;
pub mod websocket;

use async_graphql::SchemaBuilder;

pub use schema::Schema;

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
/// report costs, with the limits on them, and code errors. Suggestions stay off: they spell out the
/// schema to those who may not read it.
pub fn limited<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S> {
    builder
        .limit_aliases(MAX_ALIASES)
        .limit_directives(MAX_DIRECTIVES)
        .limit_recursive_depth(MAX_RECURSION)
        .disable_suggestions()
        .extension(codes::Codes)
        .extension(cost::Cost)
}

/// Builds the schema, with its limits.
pub fn schema() -> Schema {
    limited(schema::builder().extension(moment::OneMoment)).finish()
}
