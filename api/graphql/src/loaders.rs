//! Batches: what one request reads of a kind, it reads in one statement.
//!
//! Made anew for each operation, over the caller's scope, so that no batch
//! crosses tenants or partners. Nothing is cached between batches: a mutation
//! may have changed it.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};
use tributary_domain::actor::Actor;
use tributary_domain::commission::balances::{self, PartnerBalance};
use tributary_domain::commission::{collections, earnings};
use tributary_domain::deal::conflicts::ShownConflict;
use tributary_domain::deal::{accounts, conflicts, credits};
use tributary_domain::entity::*;
use tributary_domain::ids::*;
use tributary_domain::kernel::external_ids::{self, Subject};
use tributary_domain::kernel::lists::{self, Link, Listed, Page, ParentId, WantedOf};
use tributary_domain::money::Currency;
use tributary_domain::partner::readiness::{self, Papers};
use tributary_domain::partner::{partners, payout_methods};
use tributary_domain::payout::{payout_reports, payout_runs, payouts};
use tributary_domain::people;
use tributary_domain::program::{in_force, terms as published};
use tributary_domain::reads;
use tributary_domain::rule::versions;
use tributary_domain::scope::Scope;

use crate::error::{ApiError, ApiResult};

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

    /// What an optional key stands for.
    pub async fn maybe<K>(&self, key: Option<K>) -> ApiResult<Option<<Reads as Loader<K>>::Value>>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        Reads: Loader<K, Error = ApiError>,
    {
        match key {
            Some(key) => self.one(key).await,
            None => Ok(None),
        }
    }
}

