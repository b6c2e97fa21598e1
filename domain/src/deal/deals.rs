//! Deals: opened, moved and revalued. How they end is in `outcomes`.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::access::Permission;
use crate::deal::accounts::{self, AccountDraft, NewAccount};
use crate::deal::{involvements, protections, registrations};
use crate::entity::deal::{self, State};
use crate::entity::registration;
use crate::entity::{Owned, account};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::Command;
use crate::ids::{DealId, ProgramId, RegistrationId, TermsId};
use crate::kernel::check::{Check, Given};
use crate::kernel::external_ids::{self, Subject};
use crate::kernel::facts;
use crate::kernel::search::Audience;
use crate::money::{Currency, Money};
use crate::program::in_force;
use crate::scope::{Fact, Scope, Tx};
use crate::{idempotency, limits, reads};

/// A deal as it is sent.
#[derive(Debug)]
pub struct NewDeal {
    /// What is sold.
    pub name: String,
    /// What it is worth; positive, in the program's currency.
    pub amount: Given<Money>,
    /// Its stage, in the tenant's own words.
    pub stage: String,
    /// Its id in the tenant's own system.
    pub external_id: Option<String>,
}

/// What of a deal can be read without looking anything up.
#[derive(Serialize)]
struct Draft {
    name: Option<String>,
    amount: Option<Money>,
    stage: Option<String>,
    external_id: Option<String>,
}

impl Draft {
    fn read(new: NewDeal, check: &mut Check) -> Result<Self> {
        Ok(Self {
            name: check.take(limits::name("name", &new.name))?,
            amount: check.given(new.amount)?,
            stage: check.take(limits::name("stage", &new.stage))?,
            external_id: check
                .take(external_ids::read(new.external_id.as_deref()))?
                .flatten(),
        })
    }

    /// The amount in minor units, once its currency is known.
    fn minor(&self, currency: Option<Currency>, check: &mut Check) -> Result<Option<i64>> {
        match (self.amount, currency) {
            (Some(money), Some(currency)) => {
                check.take(limits::positive("amount", money, currency))
            }
            _ => Ok(None),
        }
    }
}

/// Opens a deal that no registration stands behind. While a partner's
/// registration of the account is alive, that takes a reason, and somebody who
/// may decide on registrations.
pub async fn open(
    scope: &Scope,
    key: &str,
    program: impl Into<Given<ProgramId>>,
    account: NewAccount,
    new: NewDeal,
    reason: Option<String>,
) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    if reason.is_some() {
        scope.require(Permission::RegistrationDecide)?;
    }
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let program = check.given(program)?;
    let account = check.take(AccountDraft::read(&account))?;
    let draft = Draft::read(new, &mut check)?;
    let reason = reason.map(|text| limits::sentence("reason", &text));
    let reason = check.take(reason.transpose())?;
    let arguments = (&program, &account, &draft, &reason);
    let command = Command::new("deal.open", key, &arguments)?;
    let done = command.once::<deal::Entity>(scope, async |tx: &mut Tx| {
        let open = match program {
            Some(program) => {
                let open = in_force::of_open(tx, program).await;
                check.take(open.at("programId"))?
            }
            None => None,
        };
        let currency = open.as_ref().map(|(program, _)| program.currency);
        let minor = draft.minor(currency, &mut check)?;
        let (Some((program, terms)), Some(account), Some(reason), Some(minor)) =
            (open, account, reason, minor)
        else {
            return Err(check.failed());
        };
        check.done()?;
        let name = account.name.clone();
        let (account, is_new) = accounts::find_or_create(tx, &account).await?;
        if !is_new {
            protections::expire_on(tx, account.id).await?;
        }
        if reason.is_none() {
            protections::refuse_bypass(tx, account.id, &name).await?;
        }
        let origin = Origin {
            program: program.id,
            terms: terms.id,
            account,
            registration: None,
        };
        let deal = insert(tx, origin, draft, Money::new(minor, program.currency)).await?;
        if let Some(reason) = reason {
            let fact = Fact::DealOpenedDespiteRegistration(facts::Reason { reason });
            tx.record(deal.id, Some(deal.id), fact).await?;
        }
        Ok(deal)
    });
    done.await
}

