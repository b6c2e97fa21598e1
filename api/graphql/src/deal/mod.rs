//! Customers, registrations, deals and who has a part in them.

pub mod accounts;
pub mod conflicts;
pub mod credits;
pub mod deals;
pub mod involvements;
pub mod links;
pub mod outcomes;
pub mod pipeline;
pub mod registrations;

use async_graphql::MergedObject;

pub use self::accounts::*;
pub use self::conflicts::*;
pub use self::credits::*;
pub use self::deals::*;
pub use self::involvements::*;
pub use self::links::*;
pub use self::outcomes::*;
pub use self::pipeline::*;
pub use self::registrations::*;

/// Reading what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "DealFolderQueries")]
pub struct Queries(
    AccountQueries,
    RegistrationQueries,
    DealQueries,
    InvolvementQueries,
    PipelineQueries,
);

/// Changing what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "DealFolderMutations")]
pub struct Mutations(
    RegistrationMutations,
    RegistrationLinkMutations,
    DealMutations,
    OutcomeMutations,
    InvolvementMutations,
);
