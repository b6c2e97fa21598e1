//! Deals: opened, moved, won or lost.

use sea_orm::ActiveValue::Set;
use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use serde::Serialize;
use serde_json::json;

use crate::access::Permission;
use crate::accounts::{self, NewAccount};
use crate::entity::deal::{self, State};
use crate::entity::{Owned, registration, terms};
use crate::error::{Conflict, Error, Result};
use crate::ids::{AccountId, DealId, ProgramId, RegistrationId, TermsId};
use crate::money::Money;
use crate::reads::{self};
use crate::scope::{Fact, Scope, Tx};
use crate::{commissions, credits, idempotency, involvements, limits, programs, registrations};

/// A deal as it is sent.
#[derive(Clone, Debug, Serialize)]
pub struct NewDeal {
    /// What is sold.
    pub name: String,
    /// What it is worth; positive, in the program's currency.
    pub amount: Money,
    /// Where it stands, in the tenant's own words.
    pub stage: String,
}

/// Opens a deal that no registration stands behind. While a partner's claim on
/// the account is alive, that takes a reason, and somebody who may decide on
/// claims.
pub async fn open(
    scope: &Scope,
    key: &str,
    program: ProgramId,
    account: NewAccount,
    new: NewDeal,
    reason: Option<String>,
) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    let reason = reason
        .map(|text| limits::sentence("reason", &text))
        .transpose()?;
    if reason.is_some() {
        scope.require(Permission::RegistrationDecide)?;
    }
    let mut tx = scope.begin().await?;
    let claim =
        idempotency::claim(&tx, "deal.open", key, &(program, &account, &new, &reason)).await?;
    if let Some(id) = claim.done {
        return deal::Entity::get(&tx, tx.tenant(), DealId(id)).await;
    }
    let (program, terms) = programs::open_terms(&tx, program).await?;
    let account = accounts::find_or_create(&mut tx, &account).await?;
    registrations::expire_on(&mut tx, account.id).await?;
    if reason.is_none() {
        registrations::refuse_bypass(&tx, account.id).await?;
    }
    let amount = limits::positive("amount", new.amount, program.currency)?;
    let origin = (account.id, terms.id, None);
    let deal = insert(&mut tx, program.id, origin, &new, amount).await?;
    if let Some(reason) = reason {
        log(
            &mut tx,
            "deal.opened_beside_claim",
            deal.id,
            json!({ "reason": reason }),
        )
        .await?;
    }
    claim.keep(&tx, deal.id.0).await?;
    tx.commit().await?;
    Ok(deal)
}

/// Turns an approved registration into a deal, with the claim as evidence that
/// the partner sourced it. Its protection lasts while the deal is open.
pub async fn convert(
    scope: &Scope,
    key: &str,
    registration: RegistrationId,
    new: NewDeal,
) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    let mut tx = scope.begin().await?;
    let claim = idempotency::claim(&tx, "deal.convert", key, &(registration, &new)).await?;
    if let Some(id) = claim.done {
        return deal::Entity::get(&tx, tx.tenant(), DealId(id)).await;
    }
    let registration = registrations::current(&mut tx, registration).await?;
    if registration.state != registration::State::Approved {
        let message = "only an approved registration becomes a deal";
        return Err(Error::conflict(Conflict::WrongState, message));
    }
    let amount = limits::positive("amount", new.amount, registration.currency)?;
    let origin = (
        registration.account_id,
        registration.terms_id,
        Some(registration.id),
    );
    let deal = insert(&mut tx, registration.program_id, origin, &new, amount).await?;
    involvements::record_registration(&mut tx, &deal, &registration).await?;
    registrations::mark_converted(&mut tx, registration, deal.id).await?;
    claim.keep(&tx, deal.id.0).await?;
    tx.commit().await?;
    Ok(deal)
}

async fn insert(
    tx: &mut Tx,
    program: ProgramId,
    (account, terms, registration): (AccountId, TermsId, Option<RegistrationId>),
    new: &NewDeal,
    amount_minor: i64,
) -> Result<deal::Model> {
    let row = deal::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(DealId::new()),
        program_id: Set(program),
        terms_id: Set(terms),
        account_id: Set(account),
        registration_id: Set(registration),
        name: Set(limits::name("name", &new.name)?),
        amount_minor: Set(amount_minor),
        currency: Set(new.amount.currency),
        state: Set(State::Open),
        stage: Set(limits::name("stage", &new.stage)?),
        opened_at: Set(tx.now()),
        closed_at: Set(None),
        closed_position: Set(None),
        lost_reason: Set(None),
    };
    let deal = row.insert(tx).await?;
    let data =
        json!({ "account": account, "amount": new.amount.on_the_wire(), "stage": deal.stage });
    log(tx, "deal.opened", deal.id, data).await?;
    Ok(deal)
}

async fn log(
    tx: &mut Tx,
    kind: &'static str,
    deal: DealId,
    data: serde_json::Value,
) -> Result<i64> {
    tx.log(Fact {
        kind,
        subject: &deal,
        deal: Some(deal),
        data,
    })
    .await
}

