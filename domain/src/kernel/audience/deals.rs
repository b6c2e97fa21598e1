//! Deals, the parts in them, and what happens to them.

use std::collections::HashMap;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use sea_orm::{Condition, QuerySelect, QueryTrait};

use super::basis::{Told, own_of, own_rows};
use crate::clock::Moment;
use crate::entity::{
    Owned, collection, credit, credit_share, deal, event, involvement, registration,
};
use crate::error::Result;
use crate::ids::{DealId, PartnerId};
use crate::kernel::facts::FactKind;
use crate::kernel::visible::Visible;
use crate::scope::Scope;

own_rows! { registration [submitted_by decided_by] involvement [recorded_by decided_by] }

/// The filter that the deals a partner has a part in pass. A part that was
/// declined is none.
pub(crate) fn with_partner(scope: &Scope, partner: PartnerId) -> Condition {
    with_partners(scope, &[partner])
}

/// The filter that the deals one of these partners has a part in pass.
pub(crate) fn with_partners(scope: &Scope, partners: &[PartnerId]) -> Condition {
    let worked = Query::select()
        .column(involvement::Column::DealId)
        .from(involvement::Entity)
        .and_where(involvement::Column::TenantId.eq(scope.tenant()))
        .and_where(involvement::Column::PartnerId.is_in(partners.iter().copied()))
        .and_where(involvement::Column::State.ne(involvement::State::Declined))
        .to_owned();
    Condition::all().add(deal::Column::Id.in_subquery(worked))
}

impl Visible for deal::Entity {
    fn visible(scope: &Scope) -> Select<Self> {
        let all = Self::of(scope.tenant());
        match scope.partner() {
            None => all,
            Some(own) => all.filter(with_partner(scope, own)),
        }
    }

    /// A partner is told nothing older than its own part, and not that somebody's part
    /// is undecided.
    async fn shown(scope: &Scope, mut rows: Vec<deal::Model>) -> Result<Vec<deal::Model>> {
        let Some(own) = scope.partner() else {
            return Ok(rows);
        };
        let ids: Vec<DealId> = rows.iter().map(|row| row.id).collect();
        let parts = first_parts(scope, own, &ids).await?;
        for row in &mut rows {
            row.credit_due_at = None;
            if let Some(part) = parts.get(&row.id) {
                row.opened_at = row.opened_at.max(part.at);
                row.updated_at = row.updated_at.max(part.at);
            }
        }
        Ok(rows)
    }
}

/// Where a partner's part in a deal began.
#[derive(Clone, Copy)]
struct FirstPart {
    position: i64,
    at: Moment,
}

/// Where a partner's part in each deal began: with its registration, or with the
/// first involvement that was recorded of it and not declined.
async fn first_parts(
    scope: &Scope,
    partner: PartnerId,
    deals: &[DealId],
) -> Result<HashMap<DealId, FirstPart>> {
    let db = scope.read().await?;
    let involved: Vec<(DealId, i64, Moment)> = involvement::Entity::of(scope.tenant())
        .filter(involvement::Column::PartnerId.eq(partner))
        .filter(involvement::Column::DealId.is_in(deals.iter().copied()))
        .filter(involvement::Column::State.ne(involvement::State::Declined))
        .select_only()
        .column(involvement::Column::DealId)
        .column(involvement::Column::RecordedPosition)
        .column(involvement::Column::RecordedAt)
        .into_tuple()
        .all(&db)
        .await?;
    let registered: Vec<(DealId, i64, Moment)> = registration::Entity::of(scope.tenant())
        .filter(registration::Column::PartnerId.eq(partner))
        .filter(registration::Column::DealId.is_in(deals.iter().copied()))
        .select_only()
        .column(registration::Column::DealId)
        .column(registration::Column::SubmittedPosition)
        .column(registration::Column::SubmittedAt)
        .into_tuple()
        .all(&db)
        .await?;
    let mut parts: HashMap<DealId, FirstPart> = HashMap::new();
    for (deal, position, at) in involved.into_iter().chain(registered) {
        let part = FirstPart { position, at };
        let first = parts.entry(deal).or_insert(part);
        if part.position < first.position {
            *first = part;
        }
    }
    Ok(parts)
}