/// Makes a loader by id for each noun that is looked up by it.
macro_rules! by_id {
    ({ $($(#[$doc:meta])* $id:ident $prefix:literal $noun:ident $plain:literal $fresh:ident $entity:ident;)+ } $others:tt) => {$(
        impl Loader<$id> for Reads {
            type Value = $entity::Model;
            type Error = ApiError;

            async fn load(&self, ids: &[$id]) -> Result<HashMap<$id, $entity::Model>, ApiError> {
                Ok(reads::by_ids::<$entity::Entity>(&self.0, ids).await?)
            }
        }
    )+};
}
tributary_domain::nouns!(by_id);

impl Loader<TenantId> for Reads {
    type Value = tenant::Model;
    type Error = ApiError;

    /// The caller's own tenant, and no other.
    async fn load(&self, ids: &[TenantId]) -> Result<HashMap<TenantId, tenant::Model>, ApiError> {
        let mut found = HashMap::new();
        if ids.contains(&self.0.tenant()) {
            found.insert(self.0.tenant(), reads::tenant(&self.0).await?);
        }
        Ok(found)
    }
}

/// What is asked of a list inside another noun: `A` says what. Lists of one name have one
/// link.
pub struct Children<E: Listed, A> {
    list: &'static str,
    parent: ParentId,
    link: fn() -> Link<E>,
    wanted: WantedOf<E>,
    answer: PhantomData<fn() -> A>,
}

impl<E: Listed, A> Children<E, A> {
    /// Asks of the list that stands in the schema as `Partner.deals`.
    pub fn new(
        list: &'static str,
        parent: ParentId,
        link: fn() -> Link<E>,
        wanted: WantedOf<E>,
    ) -> Self {
        Self {
            list,
            parent,
            link,
            wanted,
            answer: PhantomData,
        }
    }

    fn key(&self) -> (&'static str, &WantedOf<E>, ParentId) {
        (self.list, &self.wanted, self.parent)
    }
}

impl<E: Listed, A> Clone for Children<E, A> {
    fn clone(&self) -> Self {
        Self::new(self.list, self.parent, self.link, self.wanted.clone())
    }
}

impl<E: Listed, A> PartialEq for Children<E, A> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E: Listed, A> Eq for Children<E, A> {}

impl<E: Listed, A> Hash for Children<E, A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// One loader for each answer about lists inside other nouns: for every parent of a list
/// at once.
macro_rules! of_children {
    ($($(#[$doc:meta])* $answer:ident<$entity:ident> -> $value:ty = $read:path;)+) => {$(
        $(#[$doc])*
        pub struct $answer;

        impl<$entity: Listed + 'static> Loader<Children<$entity, $answer>> for Reads {
            type Value = ApiResult<$value>;
            type Error = ApiError;

            async fn load(
                &self,
                keys: &[Children<$entity, $answer>],
            ) -> ApiResult<HashMap<Children<$entity, $answer>, ApiResult<$value>>> {
                let mut alike: HashMap<_, Vec<&Children<$entity, $answer>>> = HashMap::new();
                for children in keys {
                    let (list, wanted, _) = children.key();
                    alike.entry((list, wanted)).or_default().push(children);
                }
                let mut found = HashMap::new();
                for ((list, wanted), children) in alike {
                    let Some(link) = children.first().map(|first| first.link) else {
                        continue;
                    };
                    let parents: Vec<ParentId> = children.iter().map(|one| one.parent).collect();
                    let key = |parent| Children::new(list, parent, link, wanted.clone());
                    match $read(&self.0, &link(), &parents, wanted).await {
                        Ok(answers) => found.extend(
                            answers.into_iter().map(|(parent, answer)| (key(parent), Ok(answer))),
                        ),
                        // What is wrong with one list fails that list alone.
                        Err(error) => {
                            let error = ApiError::from(error);
                            let failed = |parent| (key(parent), Err(error.clone()));
                            found.extend(parents.into_iter().map(failed));
                        }
                    }
                }
                Ok(found)
            }
        }
    )+};
}
of_children! {
    /// A page of it.
    Pages<E> -> Page<lists::ModelOf<E>> = lists::children::<E>;
    /// How many rows it has.
    Counts<E> -> lists::Count = lists::counts::<E>;
    /// What its rows add up to.
    Totals<E> -> Vec<lists::Total> = lists::totals_of::<E>;
}

/// One loader for each read of the domain that answers for many keys at once.
macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident($key:ident) -> $value:ty = |$scope:ident, $keys:ident| $found:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(pub $key);

        impl Loader<$name> for Reads {
            type Value = $value;
            type Error = ApiError;

            async fn load(&self, keys: &[$name]) -> Result<HashMap<$name, $value>, ApiError> {
                let $scope = &self.0;
                let $keys: Vec<$key> = keys.iter().map(|key| key.0).collect();
                let found: HashMap<$key, $value> = $found;
                Ok(found.into_iter().map(|(key, value)| ($name(key), value)).collect())
            }
        }
    )+};
}
answers! {
    /// What an actor is called.
    NameOfActor(Actor) -> String = |scope, actors| {
        people::names(scope, &actors).await?
    };
    /// The id of something in the tenant's own system.
    ExternalId(Subject) -> String = |scope, subjects| {
        external_ids::of(scope, &subjects).await?
    };
    /// Who answers for what an actor does.
    PersonOfActor(Actor) -> PersonId = |scope, actors| {
        people::answering_for(scope, &actors).await?
    };
    /// The terms in force of a program.
    CurrentTerms(ProgramId) -> terms::Model = |scope, programs| {
        let terms = in_force::current(scope, &programs).await?;
        terms.into_iter().map(|terms| (terms.program_id, terms)).collect()
    };
    /// The rules of terms, in order of role.
    RulesOfTerms(TermsId) -> Vec<rule::Model> = |scope, terms| {
        grouped(published::rules(scope, &terms).await?, |rule| rule.terms_id)
    };
    /// The version that a rule uses now.
    VersionInUse(RuleId) -> PluginVersionId = |scope, rules| {
        versions::in_use_now(scope, &rules).await?
    };
    /// What a partner holds, is owed and was paid, by currency.
    BalancesOfPartner(PartnerId) -> Vec<(Currency, PartnerBalance)> = |scope, partners| {
        balances::of(scope, &partners).await?
    };
    /// What a partner lacks before it can be paid.
    PapersOfPartner(PartnerId) -> Papers = |scope, partners| {
        readiness::of(scope, &partners).await?
    };
    /// The programs that a partner is or was in, oldest first.
    EnrollmentsOfPartner(PartnerId) -> Vec<enrollment::Model> = |scope, partners| {
        grouped(partners::enrollments(scope, &partners).await?, |row| row.partner_id)
    };
    /// What an account is known by, in order.
    IdentifiersOfAccount(AccountId) -> Vec<account_identifier::Model> = |scope, accounts| {
        grouped(accounts::identifiers(scope, &accounts).await?, |row| row.account_id)
    };
    /// Why a registration is in conflict, in order.
    ConflictsOfRegistration(RegistrationId) -> Vec<ShownConflict> = |scope, registrations| {
        grouped(conflicts::conflicts_of(scope, &registrations).await?, |row| row.registration)
    };
    /// What was collected on a deal less what was refunded, in minor units.
    CollectedOnDeal(DealId) -> i64 = |scope, deals| {
        collections::collected(scope, &deals).await?
    };
    /// The newest version of the credit on a deal.
    CreditOfDeal(DealId) -> credit::Model = |scope, deals| {
        credits::latest(scope, &deals).await?
    };
    /// The shares of a version of credit.
    SharesOfCredit(CreditId) -> Vec<credit_share::Model> = |scope, credits| {
        grouped(credits::shares(scope, &credits).await?, |row| row.credit_id)
    };
    /// What there is of a commission so far.
    SumsOfCommission(CommissionId) -> earnings::Sums = |scope, commissions| {
        earnings::sums(scope, &commissions).await?
    };
    /// What the payouts of a run add up to, in minor units.
    TotalOfRun(PayoutRunId) -> i64 = |scope, runs| {
        payouts::totals(scope, &runs).await?
    };
    /// What a person reported of a payout.
    ReportOfPayout(PayoutId) -> payout_report::Model = |scope, payouts| {
        payout_reports::of(scope, &payouts).await?
    };
    /// Other methods that pay to where a payout method does.
    SameDestination(PayoutMethodId) -> Vec<payout_method::Model> = |scope, methods| {
        payout_methods::sharing(scope, &methods).await?
    };
    /// What a run does not pay, and why.
    HoldsOfRun(PayoutRunId) -> Vec<payout_hold::Model> = |scope, runs| {
        grouped(payout_runs::holds(scope, &runs).await?, |row| row.run_id)
    };
}

/// Rows by what they belong to, in the order they came.
fn grouped<K: Eq + Hash, M>(rows: Vec<M>, key: fn(&M) -> K) -> HashMap<K, Vec<M>> {
    let mut groups: HashMap<K, Vec<M>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