/// Turns an approved registration into a deal, with the registration as evidence
/// that the partner sourced it. Its protection lasts while the deal is open.
pub async fn convert(
    scope: &Scope,
    key: &str,
    registration: impl Into<Given<RegistrationId>>,
    new: NewDeal,
) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let registration = check.given(registration)?;
    let draft = Draft::read(new, &mut check)?;
    let arguments = (&registration, &draft);
    let command = Command::new("deal.convert", key, &arguments)?;
    let done = command.once::<deal::Entity>(scope, async |tx: &mut Tx| {
        let registration = match registration {
            Some(id) => check.take(approved(tx, id).await.at("id"))?,
            None => None,
        };
        let currency = registration.as_ref().map(|row| row.currency);
        let minor = draft.minor(currency, &mut check)?;
        let (Some(registration), Some(minor)) = (registration, minor) else {
            return Err(check.failed());
        };
        check.done()?;
        let account = account::Entity::get(tx, tx.tenant(), registration.account_id).await?;
        let origin = Origin {
            program: registration.program_id,
            terms: registration.terms_id,
            account,
            registration: Some(registration.id),
        };
        let amount = Money::new(minor, registration.currency);
        let deal = insert(tx, origin, draft, amount).await?;
        involvements::record_registration(tx, &deal, &registration).await?;
        registrations::mark_converted(tx, registration, deal.id).await?;
        Ok(deal)
    });
    done.await
}

/// Links an approved registration to a deal that was open already, with the registration
/// as evidence that the partner sourced it. The deal keeps its terms.
pub async fn link(
    scope: &Scope,
    key: &str,
    registration: impl Into<Given<RegistrationId>>,
    deal: impl Into<Given<DealId>>,
) -> Result<deal::Model> {
    scope.require(Permission::RegistrationDecide)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let registration = check.given(registration)?;
    let deal = check.given(deal)?;
    let arguments = (registration, deal);
    let command = Command::new("registration.link", key, &arguments)?;
    let done = command.once::<deal::Entity>(scope, async |tx: &mut Tx| {
        let registration = match registration {
            Some(id) => check.take(approved(tx, id).await.at("id"))?,
            None => None,
        };
        let deal = match deal {
            Some(id) => check.take(deal::open_in(tx, tx.tenant(), id).await.at("dealId"))?,
            None => None,
        };
        let (Some(registration), Some(deal)) = (registration, deal) else {
            return Err(check.failed());
        };
        check.done()?;
        if (deal.account_id, deal.program_id) != (registration.account_id, registration.program_id)
        {
            let message = "the deal is of another account or program than the registration";
            return Err(Error::conflict(Conflict::WrongState, message));
        }
        if deal.registration_id.is_some() {
            let message = "the deal came from another registration";
            return Err(Error::conflict(Conflict::WrongState, message));
        }
        let mut change: deal::ActiveModel = deal.into();
        change.registration_id = Set(Some(registration.id));
        let deal = tx.update(change).await?;
        involvements::record_registration(tx, &deal, &registration).await?;
        registrations::mark_converted(tx, registration, deal.id).await?;
        Ok(deal)
    });
    done.await
}

/// A registration that can become a deal.
async fn approved(tx: &mut Tx, id: RegistrationId) -> Result<registration::Model> {
    let registration = registrations::current(tx, id).await?;
    if registration.state == registration::State::Approved {
        return Ok(registration);
    }
    let message = "only an approved registration becomes a deal";
    Err(Error::conflict(Conflict::WrongState, message))
}

/// Where a deal comes from.
struct Origin {
    program: ProgramId,
    terms: TermsId,
    account: account::Model,
    registration: Option<RegistrationId>,
}

