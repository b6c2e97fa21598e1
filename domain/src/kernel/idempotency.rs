//! Commands that may be repeated: the same key and arguments are done once.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use crate::entity::command;
use crate::error::{Error, Result};
use crate::limits;
use crate::scope::Tx;

/// What a caller knows a command by.
#[derive(Debug)]
pub struct Key(String);

impl Key {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for one that is empty, or longer than 255 characters.
    pub fn read(text: &str) -> Result<Self> {
        Ok(Self(limits::bounded("idempotencyKey", text, 255)?))
    }
}

/// A command's claim on its key. Nothing is kept of a command that failed, so
/// that a retry drives the work to completion.
pub struct Claim {
    operation: &'static str,
    key: String,
    arguments_digest: String,
    /// The row that the same command made before, if it was done.
    pub done: Option<Uuid>,
}

/// Looks the key up. Fails with `IdempotencyMismatch` if it was used for
/// another operation or with other arguments.
pub async fn claim<A: Serialize + Sync>(
    tx: &Tx,
    operation: &'static str,
    Key(key): &Key,
    arguments: &A,
) -> Result<Claim> {
    let arguments = serde_json::to_vec(arguments)
        .map_err(|error| Error::broken(format!("arguments have no JSON: {error}")))?;
    // Partners count for themselves: none blocks another's keys or the tenant's, or learns
    // of them.
    let key = match tx.partner() {
        Some(partner) => format!("{partner}/{key}"),
        None => format!("/{key}"),
    };
    let earlier = command::Entity::find_by_id((tx.tenant(), key.clone()))
        .one(tx)
        .await?;
    let keyring = tx.keyring();
    if let Some(earlier) = &earlier {
        let digest = &earlier.arguments_digest;
        let is_same =
            earlier.operation == operation && keyring.matches(tx.tenant(), &arguments, digest)?;
        if !is_same {
            return Err(Error::IdempotencyMismatch);
        }
    }
    // Arguments may hold secrets that could be guessed from a plain digest.
    let arguments_digest = keyring.fingerprint(tx.tenant(), &arguments)?;
    let done = earlier.map(|earlier| earlier.subject);
    Ok(Claim {
        operation,
        key,
        arguments_digest,
        done,
    })
}

/// The same, where the rest of a command is looked at although its key cannot be read.
pub async fn claim_with<A: Serialize + Sync>(
    tx: &Tx,
    operation: &'static str,
    key: Option<Key>,
    arguments: &A,
) -> Result<Option<Claim>> {
    match key {
        Some(key) => Ok(Some(claim(tx, operation, &key, arguments).await?)),
        None => Ok(None),
    }
}

impl Claim {
    /// Keeps the key, in the transaction that did the work.
    pub async fn keep(self, tx: &Tx, subject: Uuid) -> Result<()> {
        let row = command::ActiveModel {
            tenant_id: Set(tx.tenant()),
            key: Set(self.key),
            operation: Set(self.operation.to_owned()),
            arguments_digest: Set(self.arguments_digest),
            subject: Set(subject),
            done_at: Set(tx.now()),
        };
        command::Entity::insert(row)
            .exec_without_returning(tx)
            .await?;
        Ok(())
    }
}
