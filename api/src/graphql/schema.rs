//! The schema: the nouns' queries and mutations, merged flat.

use async_graphql::{EmptySubscription, MergedObject, SchemaBuilder};

use super::program::{ProgramMutations, ProgramQueries};

/// Reading. Everything is the caller's tenant's own.
#[derive(Default, MergedObject)]
pub struct Query(ProgramQueries);

/// Changing. A mutation is a verb with one `input`.
#[derive(Default, MergedObject)]
pub struct Mutation(ProgramMutations);

/// The schema that is served.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// Builds the schema, without its limits.
pub fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
}
