//! Batches: what one request reads of a kind, it reads in one statement.
//!
//! Made anew for each operation, over the caller's scope, so that no batch
//! crosses tenants or partners. Nothing is cached between batches: a mutation
//! may have changed it.

use std::collections::HashMap;
use std::hash::Hash;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};
use tributary_domain::entity::*;
use tributary_domain::ids::*;
use tributary_domain::programs;
use tributary_domain::reads::{self, Page, Window};
use tributary_domain::scope::Scope;

use super::error::{ApiError, ApiResult};

/// The batches of one request.
pub struct Loaders(DataLoader<Reads>);

/// What batches read through.
pub struct Reads(Scope);

impl Loaders {
    /// Loaders for one request.
    pub fn new(scope: Scope) -> Self {
        Self(DataLoader::new(
            Reads(scope),
            TokioSpawner::current(),
            TokioTimer::default(),
        ))
    }

    /// What a key stands for, or `None` where the caller may not see it.
    pub async fn one<K>(&self, key: K) -> ApiResult<Option<<Reads as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Reads: Loader<K, Error = ApiError>,
    {
        self.0.load_one(key).await
    }
}

/// One loader by id for each noun.
macro_rules! by_id {
    ($($id:ident => $entity:ident,)+) => {$(
        impl Loader<$id> for Reads {
            type Value = $entity::Model;
            type Error = ApiError;

            async fn load(&self, ids: &[$id]) -> Result<HashMap<$id, $entity::Model>, ApiError> {
                Ok(reads::by_ids::<$entity::Entity>(&self.0, ids).await?)
            }
        }
    )+};
}
by_id! {
    ProgramId => program,
    TermsId => terms,
    PartnerId => partner,
    AccountId => account,
    RegistrationId => registration,
    DealId => deal,
    InvolvementId => involvement,
    CollectionId => collection,
    CommissionId => commission,
    EvaluationId => evaluation,
    PayoutMethodId => payout_method,
    PayoutRunId => payout_run,
    PayoutId => payout,
    PluginId => plugin,
    PluginVersionId => plugin_version,
}

/// One loader for each list inside another noun: the first rows after a
/// cursor, for every parent at once.
macro_rules! children {
    ($($(#[$doc:meta])* $name:ident: $entity:ident of $parent:ident by $column:ident $field:ident,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(pub $parent, pub Window<<$entity::Entity as Owned>::Id>);

        impl Loader<$name> for Reads {
            type Value = Page<$entity::Model>;
            type Error = ApiError;

            async fn load(
                &self,
                keys: &[$name],
            ) -> Result<HashMap<$name, Page<$entity::Model>>, ApiError> {
                let mut by_window: HashMap<_, Vec<$parent>> = HashMap::new();
                for $name(parent, window) in keys {
                    by_window.entry(*window).or_default().push(*parent);
                }
                let mut found = HashMap::new();
                for (window, parents) in by_window {
                    let column = $entity::Column::$column;
                    let pages = reads::children::<$entity::Entity, $parent>(
                        &self.0, column, &parents, |row| row.$field, window,
                    )
                    .await?;
                    found.extend(pages.into_iter().map(|(parent, page)| ($name(parent, window), page)));
                }
                Ok(found)
            }
        }
    )+};
}
children! {
    /// A partner's registrations.
    RegistrationsOfPartner: registration of PartnerId by PartnerId partner_id,
    /// A partner's commissions.
    CommissionsOfPartner: commission of PartnerId by PartnerId partner_id,
    /// A partner's earnings.
    EarningsOfPartner: earning of PartnerId by PartnerId partner_id,
    /// A partner's agreements.
    AgreementsOfPartner: agreement of PartnerId by PartnerId partner_id,
    /// A partner's tax forms.
    TaxFormsOfPartner: tax_form of PartnerId by PartnerId partner_id,
    /// A partner's payout methods.
    PayoutMethodsOfPartner: payout_method of PartnerId by PartnerId partner_id,
    /// The claims on an account.
    RegistrationsOfAccount: registration of AccountId by AccountId account_id,
    /// The deals with an account.
    DealsOfAccount: deal of AccountId by AccountId account_id,
    /// The partners' parts in a deal.
    InvolvementsOfDeal: involvement of DealId by DealId deal_id,
    /// The commissions on a deal.
    CommissionsOfDeal: commission of DealId by DealId deal_id,
    /// What a deal's customer paid.
    CollectionsOfDeal: collection of DealId by DealId deal_id,
    /// What collections of a deal released.
    EarningsOfDeal: earning of DealId by DealId deal_id,
    /// What was released of a commission.
    EarningsOfCommission: earning of CommissionId by CommissionId commission_id,
    /// The payouts of a run.
    PayoutsOfRun: payout of PayoutRunId by RunId run_id,
    /// The builds of a plugin.
    VersionsOfPlugin: plugin_version of PluginId by PluginId plugin_id,
}

/// The terms in force of a program.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CurrentTerms(pub ProgramId);

impl Loader<CurrentTerms> for Reads {
    type Value = terms::Model;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[CurrentTerms],
    ) -> Result<HashMap<CurrentTerms, terms::Model>, ApiError> {
        let programs: Vec<ProgramId> = keys.iter().map(|key| key.0).collect();
        let found = programs::current_terms(&self.0, &programs).await?;
        Ok(found
            .into_iter()
            .map(|terms| (CurrentTerms(terms.program_id), terms))
            .collect())
    }
}

/// The rules of terms, in order of role.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RulesOfTerms(pub TermsId);

impl Loader<RulesOfTerms> for Reads {
    type Value = Vec<rule::Model>;
    type Error = ApiError;

    async fn load(
        &self,
        keys: &[RulesOfTerms],
    ) -> Result<HashMap<RulesOfTerms, Vec<rule::Model>>, ApiError> {
        let terms: Vec<TermsId> = keys.iter().map(|key| key.0).collect();
        let rules = programs::rules(&self.0, &terms).await?;
        Ok(grouped(rules, |rule| RulesOfTerms(rule.terms_id)))
    }
}

/// Rows by what they belong to, in the order they came.
fn grouped<K: Eq + Hash, M>(rows: Vec<M>, key: fn(&M) -> K) -> HashMap<K, Vec<M>> {
    let mut groups: HashMap<K, Vec<M>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
