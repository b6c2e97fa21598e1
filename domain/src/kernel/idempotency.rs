//! Commands that may be repeated: the same key and arguments are done once.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde::Serialize;
use uuid::Uuid;

use crate::clock::Moment;
use crate::entity::{Owned, command};
use crate::error::{Error, Result};
use crate::ids::{Noun, PartnerId, TenantId};
use crate::kernel::check::{Check, Given};
use crate::kernel::visible::Visible;
use crate::keyring::Keyring;
use crate::limits;
use crate::reads;
use crate::scope::{Scope, Tx};

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

    /// Reads one that may be left out.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_optional(text: Option<&str>) -> Result<Option<Self>> {
        text.map(Self::read).transpose()
    }
}

/// Reads what a command on one row is given: its key, which may be left out, and the row.
///
/// # Errors
///
/// All that is wrong with them.
pub(crate) async fn on_row<E: Visible>(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<E::Id>>,
) -> Result<(Option<Key>, E::Id)> {
    let mut check = Check::default();
    let key = check.take(Key::read_optional(key))?;
    let id = check.given(id)?;
    let (Some(key), Some(id)) = (key, id) else {
        return Err(reads::failed::<E>(check, scope, "id", id).await);
    };
    Ok((key, id))
}

/// The same of a command that needs a reason.
///
/// # Errors
///
/// All that is wrong with them.
pub(crate) async fn with_reason<E: Visible>(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<E::Id>>,
    reason: &str,
) -> Result<(Option<Key>, E::Id, String)> {
    let mut check = Check::default();
    let key = check.take(Key::read_optional(key))?;
    let id = check.given(id)?;
    let reason = check.take(limits::sentence("reason", reason))?;
    let (Some(key), Some(id), Some(reason)) = (key, id, reason) else {
        return Err(reads::failed::<E>(check, scope, "id", id).await);
    };
    Ok((key, id, reason))
}

/// A command that is done once: with the same key and arguments again it answers with what
/// it did before. Nothing is kept of one that failed, so that a retry drives the work to
/// completion.
pub struct Command {
    operation: &'static str,
    key: Option<Key>,
    needs_key: bool,
    arguments: Vec<u8>,
}

impl Command {
    /// A command with these arguments. One whose key cannot be read is looked at all the
    /// same, for what else is wrong with it.
    pub fn new<A: Serialize>(
        operation: &'static str,
        key: Option<Key>,
        arguments: &A,
    ) -> Result<Self> {
        let arguments = serde_json::to_vec(arguments)
            .map_err(|error| Error::broken(format!("arguments have no JSON: {error}")))?;
        Ok(Self {
            operation,
            key,
            needs_key: true,
            arguments,
        })
    }

    /// A command that may go without a key: repeating it at once is harmless, or what it
    /// makes can be taken back. With a key, a late repetition changes nothing either.
    pub fn repeatable<A: Serialize>(
        operation: &'static str,
        key: Option<Key>,
        arguments: &A,
    ) -> Result<Self> {
        let command = Self::new(operation, key, arguments)?;
        Ok(Self {
            needs_key: false,
            ..command
        })
    }

    /// The row that it was about, if it was done before: for a command that does something
    /// long before its transaction.
    ///
    /// # Errors
    /// As [`once`](Self::once).
    pub async fn before<E>(&self, scope: &Scope) -> Result<Option<E::Model>>
    where
        E: Owned<Id: From<Uuid>>,
    {
        let Some(Key(key)) = &self.key else {
            return Ok(None);
        };
        let (tenant, key) = (scope.tenant(), kept_as(scope.partner(), key));
        let db = scope.read().await?;
        let keyring = &scope.engine().keyring;
        let done = match self.done_before(&db, tenant, keyring, &key).await? {
            Some(id) => Some(E::get(&db, tenant, id.into()).await?),
            None => None,
        };
        drop(db);
        // What follows is long, and reads what is there then.
        scope.end_read().await;
        Ok(done)
    }

