//! The Tributary server: its routes, and what it takes to serve them.

pub mod graphiql;
pub mod graphql;
