//! Customers of one name. They may be one company: a person says so.
//!
//! A domain or an id of the CRM tells two of them apart. Where one of the two is known
//! by neither, as its address is a host that many companies share, nothing does.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{Condition, QueryOrder, QuerySelect, QueryTrait};

use crate::deal::accounts::normalized_name;
use crate::entity::{Owned, account, account_identifier, deal, registration};
use crate::error::Result;
use crate::ids::AccountId;
use crate::scope::Tx;

/// The first other accounts that an `alive` registration calls so, or that anybody works on or
/// has sold to under the name, however spelled.
pub(crate) async fn known(
    tx: &Tx,
    account: AccountId,
    name: &str,
    alive: Condition,
    most: u64,
) -> Result<Vec<AccountId>> {
    let dealt_with = deal::Entity::of(tx.tenant())
        .filter(deal::Column::State.ne(deal::State::ClosedLost))
        .select_only()
        .column(deal::Column::AccountId)
        .into_query();
    let dealt_with = Condition::all()
        .add(account::Column::NormalizedName.eq(normalized_name(name)))
        .add(account::Column::Id.in_subquery(dealt_with));
    let known = Condition::any()
        .add(account::Column::Id.in_subquery(registered(tx, name, alive)))
        .add(dealt_with);
    let query = others(tx, account).filter(known).limit(most);
    Ok(query.into_tuple().all(tx).await?)
}

/// Another account that such a registration calls by the same name, and that nothing tells
/// apart from this one.
pub(crate) async fn registered_alike(
    tx: &Tx,
    account: AccountId,
    name: &str,
    registrations: Condition,
) -> Result<Option<AccountId>> {
    let own = account_identifier::Entity::find()
        .filter(account_identifier::Column::TenantId.eq(tx.tenant()))
        .filter(account_identifier::Column::AccountId.eq(account))
        .limit(1);
    let told_apart = own.one(tx).await?.is_some().then(|| {
        let identified = Query::select()
            .column(account_identifier::Column::AccountId)
            .from(account_identifier::Entity)
            .and_where(account_identifier::Column::TenantId.eq(tx.tenant()))
            .to_owned();
        account::Column::Id.not_in_subquery(identified)
    });
    let query = others(tx, account)
        .filter(account::Column::Id.in_subquery(registered(tx, name, registrations)))
        .filter(Condition::all().add_option(told_apart))
        .limit(1);
    Ok(query.into_tuple().one(tx).await?)
}

/// The ids of the other accounts.
fn others(tx: &Tx, account: AccountId) -> Select<account::Entity> {
    account::Entity::of(tx.tenant())
        .filter(account::Column::Id.ne(account))
        .order_by_asc(account::Column::CreatedPosition)
        .select_only()
        .column(account::Column::Id)
}

/// The accounts that such registrations call by a name, however spelled: what somebody else
/// called them before says nothing.
fn registered(tx: &Tx, name: &str, registrations: Condition) -> SelectStatement {
    registration::Entity::of(tx.tenant())
        .filter(registration::Column::NormalizedName.eq(normalized_name(name)))
        .filter(registrations)
        .select_only()
        .column(registration::Column::AccountId)
        .into_query()
}
