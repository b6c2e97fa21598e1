//! What partners earn, and the books.

pub mod collections;
pub mod commissions;
pub mod earnings;
pub mod ledger;

use async_graphql::MergedObject;

pub use self::collections::*;
pub use self::commissions::*;
pub use self::earnings::*;
pub use self::ledger::*;

/// Reading what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "CommissionFolderQueries")]
pub struct Queries(
    CommissionQueries,
    EarningQueries,
    CollectionQueries,
    LedgerQueries,
);

/// Changing what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "CommissionFolderMutations")]
pub struct Mutations(CollectionMutations, CommissionMutations);
