//! What a partner lacks before it can be paid: known from the first day.

use std::collections::{HashMap, HashSet};

use sea_orm::entity::prelude::*;
use sea_orm::{JoinType, QuerySelect, RelationTrait};

use crate::clock::Moment;
use crate::entity::{
    Owned, agreement, commission, deal, enrollment, payout_method, tax_form, terms,
};
use crate::error::Result;
use crate::ids::{PartnerId, ProgramId, TenantId, TermsId};
use crate::scope::Scope;

/// The papers of one partner.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    /// The terms it has accepted.
    pub accepted: HashSet<TermsId>,
    /// The terms in force in its programs, and those of the deals it is credited in.
    pub required: HashSet<TermsId>,
    /// Whether a valid tax form is approved.
    pub tax_form: bool,
    /// Its verified payout method, if there is one.
    pub method: Option<payout_method::Model>,
}

/// Something a partner lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It has not accepted terms that are in force, or that a deal of its own is under.
    Agreement,
    /// It has no valid, approved tax form.
    TaxForm,
    /// It has no verified payout method.
    PayoutMethod,
}

impl Papers {
    /// What is missing.
    pub fn missing(&self) -> Vec<Missing> {
        let mut missing = Vec::new();
        if !self.required.is_subset(&self.accepted) {
            missing.push(Missing::Agreement);
        }
        if !self.tax_form {
            missing.push(Missing::TaxForm);
        }
        if self.method.is_none() {
            missing.push(Missing::PayoutMethod);
        }
        missing
    }
}

/// The papers of partners that the actor may see.
pub async fn of(scope: &Scope, partners: &[PartnerId]) -> Result<HashMap<PartnerId, Papers>> {
    papers(&scope.read().await?, scope.tenant(), partners, scope.now()).await
}

/// The papers of partners, in six statements however many there are.
pub(crate) async fn papers<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    partners: &[PartnerId],
    now: Moment,
) -> Result<HashMap<PartnerId, Papers>> {
    let mut all: HashMap<PartnerId, Papers> = partners
        .iter()
        .map(|&partner| (partner, Papers::default()))
        .collect();
    let of_all = || partners.iter().copied();

    let query = agreement::Entity::of(tenant)
        .filter(agreement::Column::PartnerId.is_in(of_all()))
        .filter(agreement::Column::State.eq(agreement::State::Accepted));
    for row in query.all(db).await? {
        all.entry(row.partner_id)
            .or_default()
            .accepted
            .insert(row.terms_id);
    }
    let query = enrollment::Entity::of(tenant)
        .filter(enrollment::Column::PartnerId.is_in(of_all()))
        .filter(enrollment::Column::State.ne(enrollment::State::Ended));
    let enrollments = query.all(db).await?;
    let query = terms::Entity::of(tenant)
        .filter(terms::Column::ProgramId.is_in(enrollments.iter().map(|row| row.program_id)))
        .filter(terms::Column::State.eq(terms::State::Published));
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
    let credited: Vec<(PartnerId, TermsId)> = commission::Entity::of(tenant)
        .join(JoinType::InnerJoin, commission::Relation::Deal.def())
        .filter(commission::Column::PartnerId.is_in(of_all()))
        .select_only()
        .distinct()
        .column(commission::Column::PartnerId)
        .column(deal::Column::TermsId)
        .into_tuple()
        .all(db)
        .await?;
    for (partner, terms) in credited {
        all.entry(partner).or_default().required.insert(terms);
    }
    let query = tax_form::Entity::of(tenant)
        .filter(tax_form::Column::PartnerId.is_in(of_all()))
        .filter(tax_form::Column::State.eq(tax_form::State::Approved));
    for row in query.all(db).await? {
        let valid = row.expires_at.is_none_or(|end| now < end);
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
