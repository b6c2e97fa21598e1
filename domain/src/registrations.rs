//! Registrations: a partner's claim on an opportunity, before it works it.
//!
//! Who was first is decided by the place in the tenant's log, which the
//! database gives out one at a time. A claim that competes with something is a
//! registration in conflict, for a person to settle, and never an error.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::json;

use crate::access::Permission;
use crate::accounts::{self, NewAccount};
use crate::actor::Actor;
use crate::entity::registration::{self, State};
use crate::entity::work::Kind;
use crate::entity::{Owned, terms};
use crate::error::{self, Error, Result};
use crate::ids::{AccountId, DealId, PartnerId, ProgramId, RegistrationId};
use crate::kernel::work::Progress;
use crate::money::Money;
use crate::scope::{Fact, Scope, Tx};
use crate::{conflicts, idempotency, limits, partners, programs};

/// A claim as it is sent.
#[derive(Clone, Debug, Serialize)]
pub struct NewRegistration {
    /// The program.
    pub program: ProgramId,
    /// Who claims.
    pub partner: PartnerId,
    /// The customer.
    pub account: NewAccount,
    /// What is to be sold.
    pub opportunity: String,
    /// What it may be worth, in the program's currency.
    pub expected: Option<Money>,
}

/// Registers a claim. Without conflict it is approved at once where the terms
/// say so, else it waits for a person; with conflicts it is in conflict.
pub async fn register(
    scope: &Scope,
    key: &str,
    new: NewRegistration,
) -> Result<registration::Model> {
    scope.require(Permission::RegistrationSubmit)?;
    scope.require_partner(new.partner)?;
    if scope.partner().is_some() && new.account.crm_id.is_some() {
        // It would join the claim to whichever account has that id.
        let message = "ids of the tenant's CRM are for the tenant's own people";
        return Err(Error::invalid("account.crmId", message));
    }
    let mut tx = scope.begin().await?;
    let claim = idempotency::claim(&tx, "registration.submit", key, &new).await?;
    if let Some(id) = claim.done {
        return registration::Entity::get(&tx, tx.tenant(), RegistrationId(id)).await;
    }
    let opportunity = limits::sentence("opportunity", &new.opportunity)?;
    let (program, terms) = programs::open_terms(&tx, new.program).await?;
    partners::working_in(&tx, new.partner, program.id).await?;
    partners::bound_by(&tx, new.partner, terms.id).await?;
    let expected = new
        .expected
        .map(|money| limits::positive("expected", money, program.currency));
    let account = accounts::find_or_create(&mut tx, &new.account).await?;
    expire_on(&mut tx, account.id).await?;
    let conflicts = conflicts::against(&tx, &account).await?;
    let row = registration::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(RegistrationId::new()),
        program_id: Set(program.id),
        terms_id: Set(terms.id),
        partner_id: Set(new.partner),
        account_id: Set(account.id),
        opportunity: Set(opportunity),
        submitted_name: Set(limits::name("account.name", &new.account.name)?),
        submitted_domain: Set(limits::sentence("account.domain", &new.account.domain)?),
        expected_minor: Set(expected.transpose()?),
        currency: Set(program.currency),
        state: Set(if conflicts.is_empty() {
            State::Submitted
        } else {
            State::InConflict
        }),
        protects: Set(false),
        protected_until: Set(None),
        deal_id: Set(None),
        reason: Set(None),
        decided_by: Set(None),
        submitted_by: Set(tx.actor()),
        submitted_at: Set(tx.now()),
        submitted_position: Set(tx.next_position()),
        decided_at: Set(None),
    };
    let mut registration = row.insert(&tx).await?;
    let data =
        json!({ "partner": new.partner, "account": account.id, "state": registration.state });
    let fact = Fact {
        kind: "registration.submitted",
        subject: &registration.id,
        deal: None,
        data,
    };
    tx.log(fact).await?;
    conflicts::insert(&tx, registration.id, &conflicts).await?;
    if conflicts.is_empty() && terms.auto_approve {
        registration = protect(&mut tx, registration, &terms, Actor::System, None).await?;
    }
    claim.keep(&tx, registration.id.0).await?;
    tx.commit().await?;
    Ok(registration)
}

