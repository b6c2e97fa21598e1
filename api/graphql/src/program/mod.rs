//! Programs and terms.

pub mod programs;
pub mod terms;

use async_graphql::MergedObject;

pub use self::programs::*;
pub use self::terms::*;

/// Reading what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "ProgramFolderQueries")]
pub struct Queries(ProgramQueries);

/// Changing what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "ProgramFolderMutations")]
pub struct Mutations(ProgramMutations, TermsMutations);