    /// Does the work in a transaction of its own, unless it was done before, and keeps the
    /// key with it. The answer is the row that the work was about.
    ///
    /// # Errors
    /// `IdempotencyMismatch` where the key was used for another operation or with other
    /// arguments.
    pub async fn once<E>(
        self,
        scope: &Scope,
        work: impl AsyncFnOnce(&mut Tx) -> Result<E::Model>,
    ) -> Result<E::Model>
    where
        E: Owned<Id: From<Uuid> + Into<Uuid>>,
    {
        let mut tx = scope.begin().await?;
        let kept = |Key(key): &Key| kept_as(tx.partner(), key);
        let key = self.key.as_ref().map(kept);
        if let Some(key) = &key
            && let Some(id) = self
                .done_before(&tx, tx.tenant(), tx.keyring(), key)
                .await?
        {
            return E::get(&tx, tx.tenant(), id.into()).await;
        }
        let row = work(&mut tx).await?;
        match key {
            Some(key) => self.keep::<E>(&mut tx, key, E::id_of(&row).into())?,
            None if self.needs_key => {
                return Err(Error::broken("a command without a key was done"));
            }
            None => {}
        }
        tx.commit().await?;
        Ok(row)
    }

    /// The row that the same command was about, if it was done before.
    async fn done_before<C: ConnectionTrait>(
        &self,
        db: &C,
        tenant: TenantId,
        keyring: &Keyring,
        key: &str,
    ) -> Result<Option<Uuid>> {
        let earlier = command::Entity::find_by_id((tenant, key.to_owned()));
        let earlier = earlier.one(db).await?;
        let Some(earlier) = earlier else {
            return Ok(None);
        };
        let digest = &earlier.arguments_digest;
        let is_same = earlier.operation == self.operation
            && keyring.matches(tenant, &self.arguments, digest)?;
        if is_same {
            Ok(Some(earlier.subject))
        } else {
            Err(Error::IdempotencyMismatch)
        }
    }

    /// Keeps the key, in the transaction that did the work. Arguments may hold secrets
    /// that could be guessed from a plain digest.
    fn keep<E: Owned>(&self, tx: &mut Tx, key: String, subject: Uuid) -> Result<()> {
        let row = command::ActiveModel {
            tenant_id: Set(tx.tenant()),
            key: Set(key),
            operation: Set(self.operation.to_owned()),
            arguments_digest: Set(tx.keyring().fingerprint(tx.tenant(), &self.arguments)?),
            noun: Set(E::NOUN.prefix().to_owned()),
            subject: Set(subject),
            done_at: Set(tx.now()),
        };
        tx.keep(row);
        Ok(())
    }
}

/// What a command with a key did: of the caller's partner, or of the tenant's own people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The command, as `deal.open`.
    pub operation: String,
    /// The id of what it made or changed, as the API writes it.
    pub subject: String,
    /// When.
    pub at: Moment,
}

/// What was done under a key; none where nothing was.
pub async fn look_up(scope: &Scope, key: &str) -> Result<Option<Done>> {
    let key = kept_as(scope.partner(), key);
    let found = command::Entity::find_by_id((scope.tenant(), key));
    let Some(row) = found.one(&scope.read().await?).await? else {
        return Ok(None);
    };
    let unknown = || Error::broken(format!("a command about {}", row.noun));
    let noun = Noun::of(&format!("{}_", row.noun)).ok_or_else(unknown)?;
    Ok(Some(Done {
        operation: row.operation,
        subject: noun.id(row.subject),
        at: row.done_at,
    }))
}

/// A key as it is stored. Partners count for themselves: none blocks another's keys or the
/// tenant's, or learns of them.
fn kept_as(partner: Option<PartnerId>, key: &str) -> String {
    match partner {
        Some(partner) => format!("{partner}/{key}"),
        None => format!("/{key}"),
    }
}