/// Approves a claim, also one in conflict, once nothing else protects the
/// account. Approving it again is harmless.
pub async fn approve(
    scope: &Scope,
    id: RegistrationId,
    reason: Option<String>,
) -> Result<registration::Model> {
    scope.require(Permission::RegistrationDecide)?;
    let reason = reason
        .map(|text| limits::sentence("reason", &text))
        .transpose()?;
    let mut tx = scope.begin().await?;
    let registration = current(&mut tx, id).await?;
    match registration.state {
        State::Approved => return Ok(registration),
        State::Submitted => {}
        State::InConflict if reason.is_some() => {}
        State::InConflict => {
            let message = "say why this claim is approved although it is in conflict";
            return Err(Error::invalid("reason", message));
        }
        _ => {
            return Err(Error::conflict(
                error::Conflict::WrongState,
                "the claim is decided already",
            ));
        }
    }
    if let Some(other) = protector(&tx, registration.account_id).await? {
        let message = format!("{} protects this account: settle it first", other.id);
        return Err(Error::conflict(error::Conflict::AccountProtected, message));
    }
    let terms = terms::Entity::get(&tx, tx.tenant(), registration.terms_id).await?;
    let actor = tx.actor();
    let registration = protect(&mut tx, registration, &terms, actor, reason).await?;
    tx.commit().await?;
    Ok(registration)
}

/// A registration as it is now: expired, if its protection has run out.
pub(crate) async fn current(tx: &mut Tx, id: RegistrationId) -> Result<registration::Model> {
    let registration = registration::Entity::get(tx, tx.tenant(), id).await?;
    expire_on(tx, registration.account_id).await?;
    registration::Entity::get(tx, tx.tenant(), id).await
}

async fn protector(tx: &Tx, account: AccountId) -> Result<Option<registration::Model>> {
    let query = registration::Entity::of(tx.tenant())
        .filter(registration::Column::AccountId.eq(account))
        .filter(registration::Column::Protects.eq(true));
    Ok(query.one(tx).await?)
}

/// Fails while a partner's claim on the account is alive, also after it became
/// a deal that is still open: it is not passed by without a person's reason.
pub(crate) async fn refuse_bypass(tx: &Tx, account: AccountId) -> Result<()> {
    let Some(claim) = live(account, tx).one(tx).await? else {
        return Ok(());
    };
    let message = format!(
        "{} is a partner's claim on this account: settle or convert it, or say why not",
        claim.id
    );
    Err(Error::conflict(error::Conflict::AccountProtected, message))
}

/// The claims on an account that are alive, earliest first: those that protect
/// it, and those that wait for a person.
pub(crate) fn live(account: AccountId, tx: &Tx) -> Select<registration::Entity> {
    registration::Entity::of(tx.tenant())
        .filter(registration::Column::AccountId.eq(account))
        .filter(
            Condition::any()
                .add(registration::Column::Protects.eq(true))
                .add(registration::Column::State.is_in([State::Submitted, State::InConflict])),
        )
        .order_by_asc(registration::Column::SubmittedPosition)
}

async fn protect(
    tx: &mut Tx,
    registration: registration::Model,
    terms: &terms::Model,
    by: Actor,
    reason: Option<String>,
) -> Result<registration::Model> {
    let until = tx.now().plus_days(terms.protection_days);
    let mut change: registration::ActiveModel = registration.into();
    change.protects = Set(true);
    change.protected_until = Set(Some(until));
    change.reason = Set(reason);
    let tenant = tx.tenant().0;
    tx.enqueue_no_later(Kind::ExpireRegistrations, tenant, until)
        .await?;
    decide(tx, change, State::Approved, by, "registration.approved").await
}

/// Turns a claim down, with a reason for the partner. A claim that is approved
/// loses its protection. Repeating it is harmless.
pub async fn reject(
    scope: &Scope,
    id: RegistrationId,
    reason: &str,
) -> Result<registration::Model> {
    scope.require(Permission::RegistrationDecide)?;
    let reason = limits::sentence("reason", reason)?;
    end(scope, id, State::Rejected, reason, "registration.rejected").await
}

/// Gives a claim up. For the partner who made it, and for those of the tenant
/// who may decide on claims: it ends a protection.
pub async fn withdraw(
    scope: &Scope,
    id: RegistrationId,
    reason: &str,
) -> Result<registration::Model> {
    scope.require(match scope.partner() {
        Some(_) => Permission::RegistrationSubmit,
        None => Permission::RegistrationDecide,
    })?;
    let reason = limits::sentence("reason", reason)?;
    crate::reads::get::<registration::Entity>(scope, id).await?;
    end(
        scope,
        id,
        State::Withdrawn,
        reason,
        "registration.withdrawn",
    )
    .await
}

