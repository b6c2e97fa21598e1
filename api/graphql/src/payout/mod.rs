//! Paying partners.

pub mod exports;
pub mod payout_reports;
pub mod payout_runs;
pub mod payouts;
pub mod rails;

use async_graphql::MergedObject;

pub use self::exports::*;
pub use self::payout_reports::*;
pub use self::payout_runs::*;
pub use self::payouts::*;
pub use self::rails::*;

/// Reading what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "PayoutFolderQueries")]
pub struct Queries(PayoutRunQueries, PayoutQueries, RailQueries);

/// Changing what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "PayoutFolderMutations")]
pub struct Mutations(
    PayoutRunMutations,
    PayoutReportMutations,
    PayoutExportMutations,
);
