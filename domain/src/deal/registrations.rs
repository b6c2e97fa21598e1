//! Registrations: what a partner registers before it works an opportunity.
//!
//! Who was first is decided by the place in the tenant's log, which the
//! database gives out one at a time. A registration that competes with something is a
//! registration in conflict, for a person to settle, and never an error.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::access::Permission;
use crate::actor::Actor;
use crate::clock::Moment;
use crate::deal::accounts::{self, AccountDraft, NewAccount};
use crate::deal::{conflicts, protections};
use crate::entity::registration::{self, State};
use crate::entity::{Owned, account, partner, program, terms, work};
use crate::error::{self, About, Error, Result};
use crate::idempotency::Command;
use crate::ids::{DealId, PartnerId, ProgramId, RegistrationId};
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::kernel::search::Audience;
use crate::money::Money;
use crate::partner::partners;
use crate::program::in_force;
use crate::scope::{Fact, Scope, Tx};
use crate::{idempotency, limits, reads};

/// A registration as it is sent.
#[derive(Debug)]
pub struct NewRegistration {
    /// The program.
    pub program: Given<ProgramId>,
    /// Who registers.
    pub partner: Given<PartnerId>,
    /// The customer.
    pub account: NewAccount,
    /// What is to be sold.
    pub opportunity: String,
    /// What it may be worth, in the program's currency.
    pub expected: Option<Given<Money>>,
}

/// What of a registration can be read without looking anything up.
#[derive(Serialize)]
struct Draft {
    program: Option<ProgramId>,
    partner: Option<PartnerId>,
    account: Option<AccountDraft>,
    opportunity: Option<String>,
    expected: Option<Money>,
}

/// Registers an opportunity. Without conflict it is approved at once where the
/// terms say so, else it waits for a person; with conflicts it is in conflict.
pub async fn register(
    scope: &Scope,
    key: &str,
    new: NewRegistration,
) -> Result<registration::Model> {
    scope.require(Permission::RegistrationSubmit)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let draft = Draft {
        program: check.given(new.program)?,
        partner: check.given(new.partner)?,
        account: check.take(AccountDraft::read(&new.account))?,
        opportunity: check.take(limits::sentence("opportunity", &new.opportunity))?,
        expected: check.optional(new.expected)?,
    };
    if scope.partner().is_some() && new.account.crm_id.is_some() {
        // It would join the registration to whichever account has that id.
        let message = "ids of the tenant's CRM are for the tenant's own people";
        check.take(Err::<(), _>(Error::invalid("account.crmId", message)))?;
    }
    let command = Command::new("registration.submit", key, &draft)?;
    let done = command.once::<registration::Entity>(scope, async |tx: &mut Tx| {
        let (program, terms, partner) = working(scope, tx, &mut check, &draft).await?;
        let expected = match (draft.expected, &program) {
            (Some(money), Some(program)) => {
                let currency = program.currency;
                check.take(limits::positive("expected", money, currency))?
            }
            _ => None,
        };
        let (Some(program), Some(terms)) = (program, terms) else {
            return Err(check.failed());
        };
        let (Some(partner), Some(account), Some(opportunity)) =
            (partner, draft.account, draft.opportunity)
        else {
            return Err(check.failed());
        };
        check.done()?;
        let (customer, is_new) = accounts::find_or_create(tx, &account).await?;
        let conflicts = if is_new {
            conflicts::of_name(tx, customer.id, &account.name).await?
        } else {
            protections::expire_on(tx, customer.id).await?;
            conflicts::against(tx, customer.id, &account.name).await?
        };
        let submitted = if conflicts.is_empty() {
            State::Submitted
        } else {
            State::InConflict
        };
        let by_policy = conflicts.is_empty() && terms.auto_approve;
        let protected = by_policy.then(|| tx.now().plus_days(terms.protection_days));
        let row = registration::ActiveModel {
            updated_at: Set(tx.now()),
            tenant_id: Set(tx.tenant()),
            id: Set(RegistrationId::new()),
            program_id: Set(program.id),
            terms_id: Set(terms.id),
            partner_id: Set(partner),
            account_id: Set(customer.id),
            opportunity: Set(opportunity),
            normalized_name: Set(accounts::normalized_name(&account.name)),
            submitted_name: Set(account.name),
            submitted_domain: Set(account.address),
            expected_minor: Set(expected),
            currency: Set(program.currency),
            state: Set(protected.map_or(submitted, |_| State::Approved)),
            protects: Set(protected.is_some()),
            protected_until: Set(protected),
            deal_id: Set(None),
            reason: Set(None),
            decided_by: Set(protected.map(|_| Actor::System)),
            submitted_by: Set(tx.actor()),
            submitted_at: Set(tx.now()),
            submitted_position: Set(tx.next_position()),
            decided_at: Set(protected.map(|_| tx.now())),
        };
        let registration = row.insert(tx).await?;
        let own = [
            (Audience::Partner(partner), &*registration.submitted_name),
            (Audience::Partner(partner), &*registration.submitted_domain),
        ];
        tx.make_findable::<account::Entity>(customer.id, own)
            .await?;
        let fact = Fact::RegistrationSubmitted(facts::RegistrationData {
            partner,
            account: customer.id,
            state: submitted,
        });
        tx.record(registration.id, None, fact).await?;
        conflicts::insert(tx, registration.id, &conflicts).await?;
        if let Some(until) = protected {
            note_expiry(tx, until).await?;
            record_decision(tx, &registration, Actor::System, Fact::RegistrationApproved).await?;
        }
        Ok(registration)
    });
    reads::shown::<registration::Entity>(scope, done.await?).await
}