async fn end(
    scope: &Scope,
    id: RegistrationId,
    state: State,
    reason: String,
    kind: &'static str,
) -> Result<registration::Model> {
    let mut tx = scope.begin().await?;
    let registration = current(&mut tx, id).await?;
    if registration.state == state {
        return Ok(registration);
    }
    if !matches!(
        registration.state,
        State::Submitted | State::InConflict | State::Approved
    ) {
        return Err(Error::conflict(
            error::Conflict::WrongState,
            "the claim is decided already",
        ));
    }
    let mut change: registration::ActiveModel = registration.into();
    change.protects = Set(false);
    change.reason = Set(Some(reason));
    let actor = tx.actor();
    let registration = decide(&mut tx, change, state, actor, kind).await?;
    tx.commit().await?;
    Ok(registration)
}

async fn decide(
    tx: &mut Tx,
    mut change: registration::ActiveModel,
    state: State,
    by: Actor,
    kind: &'static str,
) -> Result<registration::Model> {
    change.state = Set(state);
    change.decided_by = Set(Some(by));
    change.decided_at = Set(Some(tx.now()));
    let registration = change.update(tx).await?;
    let data = json!({
        "partner": registration.partner_id,
        "account": registration.account_id,
        "decided_by": by,
    });
    tx.log(Fact {
        kind,
        subject: &registration.id,
        deal: registration.deal_id,
        data,
    })
    .await?;
    Ok(registration)
}

/// Marks a claim as the origin of a deal. Its protection then lasts as long as
/// the deal is open. For `deals::convert` alone.
pub(crate) async fn mark_converted(
    tx: &mut Tx,
    registration: registration::Model,
    deal: DealId,
) -> Result<()> {
    let mut change: registration::ActiveModel = registration.into();
    change.state = Set(State::Converted);
    change.deal_id = Set(Some(deal));
    change.protected_until = Set(None);
    let registration = change.update(tx).await?;
    let data = json!({ "partner": registration.partner_id });
    let (kind, subject) = ("registration.converted", &registration.id);
    tx.log(Fact {
        kind,
        subject,
        deal: Some(deal),
        data,
    })
    .await?;
    Ok(())
}

/// Ends the protection of the claim that a decided deal came from.
pub(crate) async fn release(tx: &Tx, id: RegistrationId) -> Result<()> {
    let registration = registration::Entity::get(tx, tx.tenant(), id).await?;
    let mut change: registration::ActiveModel = registration.into();
    change.protects = Set(false);
    change.update(tx).await?;
    Ok(())
}

/// Registrations that one transaction expires.
const EXPIRY_STEP: u64 = 200;

/// Expires what no longer protects an account by the transaction's present.
/// Called before anything that asks who protects the account: the rest is
/// expired by the server in its own time.
pub(crate) async fn expire_on(tx: &mut Tx, account: AccountId) -> Result<()> {
    let due = due(tx).filter(registration::Column::AccountId.eq(account));
    let due = due.all(tx).await?;
    expire(tx, due).await
}

/// Expires some of the registrations whose protection has run out, and notes
/// down when the next one's does.
pub(crate) async fn work(scope: &Scope) -> Result<Progress> {
    let mut tx = scope.begin().await?;
    let due = due(&tx).limit(EXPIRY_STEP).all(&tx).await?;
    let more = due.len() as u64 == EXPIRY_STEP;
    expire(&mut tx, due).await?;
    let tenant = tx.tenant().0;
    let next = registration::Entity::of(tx.tenant())
        .filter(registration::Column::State.eq(State::Approved))
        .order_by_asc(registration::Column::ProtectedUntil)
        .one(&tx)
        .await?;
    match next.and_then(|next| next.protected_until) {
        Some(until) => {
            tx.enqueue(Kind::ExpireRegistrations, tenant, Some(until))
                .await?;
        }
        None => tx.complete(Kind::ExpireRegistrations, tenant).await?,
    }
    tx.commit().await?;
    Ok(if more { Progress::More } else { Progress::Done })
}

fn due(tx: &Tx) -> Select<registration::Entity> {
    registration::Entity::of(tx.tenant())
        .filter(registration::Column::State.eq(State::Approved))
        .filter(registration::Column::ProtectedUntil.lte(tx.now()))
        .order_by_asc(registration::Column::ProtectedUntil)
}

async fn expire(tx: &mut Tx, due: Vec<registration::Model>) -> Result<()> {
    for registration in due {
        let (id, partner) = (registration.id, registration.partner_id);
        let mut change: registration::ActiveModel = registration.into();
        change.state = Set(State::Expired);
        change.protects = Set(false);
        change.update(tx).await?;
        tx.log(Fact {
            kind: "registration.expired",
            subject: &id,
            deal: None,
            data: json!({ "partner": partner }),
        })
        .await?;
    }
    Ok(())
}