/// The deal, if it is open; a conflict that says how it ended otherwise.
pub(crate) async fn open_in(tx: &Tx, id: DealId) -> Result<deal::Model> {
    let deal = deal::Entity::get(tx, tx.tenant(), id).await?;
    match deal.state {
        State::Open => Ok(deal),
        State::ClosedWon => Err(Error::conflict(
            Conflict::AlreadyWon,
            "the deal is won already",
        )),
        State::ClosedLost => Err(Error::conflict(Conflict::DealLost, "the deal is lost")),
    }
}

/// Moves an open deal to another stage. Moving it to where it is does nothing.
pub async fn move_stage(scope: &Scope, id: DealId, stage: &str) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    let stage = limits::name("stage", stage)?;
    let mut tx = scope.begin().await?;
    let deal = open_in(&tx, id).await?;
    if deal.stage == stage {
        return Ok(deal);
    }
    let data = json!({ "from": deal.stage, "to": stage });
    let mut change: deal::ActiveModel = deal.into();
    change.stage = Set(stage);
    let deal = change.update(&tx).await?;
    log(&mut tx, "deal.stage_changed", id, data).await?;
    tx.commit().await?;
    Ok(deal)
}

/// Changes what an open deal is worth.
pub async fn revise_amount(scope: &Scope, id: DealId, amount: Money) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    let mut tx = scope.begin().await?;
    let deal = open_in(&tx, id).await?;
    let minor = limits::positive("amount", amount, deal.currency)?;
    if deal.amount_minor == minor {
        return Ok(deal);
    }
    let before = Money::new(deal.amount_minor, deal.currency);
    let mut change: deal::ActiveModel = deal.into();
    change.amount_minor = Set(minor);
    let deal = change.update(&tx).await?;
    log(
        &mut tx,
        "deal.amount_revised",
        id,
        json!({ "from": before.on_the_wire(), "to": amount.on_the_wire() }),
    )
    .await?;
    tx.commit().await?;
    Ok(deal)
}

/// Wins a deal: freezes its credit, creates the commissions and has them
/// assessed. A second win is a conflict, unless it repeats the same command.
///
/// The rules run after the win is durable. If the server stops in between, the
/// commissions are pending and are assessed when it is back.
pub async fn win(scope: &Scope, key: &str, id: DealId) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    let mut tx = scope.begin().await?;
    let claim = idempotency::claim(&tx, "deal.win", key, &id).await?;
    if claim.done.is_none() {
        let deal = open_in(&tx, id).await?;
        let terms = terms::Entity::get(&tx, tx.tenant(), deal.terms_id).await?;
        let registration = deal.registration_id;
        let amount = Money::new(deal.amount_minor, deal.currency);
        let position = log(
            &mut tx,
            "deal.closed_won",
            id,
            json!({ "amount": amount.on_the_wire() }),
        )
        .await?;
        let mut change: deal::ActiveModel = deal.into();
        change.state = Set(State::ClosedWon);
        change.closed_at = Set(Some(tx.now()));
        change.closed_position = Set(Some(position));
        let deal = change.update(&tx).await?;
        if let Some(registration) = registration {
            registrations::release(&tx, registration).await?;
        }
        let (credit, shares) = credits::settle(&mut tx, &deal).await?;
        commissions::create(&mut tx, &deal, &terms, &credit, &shares).await?;
        claim.keep(&tx, id.0).await?;
        tx.commit().await?;
    } else {
        drop(tx);
    }
    // The win stands, whatever comes of the rules: what waits is tried again.
    if let Err(error) = commissions::assess_deal(scope, id).await {
        tracing::error!(deal = %id, ?error, "a won deal could not be assessed yet");
    }
    reads::get::<deal::Entity>(scope, id).await
}

/// Loses a deal, with a reason. Losing it again is harmless.
pub async fn lose(scope: &Scope, id: DealId, reason: &str) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    let reason = limits::sentence("reason", reason)?;
    let mut tx = scope.begin().await?;
    let deal = deal::Entity::get(&tx, tx.tenant(), id).await?;
    if deal.state == State::ClosedLost {
        return Ok(deal);
    }
    let deal = open_in(&tx, id).await?;
    if let Some(registration) = deal.registration_id {
        registrations::release(&tx, registration).await?;
    }
    let position = log(&mut tx, "deal.closed_lost", id, json!({ "reason": reason })).await?;
    let mut change: deal::ActiveModel = deal.into();
    change.state = Set(State::ClosedLost);
    change.closed_at = Set(Some(tx.now()));
    change.closed_position = Set(Some(position));
    change.lost_reason = Set(Some(reason));
    let deal = change.update(&tx).await?;
    tx.commit().await?;
    Ok(deal)
}

/// The filter that deals in one of these states pass; all of them, where none
/// is named.
pub fn in_states(states: &[State]) -> Condition {
    let named = (!states.is_empty()).then(|| deal::Column::State.is_in(states.to_vec()));
    Condition::all().add_option(named)
}

pub use crate::kernel::audience::with_partner;