/// The program of a registration with its terms, and the partner, if it may
/// register there.
async fn working(
    scope: &Scope,
    tx: &mut Tx,
    check: &mut Check,
    draft: &Draft,
) -> Result<(
    Option<program::Model>,
    Option<terms::Model>,
    Option<PartnerId>,
)> {
    let open = match draft.program {
        Some(program) => {
            let open = async {
                let program = reads::named::<program::Entity>(scope, tx, program).await?;
                in_force::of(tx, program).await
            };
            check.take(open.await.at("programId"))?
        }
        None => None,
    };
    let partner = match draft.partner {
        Some(id) => {
            let found = reads::named::<partner::Entity>(scope, tx, id).await;
            check.take(found.at("partnerId"))?
        }
        None => None,
    };
    if let (Some((program, terms)), Some(partner)) = (&open, &partner) {
        let working = partners::working_in(tx, partner, program.id).await;
        if check.take(working)?.is_some() {
            check.take(partners::bound_by(tx, partner.id, terms.id).await)?;
        }
    }
    let (program, terms) = open.unzip();
    Ok((program, terms, partner.map(|partner| partner.id)))
}

/// Approves a registration, also one in conflict, once nothing else protects the
/// account. Approving it again is harmless.
pub async fn approve(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<RegistrationId>>,
    reason: Option<String>,
) -> Result<registration::Model> {
    scope.require(Permission::RegistrationDecide)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read_optional(key))?;
    let id = check.given(id)?;
    let reason = reason.map(|text| limits::sentence("reason", &text));
    let reason = check.take(reason.transpose())?;
    let (Some(key), Some(id), Some(reason)) = (key, id, reason) else {
        return Err(reads::failed::<registration::Entity>(check, scope, "id", id).await);
    };
    let command = Command::repeatable("registration.approve", key, &(id, &reason))?;
    let done = command.once::<registration::Entity>(scope, async |tx: &mut Tx| {
        let registration = current(tx, id).await.at("id")?;
        match registration.state {
            State::Approved => return Ok(registration),
            State::Submitted => {}
            State::InConflict if reason.is_some() => {}
            State::InConflict => {
                let message = "give a reason: the registration is in conflict";
                return Err(Error::invalid("reason", message));
            }
            _ => {
                return Err(Error::conflict(
                    error::Conflict::WrongState,
                    "the registration is decided already",
                ));
            }
        }
        protections::refuse_second(tx, &registration, reason.as_ref()).await?;
        let terms = terms::Entity::get(tx, tx.tenant(), registration.terms_id).await?;
        let actor = tx.actor();
        protect(tx, registration, &terms, actor, reason).await
    });
    done.await
}

