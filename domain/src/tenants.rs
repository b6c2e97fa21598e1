//! Tenants, and the clock of a sandbox.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, QueryOrder};
use serde_json::json;

use crate::access::Permission;
use crate::clock::Moment;
use crate::entity::tenant;
use crate::error::{Conflict, Error, Result};
use crate::ids::TenantId;
use crate::scope::{Engine, Fact, Scope};
use crate::{limits, registrations};

/// Creates a tenant. For whoever runs the server; there is no actor yet.
///
/// A sandbox begins at `clock_at`, or at the machine's present.
pub async fn create(
    engine: &Engine,
    name: &str,
    kind: tenant::Kind,
    clock_at: Option<Moment>,
) -> Result<tenant::Model> {
    let name = limits::name("name", name)?;
    let now = engine.clock.now();
    let row = tenant::ActiveModel {
        id: Set(TenantId::new()),
        name: Set(name),
        kind: Set(kind),
        clock_at: Set((kind == tenant::Kind::Sandbox).then_some(clock_at.unwrap_or(now))),
        last_position: Set(0),
        has_open_run: Set(false),
        has_pending_commission: Set(false),
        created_at: Set(now),
    };
    Ok(row.insert(&engine.db).await?)
}

/// The tenant of the scope, as it is now.
pub async fn current(scope: &Scope) -> Result<tenant::Model> {
    let row = tenant::Entity::find_by_id(scope.tenant())
        .one(&scope.read().await?)
        .await?;
    row.ok_or(Error::NotFound(crate::ids::Noun::Tenant))
}

/// The tenants of this name, oldest first. For whoever runs the server.
pub async fn named(engine: &Engine, name: &str) -> Result<Vec<tenant::Model>> {
    let query = tenant::Entity::find()
        .filter(tenant::Column::Name.eq(name))
        .order_by_asc(tenant::Column::Id);
    Ok(query.all(&engine.db).await?)
}

/// The tenants for which the server has work to do of its own accord.
pub async fn with_work(engine: &Engine) -> Result<Vec<TenantId>> {
    let waiting = Condition::any()
        .add(tenant::Column::HasOpenRun.eq(true))
        .add(tenant::Column::HasPendingCommission.eq(true));
    let rows = tenant::Entity::find()
        .filter(waiting)
        .all(&engine.db)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Moves a sandbox's clock forward, and expires what expires by then.
/// Moving it to where it is does nothing.
pub async fn advance_clock(scope: &Scope, to: Moment) -> Result<tenant::Model> {
    scope.require(Permission::ClockAdvance)?;
    let mut tx = scope.begin().await?;
    let Some(from) = tx.head().clock_at else {
        return Err(Error::conflict(
            Conflict::NotSandbox,
            "only a sandbox has a test clock",
        ));
    };
    if to < from {
        let message = format!("the clock stands at {from} and cannot go back");
        return Err(Error::conflict(Conflict::ClockBackwards, message));
    }
    if to > limits::LAST_MOMENT {
        return Err(Error::invalid(
            "to",
            "the test clock ends with the year 2999",
        ));
    }
    if to > from {
        tx.move_clock(to);
        let data = json!({ "from": from.to_string(), "to": to.to_string() });
        let tenant = tx.tenant();
        tx.log(Fact {
            kind: "clock.advanced",
            subject: &tenant,
            deal: None,
            data,
        })
        .await?;
        registrations::expire_due(&mut tx).await?;
    }
    let head = tx.head().clone();
    tx.commit().await?;
    Ok(head)
}
