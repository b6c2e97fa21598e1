//! What a new registration can run into.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::deal::{namesakes, protections};
use crate::entity::registration_conflict::{self, Kind};
use crate::entity::{Owned, deal};
use crate::error::Result;
use crate::ids::{AccountId, DealId, RegistrationId};
use crate::scope::Tx;

pub use crate::kernel::audience::{ShownConflict, conflicts_of};

/// The most that is kept of each kind: who settles a conflict reads the first
/// few, and a crowd of registrations must not each keep the whole crowd.
const MOST_OF_A_KIND: u64 = 20;

/// What stands against a registration of an account, which it calls so, in the order it is
/// shown.
pub(crate) async fn against(
    tx: &Tx,
    account: AccountId,
    name: &str,
) -> Result<Vec<registration_conflict::ActiveModel>> {
    let mut found = Vec::new();
    let mut add = |kind, registration, deal| {
        found.push(of_kind(tx, kind, registration, deal, None));
    };
    // A registration that still waits for a person counts as well: the later one
    // must not be approved by policy over the head of the earlier.
    let live = protections::live(account, tx).limit(MOST_OF_A_KIND);
    for registration in live.all(tx).await? {
        add(Kind::LiveRegistration, Some(registration.id), None);
    }
    let deals = deal::Entity::of(tx.tenant())
        .filter(deal::Column::AccountId.eq(account))
        .filter(deal::Column::State.ne(deal::State::ClosedLost))
        .order_by_asc(deal::Column::OpenedPosition)
        .limit(MOST_OF_A_KIND);
    for deal in deals.all(tx).await? {
        match deal.state {
            // A registered opportunity is its registration's conflict already.
            deal::State::Open if deal.registration_id.is_some() => {}
            deal::State::Open => add(Kind::OpenDeal, None, Some(deal.id)),
            _ => add(Kind::ExistingCustomer, None, Some(deal.id)),
        }
    }
    found.extend(of_name(tx, account, name).await?);
    Ok(found)
}

/// What stands against a registration of an account that nothing is registered for or sold
/// to: accounts of the same name.
pub(crate) async fn of_name(
    tx: &Tx,
    account: AccountId,
    name: &str,
) -> Result<Vec<registration_conflict::ActiveModel>> {
    let alive = protections::is_alive(tx);
    let namesakes = namesakes::known(tx, account, name, alive, MOST_OF_A_KIND).await?;
    let conflict = |namesake| of_kind(tx, Kind::PossibleDuplicate, None, None, Some(namesake));
    Ok(namesakes.into_iter().map(conflict).collect())
}

fn of_kind(
    tx: &Tx,
    kind: Kind,
    registration: Option<RegistrationId>,
    deal: Option<DealId>,
    account: Option<AccountId>,
) -> registration_conflict::ActiveModel {
    registration_conflict::ActiveModel {
        tenant_id: Set(tx.tenant()),
        kind: Set(kind),
        competing_registration_id: Set(registration),
        competing_deal_id: Set(deal),
        competing_account_id: Set(account),
        ..Default::default()
    }
}

pub(crate) async fn insert(
    tx: &Tx,
    registration: RegistrationId,
    conflicts: &[registration_conflict::ActiveModel],
) -> Result<()> {
    for (ordinal, conflict) in (1..).zip(conflicts) {
        let mut row = conflict.clone();
        row.registration_id = Set(registration);
        row.ordinal = Set(ordinal);
        registration_conflict::Entity::insert(row)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}
