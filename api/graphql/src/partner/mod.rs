//! Partners and their papers.

pub mod agreements;
pub mod enrollments;
pub mod partners;
pub mod payout_methods;
pub mod readiness;
pub mod tax_forms;

use async_graphql::MergedObject;

pub use self::agreements::*;
pub use self::enrollments::*;
pub use self::partners::*;
pub use self::payout_methods::*;
pub use self::readiness::*;
pub use self::tax_forms::*;

/// Reading what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "PartnerFolderQueries")]
pub struct Queries(
    PartnerQueries,
    AgreementQueries,
    TaxFormQueries,
    PayoutMethodQueries,
);

/// Changing what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "PartnerFolderMutations")]
pub struct Mutations(
    PartnerMutations,
    AgreementMutations,
    TaxFormMutations,
    PayoutMethodMutations,
);
