//! Reading by id: one row, or many. Lists are read by `lists`.
//!
//! All of it starts from [`Visible`], so there is one place per noun that says
//! which rows an actor may see. What has no noun of its own, as the reasons of a
//! conflict, is read by the id of a row that was found so.

use std::collections::HashMap;

use sea_orm::entity::prelude::*;

use crate::entity::tenant;
use crate::error::{About, Error, Result};
use crate::ids::Noun;
use crate::kernel::check::Check;
use crate::scope::{Scope, Tx};

pub use crate::kernel::visible::{Visible, shown};

/// The row with this id, or `NotFound` where the actor may see none.
pub async fn get<E: Visible>(scope: &Scope, id: E::Id) -> Result<E::Model> {
    let query = E::visible(scope).filter(E::id_column().eq(id));
    let row = query.one(&scope.read().await?).await?;
    shown::<E>(scope, row.ok_or(Error::NotFound(E::NOUN))?).await
}

/// The tenant of the scope, as it is now.
pub async fn tenant(scope: &Scope) -> Result<tenant::Model> {
    let row = tenant::Entity::find_by_id(scope.tenant())
        .one(&scope.read().await?)
        .await?;
    row.ok_or(Error::NotFound(Noun::Tenant))
}

/// The row with this id that a command names, or `NotFound` where the actor may see
/// none: errors must not tell a hidden row from a missing one.
pub(crate) async fn named<E: Visible>(scope: &Scope, tx: &Tx, id: E::Id) -> Result<E::Model> {
    let query = E::visible(scope).filter(E::id_column().eq(id));
    query.one(tx).await?.ok_or(Error::NotFound(E::NOUN))
}

/// All that is wrong with a command: what a check has found, and that the row which
/// this argument names is not there, where it is not.
pub(crate) async fn failed<E: Visible>(
    check: Check,
    scope: &Scope,
    field: &'static str,
    id: Option<E::Id>,
) -> Error {
    let mut all = Check::default();
    if let Some(id) = id
        && let Err(error) = all.take(get::<E>(scope, id).await.at(field))
    {
        return error;
    }
    match all.take::<()>(Err(check.failed())) {
        Ok(_) => all.failed(),
        Err(error) => error,
    }
}

/// The rows with these ids that the actor may see, by id.
pub async fn by_ids<E: Visible>(scope: &Scope, ids: &[E::Id]) -> Result<HashMap<E::Id, E::Model>> {
    let query = E::visible(scope).filter(E::id_column().is_in(ids.iter().copied()));
    let rows = query.all(&scope.read().await?).await?;
    let rows = E::shown(scope, rows).await?.into_iter();
    Ok(rows.map(|row| (E::id_of(&row), row)).collect())
}
