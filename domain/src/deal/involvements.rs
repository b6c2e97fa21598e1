//! Involvements: each partner's part in each deal, recorded as it happens.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{PaginatorTrait, QueryOrder};
use serde::Serialize;

use crate::access::Permission;
use crate::clock::Moment;
use crate::entity::credit_share::Role;
use crate::entity::involvement::{self, Kind, State};
use crate::entity::{Owned, deal, partner, registration};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::Command;
use crate::ids::{DealId, InvolvementId, PartnerId};
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::partner::partners;
use crate::scope::{Fact, Scope, Tx};
use crate::{idempotency, limits, reads};

/// The most parts that a deal may have, declined ones aside: all are decided, and
/// credited, in one transaction.
const MOST_PARTS: u64 = 200;

/// The most of them that are of one partner: none keeps the others out.
const MOST_PARTS_OF_A_PARTNER: u64 = 20;

/// An involvement as it is sent.
#[derive(Debug)]
pub struct NewInvolvement {
    /// The deal; open.
    pub deal: Given<DealId>,
    /// The partner; at work in the deal's program.
    pub partner: Given<PartnerId>,
    /// Whether it brought the deal or moved it.
    pub role: Role,
    /// What it did.
    pub kind: Kind,
    /// What shows it: a link, a meeting, a document.
    pub evidence: String,
    /// When it happened; not in the future. Now, if not given.
    pub occurred_at: Option<Moment>,
}

/// What of an involvement can be read without looking anything up. Keys are compared
/// by it.
#[derive(Debug, Serialize)]
struct Draft {
    deal: Option<DealId>,
    partner: Option<PartnerId>,
    role: Role,
    kind: Kind,
    evidence: Option<String>,
    occurred_at: Option<Moment>,
}

/// Proposes an involvement, for a person to confirm.
pub async fn record(scope: &Scope, key: &str, new: NewInvolvement) -> Result<involvement::Model> {
    scope.require(Permission::InvolvementRecord)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let new = Draft {
        deal: check.given(new.deal)?,
        partner: check.given(new.partner)?,
        role: new.role,
        kind: new.kind,
        evidence: check.take(limits::sentence("evidence", &new.evidence))?,
        occurred_at: new.occurred_at,
    };
    if let Some(partner) = new.partner {
        scope.require_partner(partner)?;
    }
    let command = Command::new("involvement.record", key, &new)?;
    let done = command.once::<involvement::Entity>(scope, async |tx: &mut Tx| {
        let deal = match new.deal {
            Some(id) => check.take(workable(scope, tx, id).await.at("dealId"))?,
            None => None,
        };
        match (&deal, new.partner) {
            (Some(deal), Some(partner)) => {
                let working = async {
                    let partner = partner::Entity::get(tx, tx.tenant(), partner).await?;
                    partners::working_in(tx, &partner, deal.program_id).await
                };
                check.take(working.await.at("partnerId"))?;
                check.take(has_room(tx, deal.id, partner).await)?;
            }
            (None, Some(partner)) => {
                let found = reads::named::<partner::Entity>(scope, tx, partner).await;
                check.take(found.at("partnerId"))?;
            }
            (_, None) => {}
        }
        let occurred_at = new.occurred_at.unwrap_or(tx.now());
        check.take(limits::past("occurredAt", occurred_at, tx.now()))?;
        let (Some(deal), Some(partner), Some(evidence)) = (deal, new.partner, new.evidence) else {
            return Err(check.failed());
        };
        check.done()?;
        let mut row = draft(tx, deal.id, partner, new.role);
        row.kind = Set(new.kind);
        row.evidence = Set(evidence);
        row.occurred_at = Set(occurred_at);
        let involvement = insert(tx, row).await?;
        Ok(involvement)
    });
    reads::shown::<involvement::Entity>(scope, done.await?).await
}

/// An open deal that the actor may work on: a partner adds to deals it is in, and
/// others are none of its business.
async fn workable(scope: &Scope, tx: &Tx, id: DealId) -> Result<deal::Model> {
    reads::named::<deal::Entity>(scope, tx, id).await?;
    deal::open_in(tx, tx.tenant(), id).await
}

/// Fails where a deal has as many parts as it may, of this partner or of all.
pub(crate) async fn has_room(tx: &Tx, deal: DealId, partner: PartnerId) -> Result<()> {
    let parts = || {
        involvement::Entity::of(tx.tenant())
            .filter(involvement::Column::DealId.eq(deal))
            .filter(involvement::Column::State.ne(State::Declined))
    };
    let own = parts().filter(involvement::Column::PartnerId.eq(partner));
    if own.count(tx).await? >= MOST_PARTS_OF_A_PARTNER {
        let message = format!(
            "the partner has {MOST_PARTS_OF_A_PARTNER} parts in the deal already: decline some \
             of them first"
        );
        return Err(Error::conflict(Conflict::LimitReached, message));
    }
    if parts().count(tx).await? >= MOST_PARTS {
        let message =
            format!("the deal has {MOST_PARTS} parts already: decline some of them first");
        return Err(Error::conflict(Conflict::LimitReached, message));
    }
    Ok(())
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
        updated_at: Set(tx.now()),
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
    let fact = Fact::InvolvementRecorded(told(&involvement));
    tx.record(involvement.id, Some(involvement.deal_id), fact)
        .await?;
    Ok(involvement)
}

fn told(involvement: &involvement::Model) -> facts::Part {
    facts::Part {
        partner: involvement.partner_id,
        role: involvement.role,
        kind: involvement.kind,
    }
}

/// Confirms an involvement, or declines it where there is a reason to.
pub(crate) async fn set_decision(
    tx: &mut Tx,
    involvement: involvement::Model,
    reason: Option<String>,
) -> Result<involvement::Model> {
    let state = match &reason {
        None => State::Confirmed,
        Some(_) => State::Declined,
    };
    if involvement.state == state {
        return Ok(involvement);
    }
    let mut change: involvement::ActiveModel = involvement.into();
    change.state = Set(state);
    change.reason = Set(reason);
    change.decided_at = Set(Some(tx.now()));
    change.decided_by = Set(Some(tx.actor()));
    let involvement = tx.update(change).await?;
    let part = told(&involvement);
    let fact = match state {
        State::Confirmed => Fact::InvolvementConfirmed(part),
        _ => Fact::InvolvementDeclined(part),
    };
    tx.record(involvement.id, Some(involvement.deal_id), fact)
        .await?;
    Ok(involvement)
}

/// The parts in a deal that nobody has decided.
pub(crate) fn undecided(tx: &Tx, deal: DealId) -> Select<involvement::Entity> {
    involvement::Entity::of(tx.tenant())
        .filter(involvement::Column::DealId.eq(deal))
        .filter(involvement::Column::State.eq(State::Proposed))
}

/// Whether somebody still has to decide on a part in the deal.
pub(crate) async fn any_undecided(tx: &Tx, deal: DealId) -> Result<bool> {
    Ok(undecided(tx, deal).count(tx).await? > 0)
}

/// Declines what nobody has decided.
pub(crate) async fn decline_undecided(tx: &mut Tx, deal: DealId, why: &str) -> Result<()> {
    for involvement in undecided(tx, deal).all(tx).await? {
        set_decision(tx, involvement, Some(why.to_owned())).await?;
    }
    Ok(())
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
