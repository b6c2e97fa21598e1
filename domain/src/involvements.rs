//! Involvements: each partner's part in each deal, recorded as it happens.

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use serde::Serialize;
use serde_json::json;

use crate::access::Permission;
use crate::clock::Moment;
use crate::entity::credit_share::Role;
use crate::entity::involvement::{self, Kind, State};
use crate::entity::{Owned, deal, registration};
use crate::error::{Conflict, Error, Result};
use crate::ids::{DealId, InvolvementId, PartnerId};
use crate::reads;
use crate::scope::{Fact, Scope, Tx};
use crate::{deals, idempotency, limits, partners};

/// An involvement as it is sent.
#[derive(Clone, Debug, Serialize)]
pub struct NewInvolvement {
    /// The deal; open.
    pub deal: DealId,
    /// The partner; at work in the deal's program.
    pub partner: PartnerId,
    /// Whether it brought the deal or moved it.
    pub role: Role,
    /// What it did.
    pub kind: Kind,
    /// What shows it: a link, a meeting, a document.
    pub evidence: String,
    /// When it happened; not in the future. Now, if not given.
    pub occurred_at: Option<Moment>,
}

/// Proposes an involvement, for a person to confirm.
pub async fn record(scope: &Scope, key: &str, new: NewInvolvement) -> Result<involvement::Model> {
    scope.require(Permission::InvolvementRecord)?;
    scope.require_partner(new.partner)?;
    if scope.partner().is_some() {
        // A partner adds to deals it is in; others are none of its business.
        reads::get::<deal::Entity>(scope, new.deal).await?;
    }
    let mut tx = scope.begin().await?;
    let claim = idempotency::claim(&tx, "involvement.record", key, &new).await?;
    if let Some(id) = claim.done {
        return involvement::Entity::get(&tx, tx.tenant(), InvolvementId(id)).await;
    }
    let deal = deals::open_in(&tx, new.deal).await?;
    partners::working_in(&tx, new.partner, deal.program_id).await?;
    let occurred_at = new.occurred_at.unwrap_or(tx.now());
    if occurred_at > tx.now() {
        return Err(Error::invalid("occurredAt", "must not be in the future"));
    }
    let evidence = limits::sentence("evidence", &new.evidence)?;
    let mut row = draft(&tx, deal.id, new.partner, new.role);
    row.kind = Set(new.kind);
    row.evidence = Set(evidence);
    row.occurred_at = Set(occurred_at);
    let involvement = insert(&mut tx, row).await?;
    claim.keep(&tx, involvement.id.0).await?;
    tx.commit().await?;
    Ok(involvement)
}

/// Records that a registration sourced the deal it became.
pub(crate) async fn record_registration(
    tx: &mut Tx,
    deal: &deal::Model,
    registration: &registration::Model,
) -> Result<()> {
    let mut row = draft(tx, deal.id, registration.partner_id, Role::Sourced);
    row.evidence = Set(format!("registration {}", registration.id));
    row.registration_id = Set(Some(registration.id));
    row.occurred_at = Set(registration.submitted_at);
    row.state = Set(State::Confirmed);
    row.decided_at = Set(registration.decided_at);
    row.decided_by = Set(registration.decided_by);
    insert(tx, row).await?;
    Ok(())
}

fn draft(tx: &Tx, deal: DealId, partner: PartnerId, role: Role) -> involvement::ActiveModel {
    involvement::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(InvolvementId::new()),
        deal_id: Set(deal),
        partner_id: Set(partner),
        role: Set(role),
        kind: Set(Kind::Introduced),
        evidence: Set(String::new()),
        registration_id: Set(None),
        state: Set(State::Proposed),
        occurred_at: Set(tx.now()),
        recorded_at: Set(tx.now()),
        recorded_by: Set(tx.actor()),
        recorded_position: Set(tx.next_position()),
        decided_at: Set(None),
        decided_by: Set(None),
        reason: Set(None),
    }
}

async fn insert(tx: &mut Tx, row: involvement::ActiveModel) -> Result<involvement::Model> {
    let involvement = row.insert(tx).await?;
    log(tx, "involvement.recorded", &involvement).await?;
    Ok(involvement)
}

async fn log(tx: &mut Tx, kind: &'static str, involvement: &involvement::Model) -> Result<()> {
    let data = json!({
        "partner": involvement.partner_id,
        "role": involvement.role,
        "kind": involvement.kind,
    });
    let deal = Some(involvement.deal_id);
    tx.log(Fact {
        kind,
        subject: &involvement.id,
        deal,
        data,
    })
    .await?;
    Ok(())
}

/// Confirms an involvement, or declines it with a reason, while the deal is
/// open. Repeating a decision is harmless, and it may be reversed until then.
pub async fn decide(
    scope: &Scope,
    id: InvolvementId,
    decline: Option<String>,
) -> Result<involvement::Model> {
    scope.require(Permission::InvolvementDecide)?;
    let reason = decline
        .map(|text| limits::sentence("reason", &text))
        .transpose()?;
    let (state, kind) = match &reason {
        None => (State::Confirmed, "involvement.confirmed"),
        Some(_) => (State::Declined, "involvement.declined"),
    };
    let mut tx = scope.begin().await?;
    let involvement = involvement::Entity::get(&tx, tx.tenant(), id).await?;
    if involvement.state == state {
        return Ok(involvement);
    }
    deals::open_in(&tx, involvement.deal_id).await?;
    if involvement.registration_id.is_some() {
        let message = "this rests on an approved registration and is not decided again";
        return Err(Error::conflict(Conflict::WrongState, message));
    }
    let mut change: involvement::ActiveModel = involvement.into();
    change.state = Set(state);
    change.reason = Set(reason);
    change.decided_at = Set(Some(tx.now()));
    change.decided_by = Set(Some(tx.actor()));
    let involvement = change.update(&tx).await?;
    log(&mut tx, kind, &involvement).await?;
    tx.commit().await?;
    Ok(involvement)
}

/// The confirmed involvements in a deal in the order in which they were
/// recorded. When something happened is what its recorder says, and clocks of
/// servers differ: the place in the log decides who was first.
pub(crate) async fn confirmed(tx: &Tx, deal: DealId) -> Result<Vec<involvement::Model>> {
    let query = involvement::Entity::of(tx.tenant())
        .filter(involvement::Column::DealId.eq(deal))
        .filter(involvement::Column::State.eq(State::Confirmed))
        .order_by_asc(involvement::Column::RecordedPosition);
    Ok(query.all(tx).await?)
}
