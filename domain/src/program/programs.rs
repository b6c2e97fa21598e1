//! Programs: under which terms partners work.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::access::Permission;
use crate::entity::program;
use crate::error::Result;
use crate::idempotency::Command;
use crate::ids::ProgramId;
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::money::Currency;
use crate::scope::{Fact, Scope, Tx};
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
    let arguments = (&name, model, currency);
    let command = Command::new("program.create", Some(key), &arguments)?;
    let done = command.once::<program::Entity>(scope, async |tx: &mut Tx| {
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
        let program = row.insert(tx).await?;
        let name = program.name.clone();
        let fact = Fact::ProgramCreated(facts::Named { name });
        tx.record(program.id, None, fact).await?;
        Ok(program)
    });
    done.await
}