/// A registration as it is now: expired, if its protection has run out.
pub(crate) async fn current(tx: &mut Tx, id: RegistrationId) -> Result<registration::Model> {
    let registration = registration::Entity::get(tx, tx.tenant(), id).await?;
    protections::expire_on(tx, registration.account_id).await?;
    registration::Entity::get(tx, tx.tenant(), id).await
}

/// Turns a registration down, with a reason for the partner. A registration that is approved
/// loses its protection. Repeating it is harmless.
pub async fn reject(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<RegistrationId>>,
    reason: &str,
) -> Result<registration::Model> {
    scope.require(Permission::RegistrationDecide)?;
    let (key, id, reason) =
        idempotency::with_reason::<registration::Entity>(scope, key, id, reason).await?;
    let command = Command::repeatable("registration.reject", key, &(id, &reason))?;
    let fact = Fact::RegistrationRejected;
    let done = command.once::<registration::Entity>(scope, async |tx: &mut Tx| {
        end(tx, id, State::Rejected, reason, fact).await
    });
    reads::shown::<registration::Entity>(scope, done.await?).await
}

/// Gives a registration up. For the partner who made it, and for those of the tenant
/// who may decide on registrations: it ends a protection.
pub async fn withdraw(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<RegistrationId>>,
    reason: &str,
) -> Result<registration::Model> {
    scope.require(match scope.partner() {
        Some(_) => Permission::RegistrationSubmit,
        None => Permission::RegistrationDecide,
    })?;
    let (key, id, reason) =
        idempotency::with_reason::<registration::Entity>(scope, key, id, reason).await?;
    let command = Command::repeatable("registration.withdraw", key, &(id, &reason))?;
    let fact = Fact::RegistrationWithdrawn;
    let done = command.once::<registration::Entity>(scope, async |tx: &mut Tx| {
        let found = reads::named::<registration::Entity>(scope, tx, id).await;
        let id = found.at("id")?.id;
        end(tx, id, State::Withdrawn, reason, fact).await
    });
    reads::shown::<registration::Entity>(scope, done.await?).await
}

async fn end(
    tx: &mut Tx,
    id: RegistrationId,
    state: State,
    reason: String,
    fact: fn(facts::RegistrationDecision) -> Fact,
) -> Result<registration::Model> {
    let registration = current(tx, id).await.at("id")?;
    if registration.state == state {
        return Ok(registration);
    }
    if !matches!(
        registration.state,
        State::Submitted | State::InConflict | State::Approved
    ) {
        return Err(Error::conflict(
            error::Conflict::WrongState,
            "the registration is decided already",
        ));
    }
    let mut change: registration::ActiveModel = registration.into();
    change.protects = Set(false);
    change.reason = Set(Some(reason));
    let actor = tx.actor();
    decide(tx, change, state, actor, fact).await
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
    note_expiry(tx, until).await?;
    decide(tx, change, State::Approved, by, Fact::RegistrationApproved).await
}

/// Lets the server expire what protects until then.
async fn note_expiry(tx: &Tx, until: Moment) -> Result<()> {
    let tenant = tx.tenant().0;
    tx.enqueue_no_later(work::Kind::ExpireRegistrations, tenant, until)
        .await
}

async fn decide(
    tx: &mut Tx,
    mut change: registration::ActiveModel,
    state: State,
    by: Actor,
    fact: fn(facts::RegistrationDecision) -> Fact,
) -> Result<registration::Model> {
    change.state = Set(state);
    change.decided_by = Set(Some(by));
    change.decided_at = Set(Some(tx.now()));
    let registration = tx.update(change).await?;
    record_decision(tx, &registration, by, fact).await?;
    Ok(registration)
}

async fn record_decision(
    tx: &mut Tx,
    registration: &registration::Model,
    by: Actor,
    fact: fn(facts::RegistrationDecision) -> Fact,
) -> Result<()> {
    let fact = fact(facts::RegistrationDecision {
        partner: registration.partner_id,
        account: registration.account_id,
        decided_by: by,
    });
    tx.record(registration.id, registration.deal_id, fact)
        .await?;
    Ok(())
}

/// Marks a registration as the origin of a deal. Its protection then lasts as long as
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
    let registration = tx.update(change).await?;
    let partner = registration.partner_id;
    let fact = Fact::RegistrationConverted(facts::OfPartner { partner });
    tx.record(registration.id, Some(deal), fact).await?;
    Ok(())
}
