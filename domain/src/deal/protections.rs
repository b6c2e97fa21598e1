//! What protects: an approved registration, until its days run out or it ends.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder, QuerySelect};

use crate::deal::namesakes;
use crate::entity::registration::{self, State};
use crate::entity::work::Kind;
use crate::entity::{Owned, deal};
use crate::error::{Conflict, Error, Result};
use crate::ids::{AccountId, RegistrationId};
use crate::kernel::facts;
use crate::kernel::work::Progress;
use crate::scope::{Fact, Scope, Tx};

/// Registrations that one transaction expires.
const EXPIRY_STEP: u64 = 200;

/// The registration that protects an account.
async fn protector(tx: &Tx, account: AccountId) -> Result<Option<registration::Model>> {
    let query = registration::Entity::of(tx.tenant())
        .filter(registration::Column::AccountId.eq(account))
        .filter(registration::Column::Protects.eq(true));
    Ok(query.one(tx).await?)
}

/// Fails while a partner's registration of the account is alive, or on one of the same name
/// that nothing tells apart; also after it became a deal that is still open. It is not
/// passed by without a person's reason.
pub(crate) async fn refuse_bypass(tx: &Tx, account: AccountId, name: &str) -> Result<()> {
    if let Some(registration) = live(account, tx).one(tx).await? {
        let message = format!(
            "{} is a partner's registration of this account: decide on it or convert it, or give a reason",
            registration.id
        );
        return Err(Error::conflict(Conflict::AccountProtected, message));
    }
    refuse_namesake(tx, account, name, is_alive(tx)).await
}

/// Fails while such registrations are on an account of the same name that nothing tells apart
/// from this one.
async fn refuse_namesake(
    tx: &Tx,
    account: AccountId,
    name: &str,
    registrations: Condition,
) -> Result<()> {
    let Some(alike) = namesakes::registered_alike(tx, account, name, registrations).await? else {
        return Ok(());
    };
    let message = format!(
        "a partner has registered {alike}, which has the same name and may be the same customer: \
         decide on that registration, or give a reason why this is another"
    );
    Err(Error::conflict(Conflict::AccountProtected, message))
}

/// Fails while another registration protects the account of one, or, unless a person says why
/// they are two customers, one of the same name that nothing tells apart.
pub(crate) async fn refuse_second(
    tx: &Tx,
    registration: &registration::Model,
    reason: Option<&String>,
) -> Result<()> {
    let account = registration.account_id;
    if let Some(other) = protector(tx, account).await? {
        let message = format!("{} protects this account: settle it first", other.id);
        return Err(Error::conflict(Conflict::AccountProtected, message));
    }
    match reason {
        Some(_) => Ok(()),
        None => refuse_namesake(tx, account, &registration.submitted_name, protects(tx)).await,
    }
}

/// The registrations of an account that are alive, earliest first: those that protect
/// it, and those that wait for a person.
pub(crate) fn live(account: AccountId, tx: &Tx) -> Select<registration::Entity> {
    registration::Entity::of(tx.tenant())
        .filter(registration::Column::AccountId.eq(account))
        .filter(is_alive(tx))
        .order_by_asc(registration::Column::SubmittedPosition)
}

/// The filter that registrations pass which protect or wait for a person.
pub(crate) fn is_alive(tx: &Tx) -> Condition {
    Condition::any()
        .add(protects(tx))
        .add(registration::Column::State.is_in([State::Submitted, State::InConflict]))
}

/// The filter that registrations pass which protect.
fn protects(tx: &Tx) -> Condition {
    let lasts = Condition::any()
        .add(registration::Column::ProtectedUntil.is_null())
        .add(registration::Column::ProtectedUntil.gt(tx.now()));
    Condition::all()
        .add(registration::Column::Protects.eq(true))
        .add(lasts)
}

/// Ends the protection of the registration that a decided deal came from.
pub(crate) async fn release(tx: &Tx, id: RegistrationId) -> Result<()> {
    let registration = registration::Entity::get(tx, tx.tenant(), id).await?;
    let mut change: registration::ActiveModel = registration.into();
    change.protects = Set(false);
    tx.update(change).await?;
    Ok(())
}

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

/// Fails while a registration of the deal's customer, which was made when the deal was open
/// and was approved all the same, is not said to be this deal or another: whoever approved
/// it meant its partner to have credit.
pub(crate) async fn refuse_unlinked(tx: &Tx, deal: &deal::Model) -> Result<()> {
    if deal.registration_id.is_some() {
        return Ok(());
    }
    let unlinked = registration::Entity::of(tx.tenant())
        .filter(registration::Column::AccountId.eq(deal.account_id))
        .filter(registration::Column::State.eq(State::Approved))
        .filter(registration::Column::SubmittedPosition.gt(deal.opened_position))
        .order_by_asc(registration::Column::SubmittedPosition);
    let Some(registration) = unlinked.one(tx).await? else {
        return Ok(());
    };
    let message = "an approved registration of this customer has no deal: link it to this one, \
                   convert it into its own, or reject it";
    let ids = vec![registration.id.to_string()];
    Err(Error::in_the_way(
        Conflict::RegistrationUnlinked,
        message,
        ids,
    ))
}

fn due(tx: &Tx) -> Select<registration::Entity> {
    registration::Entity::of(tx.tenant())
        .filter(registration::Column::State.eq(State::Approved))
        .filter(registration::Column::ProtectedUntil.lte(tx.now()))
        .order_by_asc(registration::Column::ProtectedUntil)
}

pub(crate) async fn expire(tx: &mut Tx, due: Vec<registration::Model>) -> Result<()> {
    for registration in due {
        let (id, partner) = (registration.id, registration.partner_id);
        let mut change: registration::ActiveModel = registration.into();
        change.state = Set(State::Expired);
        change.protects = Set(false);
        tx.update(change).await?;
        let fact = Fact::RegistrationExpired(facts::OfPartner { partner });
        tx.record(id, None, fact).await?;
    }
    Ok(())
}
