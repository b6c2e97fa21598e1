//! The schema: the nouns' queries and mutations, merged flat.

use async_graphql::{MergedObject, MergedSubscription, SchemaBuilder};

use crate::commission::collections::{CollectionMutations, CollectionQueries};
use crate::commission::commissions::{CommissionMutations, CommissionQueries};
use crate::commission::earnings::EarningQueries;
use crate::commission::ledger::LedgerQueries;
use crate::deal::accounts::AccountQueries;
use crate::deal::deals::{DealMutations, DealQueries};
use crate::deal::involvements::{InvolvementMutations, InvolvementQueries};
use crate::deal::links::RegistrationLinkMutations;
use crate::deal::outcomes::OutcomeMutations;
use crate::deal::registrations::{RegistrationMutations, RegistrationQueries};
use crate::node::NodeQueries;
use crate::partner::agreements::{AgreementMutations, AgreementQueries};
use crate::partner::partners::{PartnerMutations, PartnerQueries};
use crate::partner::payout_methods::{PayoutMethodMutations, PayoutMethodQueries};
use crate::partner::tax_forms::{TaxFormMutations, TaxFormQueries};
use crate::payout::exports::PayoutExportMutations;
use crate::payout::payout_reports::PayoutReportMutations;
use crate::payout::payout_runs::{PayoutRunMutations, PayoutRunQueries};
use crate::payout::payouts::PayoutQueries;
use crate::payout::rails::RailQueries;
use crate::program::programs::{ProgramMutations, ProgramQueries};
use crate::program::terms::TermsMutations;
use crate::rule::activations::{ActivationMutations, ActivationQueries};
use crate::rule::evaluations::EvaluationMutations;
use crate::rule::plugins::{PluginMutations, PluginQueries};
use crate::tenant::events::{EventQueries, EventSubscriptions};
use crate::tenant::tenants::{TenantMutations, TenantQueries};

/// Reading. Everything is the caller's tenant's own.
#[derive(Default, MergedObject)]
pub struct Query(
    NodeQueries,
    TenantQueries,
    ProgramQueries,
    PartnerQueries,
    AccountQueries,
    RegistrationQueries,
    DealQueries,
    InvolvementQueries,
    CommissionQueries,
    EarningQueries,
    PayoutRunQueries,
    PayoutQueries,
    CollectionQueries,
    AgreementQueries,
    TaxFormQueries,
    PayoutMethodQueries,
    RailQueries,
    PluginQueries,
    ActivationQueries,
    LedgerQueries,
    EventQueries,
);

/// Changing. A mutation is a verb with one `input`.
#[derive(Default, MergedObject)]
pub struct Mutation(
    TenantMutations,
    ProgramMutations,
    TermsMutations,
    PartnerMutations,
    AgreementMutations,
    TaxFormMutations,
    PayoutMethodMutations,
    RegistrationMutations,
    RegistrationLinkMutations,
    DealMutations,
    OutcomeMutations,
    InvolvementMutations,
    CollectionMutations,
    CommissionMutations,
    EvaluationMutations,
    PayoutRunMutations,
    PayoutReportMutations,
    PayoutExportMutations,
    PluginMutations,
    ActivationMutations,
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
