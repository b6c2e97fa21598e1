//! What stands between a partner and being paid: known from the first day, and
//! asked anew when a run is proposed and when money leaves.

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, Query};
use sea_orm::{JoinType, QuerySelect};

use crate::clock::Moment;
use crate::entity::payout_hold::Reason;
use crate::entity::{
    Owned, agreement, commission, enrollment, partner, payout_method, tax_form, terms,
};
use crate::error::Result;
use crate::ids::{PartnerId, ProgramId, TenantId, TermsId};
use crate::scope::Scope;

/// Where one partner stands, and its papers.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    /// Where it stands; none if there is no such partner.
    pub state: Option<partner::State>,
    /// The terms it has accepted.
    pub accepted: HashSet<TermsId>,
    /// The terms in force in its programs, and those of the deals it is credited in.
    pub required: BTreeSet<TermsId>,
    /// Whether a valid tax form is approved.
    pub tax_form: bool,
    /// Its verified payout method, if there is one.
    pub method: Option<payout_method::Model>,
}

/// Something that stands between a partner and being paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It is suspended.
    Suspended,
    /// It has not accepted terms that are in force, or that a deal of its own is under.
    Agreement,
    /// It has no valid, approved tax form.
    TaxForm,
    /// It has no verified payout method.
    PayoutMethod,
}

impl From<Obstacle> for Reason {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle {
            Obstacle::Suspended => Self::PartnerSuspended,
            Obstacle::Agreement => Self::AgreementMissing,
            Obstacle::TaxForm => Self::TaxFormMissing,
            Obstacle::PayoutMethod => Self::PayoutMethodMissing,
        }
    }
}

impl Papers {
    /// What stands between the partner and being paid, whatever for.
    pub fn obstacles(&self) -> Vec<Obstacle> {
        self.obstacles_under(&self.required)
    }

    /// What stands between the partner and being paid for deals under `terms`.
    pub(crate) fn obstacles_under(&self, terms: &BTreeSet<TermsId>) -> Vec<Obstacle> {
        let stopped = matches!(self.state, None | Some(partner::State::Suspended));
        let accepted = terms.iter().all(|terms| self.accepted.contains(terms));
        let found = [
            stopped.then_some(Obstacle::Suspended),
            (!accepted).then_some(Obstacle::Agreement),
            (!self.tax_form).then_some(Obstacle::TaxForm),
            self.method.is_none().then_some(Obstacle::PayoutMethod),
        ];
        found.into_iter().flatten().collect()
    }

    /// The terms that it has to accept, oldest first.
    pub fn unaccepted(&self) -> Vec<TermsId> {
        let missing = self.required.iter().copied();
        missing.filter(|id| !self.accepted.contains(id)).collect()
    }
}

/// The papers of partners that the actor may see.
pub async fn of(scope: &Scope, partners: &[PartnerId]) -> Result<HashMap<PartnerId, Papers>> {
    papers(&scope.read().await?, scope.tenant(), partners, scope.now()).await
}

/// Ids in one statement: a statement takes some tens of thousands of values.
pub(crate) const CHUNK: usize = 1_000;

/// The papers of partners, in seven statements for each thousand.
pub(crate) async fn papers<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    partners: &[PartnerId],
    now: Moment,
) -> Result<HashMap<PartnerId, Papers>> {
    let mut all = HashMap::new();
    for partners in partners.chunks(CHUNK) {
        all.extend(papers_of_some(db, tenant, partners, now).await?);
    }
    Ok(all)
}

/// The terms under which each partner has a commission. A look-up for each pair, in
/// one statement: partners have many commissions and tenants few terms.
async fn credited<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    partners: &[PartnerId],
) -> Result<Vec<(PartnerId, TermsId)>> {
    let any = Query::select()
        .expr(Expr::value(1))
        .from(commission::Entity)
        .and_where(commission::Column::TenantId.eq(tenant))
        .and_where(
            Expr::col((commission::Entity, commission::Column::PartnerId))
                .equals((partner::Entity, partner::Column::Id)),
        )
        .and_where(
            Expr::col((commission::Entity, commission::Column::TermsId))
                .equals((terms::Entity, terms::Column::Id)),
        )
        .to_owned();
    let every_pair: RelationDef = partner::Entity::belongs_to(terms::Entity)
        .from(partner::Column::TenantId)
        .to(terms::Column::TenantId)
        .into();
    let query = partner::Entity::of(tenant)
        .join(JoinType::InnerJoin, every_pair)
        .filter(partner::Column::Id.is_in(partners.iter().copied()))
        .filter(Expr::exists(any))
        .select_only()
        .column(partner::Column::Id)
        .column(terms::Column::Id);
    Ok(query.into_tuple().all(db).await?)
}

async fn papers_of_some<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    partners: &[PartnerId],
    now: Moment,
) -> Result<HashMap<PartnerId, Papers>> {
    let mut all: HashMap<PartnerId, Papers> = HashMap::new();
    let of_all = || partners.iter().copied();

    let query = partner::Entity::of(tenant).filter(partner::Column::Id.is_in(of_all()));
    for row in query.all(db).await? {
        all.entry(row.id).or_default().state = Some(row.state);
    }
    let query = agreement::Entity::of(tenant)
        .filter(agreement::Column::PartnerId.is_in(of_all()))
        .filter(agreement::Column::State.eq(agreement::State::Accepted));
    for row in query.all(db).await? {
        all.entry(row.partner_id)
            .or_default()
            .accepted
            .insert(row.terms_id);
    }
    let query =
        enrollment::Entity::of(tenant).filter(enrollment::Column::PartnerId.is_in(of_all()));
    let enrollments = query.all(db).await?;
    let query = terms::Entity::of(tenant)
        .filter(terms::Column::ProgramId.is_in(enrollments.iter().map(|row| row.program_id)))
        .filter(terms::Column::State.eq(terms::State::InForce));
    let in_force: HashMap<ProgramId, TermsId> = query
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.program_id, row.id))
        .collect();
    for row in enrollments {
        let required = in_force.get(&row.program_id).copied();
        all.entry(row.partner_id)
            .or_default()
            .required
            .extend(required);
    }
    for (partner, terms) in credited(db, tenant, partners).await? {
        all.entry(partner).or_default().required.insert(terms);
    }
    let query = tax_form::Entity::of(tenant)
        .filter(tax_form::Column::PartnerId.is_in(of_all()))
        .filter(tax_form::Column::State.eq(tax_form::State::Approved));
    for row in query.all(db).await? {
        let valid = row.state_at(now) == tax_form::State::Approved;
        all.entry(row.partner_id).or_default().tax_form |= valid;
    }
    let query = payout_method::Entity::of(tenant)
        .filter(payout_method::Column::PartnerId.is_in(of_all()))
        .filter(payout_method::Column::State.eq(payout_method::State::Verified));
    for row in query.all(db).await? {
        let papers = all.entry(row.partner_id).or_default();
        papers.method = Some(row);
    }
    Ok(all)
}