impl Visible for credit::Entity {
    /// For whoever may see the deal.
    fn visible(scope: &Scope) -> Select<Self> {
        let deals = deal::Entity::visible(scope)
            .select_only()
            .column(deal::Column::Id)
            .into_query();
        Self::of(scope.tenant()).filter(credit::Column::DealId.in_subquery(deals))
    }

    async fn shown(scope: &Scope, mut rows: Vec<credit::Model>) -> Result<Vec<credit::Model>> {
        for row in &mut rows {
            row.settled_by = row.settled_by.told(scope);
        }
        Ok(rows)
    }
}

/// The filter that shares of credit pass: for a partner its own alone.
pub(crate) fn shares_shown(scope: &Scope) -> Condition {
    own_of::<credit_share::Entity>(scope, credit_share::Column::PartnerId)
}

impl Visible for collection::Entity {
    /// For whoever may see the deal.
    fn visible(scope: &Scope) -> Select<Self> {
        let deals = deal::Entity::visible(scope)
            .select_only()
            .column(deal::Column::Id)
            .into_query();
        Self::of(scope.tenant()).filter(collection::Column::DealId.in_subquery(deals))
    }

    /// The tenant's reference and who recorded it are the tenant's own. A partner earns
    /// of all that was collected, but is told no day before its own part.
    async fn shown(
        scope: &Scope,
        mut rows: Vec<collection::Model>,
    ) -> Result<Vec<collection::Model>> {
        let Some(own) = scope.partner() else {
            return Ok(rows);
        };
        let deals: Vec<DealId> = rows.iter().map(|row| row.deal_id).collect();
        let parts = first_parts(scope, own, &deals).await?;
        for row in &mut rows {
            row.recorded_by = row.recorded_by.told(scope);
            row.reference = None;
            if let Some(part) = parts.get(&row.deal_id) {
                row.received_at = row.received_at.max(part.at);
                row.recorded_at = row.recorded_at.max(part.at);
            }
        }
        Ok(rows)
    }
}

/// What happens to a deal as such, and so concerns everybody who works on it.
const DEAL_FACTS: &[FactKind] = &[
    FactKind::DealOpened,
    FactKind::DealStageChanged,
    FactKind::DealAmountRevised,
    FactKind::DealClosedWon,
    FactKind::DealClosedLost,
    FactKind::CreditSettled,
    FactKind::CollectionReceived,
    FactKind::CollectionRefunded,
];

/// The filter that the events of a deal pass which the actor may see: for a
/// partner those about itself, and those about the deal as such since its part
/// in it began. Of other partners' parts it learns nothing, not even how many
/// events there are.
pub(crate) async fn events_of_deal(scope: &Scope, deal: DealId) -> Result<Condition> {
    let of_deal = Condition::all().add(event::Column::DealId.eq(deal));
    let Some(own) = scope.partner() else {
        return Ok(of_deal);
    };
    let part = first_parts(scope, own, &[deal]).await?.remove(&deal);
    let common = part.map(|part| {
        Condition::all()
            .add(event::Column::PartnerId.is_null())
            .add(event::Column::Kind.is_in(DEAL_FACTS.iter().map(|kind| kind.name())))
            .add(event::Column::Position.gte(part.position))
    });
    let concerns = Condition::any()
        .add(event::Column::PartnerId.eq(own))
        .add_option(common);
    Ok(of_deal.add(concerns))
}

/// What the actor sees of events that it may see: a partner the fact alone, for
/// the data may name others.
pub(crate) fn events_shown(scope: &Scope, mut rows: Vec<event::Model>) -> Vec<event::Model> {
    if scope.partner().is_some() {
        for row in &mut rows {
            row.actor = row.actor.told(scope);
            "null".clone_into(&mut row.data);
        }
    }
    rows
}
