//! Tenants, and the clock of a sandbox.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::access::Permission;
use crate::clock::Moment;
use crate::entity::{tenant, work};
use crate::error::{Conflict, Error, Result};
use crate::idempotency::{self, Command};
use crate::ids::TenantId;
use crate::kernel::check::Check;
use crate::kernel::facts;
use crate::limits;
use crate::scope::{Engine, Fact, Scope, Tx};

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
        last_at: Set(now),
        epoch: Set(0),
        created_at: Set(now),
    };
    Ok(row.insert(&*engine.db).await?)
}

/// The tenants of this name, oldest first. For whoever runs the server.
pub async fn named(engine: &Engine, name: &str) -> Result<Vec<tenant::Model>> {
    let query = tenant::Entity::find()
        .filter(tenant::Column::Name.eq(name))
        .order_by_asc(tenant::Column::Id);
    Ok(query.all(&*engine.db).await?)
}

/// The ids of all tenants, in order. For whoever runs the server.
pub async fn all(engine: &Engine) -> Result<Vec<TenantId>> {
    let query = tenant::Entity::find().order_by_asc(tenant::Column::Id);
    let ids = query.select_only().column(tenant::Column::Id).into_tuple();
    Ok(ids.all(&*engine.db).await?)
}

/// Moves a sandbox's clock forward, and expires what expires by then.
/// Moving it to where it is does nothing.
pub async fn advance_clock(scope: &Scope, key: Option<&str>, to: Moment) -> Result<tenant::Model> {
    scope.require(Permission::ClockAdvance)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read_optional(key))?;
    if to > limits::LAST_MOMENT {
        let message = "the test clock ends with the year 2999";
        check.take::<()>(Err(Error::invalid("to", message)))?;
    }
    check.done()?;
    let command = Command::repeatable("clock.advance", key.flatten(), &to)?;
    let done = command.once::<tenant::Entity>(scope, async |tx: &mut Tx| {
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
        if to > from {
            tx.move_clock(to);
            let fact = Fact::ClockAdvanced(facts::ClockMoved {
                from: facts::Time(from),
                to: facts::Time(to),
            });
            tx.record(tx.tenant(), None, fact).await?;
            // Rails answer by the tenant's clock, too.
            tx.hasten(work::Kind::ExecuteRun).await?;
        }
        Ok(tx.head().clone())
    });
    done.await
}
