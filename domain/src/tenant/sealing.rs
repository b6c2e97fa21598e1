//! Secrets at rest, sealed anew with another key.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::entity::{Owned, payout_method};
use crate::error::Result;
use crate::ids::PayoutMethodId;
use crate::partner::payout_methods::{destination, fingerprint};
use crate::scope::{Engine, Scope};
use crate::tenant::tenants;

/// Methods that are sealed anew in one transaction.
const STEP: u64 = 200;

/// Seals every destination of every tenant with the current key, and takes its
/// fingerprint with it, as the operator does after a new key was put first. May be
/// repeated, also after it was broken off. Returns how many were sealed anew.
pub async fn seal_anew(engine: &Engine) -> Result<u64> {
    let current = engine.keyring.current()?;
    let mut sealed = 0;
    for tenant in tenants::all(engine).await? {
        let scope = engine.system(tenant).await?;
        let mut after = None;
        while let Some((last, count)) = step(&scope, &current, after).await? {
            after = Some(last);
            sealed += count;
        }
    }
    Ok(sealed)
}

/// Some of a tenant's methods: the last one that was looked at, and how many of
/// them were sealed anew.
async fn step(
    scope: &Scope,
    current: &str,
    after: Option<PayoutMethodId>,
) -> Result<Option<(PayoutMethodId, u64)>> {
    let tx = scope.begin().await?;
    let mut query = payout_method::Entity::of(tx.tenant())
        .order_by_asc(payout_method::Column::Id)
        .limit(STEP);
    if let Some(after) = after {
        query = query.filter(payout_method::Column::Id.gt(after));
    }
    let methods = query.all(&tx).await?;
    let Some(last) = methods.last().map(|method| method.id) else {
        return Ok(None);
    };
    let mut count = 0;
    for method in methods {
        if method.destination.key_id() == current {
            continue;
        }
        let secret = destination(tx.keyring(), &method)?;
        let place = payout_method::Model::place(method.tenant_id, method.id);
        let fingerprint = fingerprint(&tx, method.rail, &secret)?;
        let mut change: payout_method::ActiveModel = method.into();
        change.destination = Set(tx.keyring().seal(place, &secret)?);
        change.fingerprint = Set(fingerprint);
        change.update(&tx).await?;
        count += 1;
    }
    tx.commit().await?;
    Ok(Some((last, count)))
}
