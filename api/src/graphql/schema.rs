//! The schema: the nouns' queries and mutations, merged flat.

use async_graphql::{EmptySubscription, MergedObject, SchemaBuilder};

use super::account::AccountQueries;
use super::agreement::AgreementMutations;
use super::deal::{DealMutations, DealQueries};
use super::involvement::InvolvementMutations;
use super::node::NodeQueries;
use super::paperwork::PaperworkMutations;
use super::partner::{PartnerMutations, PartnerQueries};
use super::program::{ProgramMutations, ProgramQueries};
use super::registration::{RegistrationMutations, RegistrationQueries};

/// Reading. Everything is the caller's tenant's own.
#[derive(Default, MergedObject)]
pub struct Query(
    NodeQueries,
    ProgramQueries,
    PartnerQueries,
    AccountQueries,
    RegistrationQueries,
    DealQueries,
);

/// Changing. A mutation is a verb with one `input`.
#[derive(Default, MergedObject)]
pub struct Mutation(
    ProgramMutations,
    PartnerMutations,
    AgreementMutations,
    PaperworkMutations,
    RegistrationMutations,
    DealMutations,
    InvolvementMutations,
);

/// The schema that is served.
pub type Schema = async_graphql::Schema<Query, Mutation, EmptySubscription>;

/// Builds the schema, without its limits.
pub fn builder() -> SchemaBuilder<Query, Mutation, EmptySubscription> {
    Schema::build(Query::default(), Mutation::default(), EmptySubscription)
}
