//! The schema: the nouns' queries and mutations, merged flat.

use async_graphql::{MergedObject, MergedSubscription, SchemaBuilder};

use super::account::AccountQueries;
use super::activation::{ActivationMutations, ActivationQueries};
use super::agreement::{AgreementMutations, AgreementQueries};
use super::collection::{CollectionMutations, CollectionQueries};
use super::commission::{CommissionMutations, CommissionQueries};
use super::deal::{DealMutations, DealQueries};
use super::earning::EarningQueries;
use super::evaluation::EvaluationMutations;
use super::event::{EventQueries, EventSubscriptions};
use super::involvement::{InvolvementMutations, InvolvementQueries};
use super::ledger::LedgerQueries;
use super::node::NodeQueries;
use super::outcome::OutcomeMutations;
use super::partner::{PartnerMutations, PartnerQueries};
use super::payout::PayoutQueries;
use super::payout_export::PayoutExportMutations;
use super::payout_method::{PayoutMethodMutations, PayoutMethodQueries};
use super::payout_report::PayoutReportMutations;
use super::payout_run::{PayoutRunMutations, PayoutRunQueries};
use super::plugin::{PluginMutations, PluginQueries};
use super::program::{ProgramMutations, ProgramQueries};
use super::rail::RailQueries;
use super::registration::{RegistrationMutations, RegistrationQueries};
use super::registration_link::RegistrationLinkMutations;
use super::tax_form::{TaxFormMutations, TaxFormQueries};
use super::tenant::{TenantMutations, TenantQueries};

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
