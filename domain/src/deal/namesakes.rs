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

/// The first other accounts of a name, however spelled, on which a claim is `alive`, or
/// that anybody works on or has sold to.
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
    let known = Condition::any()
        .add(account::Column::Id.in_subquery(claimed(tx, alive)))
        .add(account::Column::Id.in_subquery(dealt_with));
    let query = others(tx, account, name).filter(known).limit(most);
    Ok(query.into_tuple().all(tx).await?)
}

/// Another account of the same name on which there is such a claim, and that nothing
/// tells apart from this one.
pub(crate) async fn claimed_alike(
    tx: &Tx,
    account: AccountId,
    name: &str,
    claims: Condition,
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
    let query = others(tx, account, name)
        .filter(account::Column::Id.in_subquery(claimed(tx, claims)))
        .filter(Condition::all().add_option(told_apart))
        .limit(1);
    Ok(query.into_tuple().one(tx).await?)
}

/// The ids of the other accounts of a name.
fn others(tx: &Tx, account: AccountId, name: &str) -> Select<account::Entity> {
    account::Entity::of(tx.tenant())
        .filter(account::Column::NormalizedName.eq(normalized_name(name)))
        .filter(account::Column::Id.ne(account))
        .order_by_asc(account::Column::Id)
        .select_only()
        .column(account::Column::Id)
}

/// The accounts on which there are such claims.
fn claimed(tx: &Tx, claims: Condition) -> SelectStatement {
    registration::Entity::of(tx.tenant())
        .filter(claims)
        .select_only()
        .column(registration::Column::AccountId)
        .into_query()
}
