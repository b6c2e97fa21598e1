//! The schema: what each folder reads and changes, merged flat.

use async_graphql::{MergedObject, MergedSubscription, SchemaBuilder};

use crate::node::NodeQueries;
use crate::tenant::EventSubscriptions;
use crate::{commission, deal, partner, payout, program, rule, tenant};

/// Reading. Everything is the caller's tenant's own.
#[derive(Default, MergedObject)]
pub struct Query(
    NodeQueries,
    tenant::Queries,
    program::Queries,
    partner::Queries,
    deal::Queries,
    commission::Queries,
    payout::Queries,
    rule::Queries,
);

/// Changing. A mutation is a verb with one `input`.
#[derive(Default, MergedObject)]
pub struct Mutation(
    tenant::Mutations,
    program::Mutations,
    partner::Mutations,
    deal::Mutations,
    commission::Mutations,
    payout::Mutations,
    rule::Mutations,
);

/// Following what happens.
#[derive(Default, MergedSubscription)]
pub struct Subscription(EventSubscriptions);

/// The schema that is served.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Builds the schema, without its limits.
pub fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(
        Query::default(),
        Mutation::default(),
        Subscription::default(),
    )
}
