//! Programs: under which terms partners work.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::access::Permission;
use crate::entity::{Owned, program};
use crate::error::Result;
use crate::ids::ProgramId;
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::money::Currency;
use crate::scope::{Fact, Scope};
use crate::{idempotency, limits};

/// Creates a program without terms.
pub async fn create(
    scope: &Scope,
    key: &str,
    name: &str,
    model: program::ProgramModel,
    currency: impl Into<Given<Currency>>,
) -> Result<program::Model> {
    scope.require(Permission::ProgramManage)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let name = check.take(limits::name("name", name))?;
    let currency = check.given(currency)?;
    let (Some(key), Some(name), Some(currency)) = (key, name, currency) else {
        return Err(check.failed());
    };
    let mut tx = scope.begin().await?;
    let arguments = (&name, model, currency);
    let claim = idempotency::claim(&tx, "program.create", &key, &arguments).await?;
    if let Some(id) = claim.done {
        return program::Entity::get(&tx, tx.tenant(), ProgramId(id)).await;
    }
    let row = program::ActiveModel {
        updated_at: Set(tx.now()),
        tenant_id: Set(tx.tenant()),
        id: Set(ProgramId::new()),
        name: Set(name),
        model: Set(model),
        currency: Set(currency),
        state: Set(program::State::Draft),
        created_at: Set(tx.now()),
    };
    let program = row.insert(&tx).await?;
    let name = program.name.clone();
    let fact = Fact::ProgramCreated(facts::Named { name });
    tx.record(program.id, None, fact).await?;
    claim.keep(&tx, program.id.0).await?;
    tx.commit().await?;
    Ok(program)
}