async fn insert(tx: &mut Tx, origin: Origin, draft: Draft, amount: Money) -> Result<deal::Model> {
    let missing = || Error::broken("a deal that was not read");
    let stage = draft.stage.ok_or_else(missing)?;
    let row = deal::ActiveModel {
        updated_at: Set(tx.now()),
        tenant_id: Set(tx.tenant()),
        id: Set(DealId::new()),
        program_id: Set(origin.program),
        terms_id: Set(origin.terms),
        account_id: Set(origin.account.id),
        registration_id: Set(origin.registration),
        name: Set(draft.name.ok_or_else(missing)?),
        amount_minor: Set(amount.minor),
        currency: Set(amount.currency),
        state: Set(State::Open),
        stage: Set(stage.clone()),
        opened_at: Set(tx.now()),
        opened_position: Set(tx.next_position()),
        closed_at: Set(None),
        closed_position: Set(None),
        credit_due_at: Set(None),
        lost_reason: Set(None),
        written_off_at: Set(None),
    };
    let deal = row.insert(tx).await?;
    let called = [
        (Audience::Everybody, &*deal.name),
        (Audience::Staff, &*origin.account.name),
    ];
    tx.make_findable::<deal::Entity>(deal.id, called).await?;
    if let Some(external_id) = &draft.external_id {
        external_ids::keep(tx, Subject::Deal(deal.id), external_id).await?;
    }
    let fact = Fact::DealOpened(facts::Opening {
        account: origin.account.id,
        amount: facts::Amount(amount),
        stage,
    });
    tx.record(deal.id, Some(deal.id), fact).await?;
    Ok(deal)
}

/// Moves an open deal to another stage.
pub async fn move_stage(
    scope: &Scope,
    key: &str,
    id: impl Into<Given<DealId>>,
    stage: &str,
) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let id = check.given(id)?;
    let stage = check.take(limits::name("stage", stage))?;
    let (Some(key), Some(id), Some(stage)) = (key, id, stage) else {
        return Err(reads::failed::<deal::Entity>(check, scope, "id", id).await);
    };
    let command = Command::new("deal.move", Some(key), &(id, &stage))?;
    let done = command.once::<deal::Entity>(scope, async |tx: &mut Tx| {
        let mut deal = deal::open_in(tx, tx.tenant(), id).await.at("id")?;
        if deal.stage != stage {
            let fact = Fact::DealStageChanged(facts::StageChange {
                from: deal.stage.clone(),
                to: stage.clone(),
            });
            let mut change: deal::ActiveModel = deal.into();
            change.stage = Set(stage);
            deal = tx.update(change).await?;
            tx.record(id, Some(id), fact).await?;
        }
        Ok(deal)
    });
    done.await
}

/// Changes what an open deal is worth. A late repetition of an earlier revision
/// does not undo a later one: it has its key.
pub async fn revise_amount(
    scope: &Scope,
    key: &str,
    id: impl Into<Given<DealId>>,
    amount: impl Into<Given<Money>>,
) -> Result<deal::Model> {
    scope.require(Permission::DealManage)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let (id, amount) = (check.given(id)?, check.given(amount)?);
    let (Some(key), Some(id), Some(amount)) = (key, id, amount) else {
        return Err(reads::failed::<deal::Entity>(check, scope, "id", id).await);
    };
    let command = Command::new("deal.revise", Some(key), &(id, amount))?;
    let done = command.once::<deal::Entity>(scope, async |tx: &mut Tx| {
        let mut deal = deal::open_in(tx, tx.tenant(), id).await.at("id")?;
        let minor = limits::positive("amount", amount, deal.currency)?;
        if deal.amount_minor != minor {
            let before = Money::new(deal.amount_minor, deal.currency);
            let mut change: deal::ActiveModel = deal.into();
            change.amount_minor = Set(minor);
            deal = tx.update(change).await?;
            let fact = Fact::DealAmountRevised(facts::AmountChange {
                from: facts::Amount(before),
                to: facts::Amount(amount),
            });
            tx.record(id, Some(id), fact).await?;
        }
        Ok(deal)
    });
    done.await
}
