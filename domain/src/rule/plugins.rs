//! Plugins: tenants' rules, staged, admitted and published.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::access::Permission;
use crate::calculator::{Description, Unadmitted};
use crate::digest::sha256;
use crate::entity::plugin_version::{self, State};
use crate::entity::{Owned, plugin, plugin_code, upload};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::{self, Command};
use crate::ids::{Noun, PluginId, PluginVersionId, TenantId, UploadId};
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::scope::{Fact, Scope, Tx};

/// The largest component that is admitted, in bytes: 2 MiB.
pub const LARGEST_COMPONENT_BYTES: usize = 2 * 1024 * 1024;

/// Minutes that a staged file may wait, on the machine's clock: a sandbox's own
/// may stand still for ever.
const UPLOAD_MINUTES: i32 = 60;

/// Staged files of one tenant at a time; one more takes the place of the oldest.
const MOST_UPLOADS: u64 = 20;

/// Stages an upload: the caller then puts the bytes to the upload's address. It takes no
/// idempotency key: a place that nobody uses goes by itself.
pub async fn stage(scope: &Scope) -> Result<upload::Model> {
    scope.require(Permission::PluginManage)?;
    let tx = scope.begin().await?;
    let now = scope.engine().clock.now();
    // Staging is also when earlier uploads are cleared away, published or not.
    let kept: Vec<UploadId> = upload::Entity::find()
        .select_only()
        .column(upload::Column::Id)
        .filter(upload::Column::TenantId.eq(tx.tenant()))
        .filter(upload::Column::ExpiresAt.gt(now))
        .order_by_desc(upload::Column::Id)
        .limit(MOST_UPLOADS - 1)
        .into_tuple()
        .all(&tx)
        .await?;
    upload::Entity::delete_many()
        .filter(upload::Column::TenantId.eq(tx.tenant()))
        .filter(upload::Column::Id.is_not_in(kept))
        .exec(&tx)
        .await?;
    let row = upload::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(UploadId::new()),
        bytes: Set(None),
        created_by: Set(tx.actor()),
        expires_at: Set(now.plus_minutes(UPLOAD_MINUTES)),
    };
    let upload = row.insert(&tx).await?;
    tx.commit().await?;
    Ok(upload)
}

/// Puts the bytes of a staged upload. Putting them again replaces them.
pub async fn put(scope: &Scope, id: UploadId, bytes: Vec<u8>) -> Result<()> {
    scope.require(Permission::PluginManage)?;
    if bytes.is_empty() || bytes.len() > LARGEST_COMPONENT_BYTES {
        return Err(Error::invalid("bytes", "a component has 1 byte to 2 MiB"));
    }
    let tx = scope.begin().await?;
    let upload = staged(scope, &tx, tx.tenant(), id).await?;
    let mut change: upload::ActiveModel = upload.into();
    change.bytes = Set(Some(bytes));
    change.update(&tx).await?;
    tx.commit().await
}

async fn staged<C: ConnectionTrait>(
    scope: &Scope,
    db: &C,
    tenant: TenantId,
    id: UploadId,
) -> Result<upload::Model> {
    let upload = upload::Entity::get(db, tenant, id).await?;
    if upload.expires_at > scope.engine().clock.now() {
        Ok(upload)
    } else {
        Err(Error::NotFound(Noun::Upload))
    }
}

/// Admits the bytes of an upload as a version of the plugin that they say they
/// are. It decides nothing until terms or an activation name it. Publishing the
/// same bytes again gives the version they already are; so does publishing the
/// same upload again, which stays for whoever did not hear the answer.
pub async fn publish(
    scope: &Scope,
    key: Option<&str>,
    upload: impl Into<Given<UploadId>>,
) -> Result<plugin_version::Model> {
    scope.require(Permission::PluginManage)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read_optional(key))?;
    let given = check.given(upload)?;
    let (Some(key), Some(upload)) = (key, given) else {
        if let Some(id) = given {
            let staged = staged(scope, &scope.read().await?, scope.tenant(), id).await;
            check.take(staged.at("uploadId"))?;
        }
        return Err(check.failed());
    };
    let command = Command::repeatable("plugin.publish", key, &upload)?;
    if let Some(version) = command.before::<plugin_version::Entity>(scope).await? {
        return Ok(version);
    }
    let staged = staged(scope, &scope.read().await?, scope.tenant(), upload).await;
    let staged = staged.at("uploadId")?;
    scope.end_read().await;
    let empty = || Error::conflict(Conflict::UploadNotReady, "nothing was put there yet");
    let bytes = staged.bytes.ok_or_else(empty)?;
    let calculator = &scope.engine().calculator;
    let admitted = calculator.admit(scope.tenant(), bytes.clone().into()).await;
    let description = admitted.map_err(|error| match error {
        Unadmitted::Refused(refusal) => Error::Refused(refusal),
        Unadmitted::Busy => Error::conflict(Conflict::SandboxBusy, error.to_string()),
    })?;
    let done = command.once::<plugin_version::Entity>(scope, async |tx: &mut Tx| {
        let plugin = find_or_create(tx, &description.name).await?;
        insert_version(tx, &plugin, &description, bytes).await
    });
    done.await
}

async fn find_or_create(tx: &Tx, name: &str) -> Result<plugin::Model> {
    let query = plugin::Entity::of(tx.tenant()).filter(plugin::Column::Name.eq(name));
    if let Some(plugin) = query.one(tx).await? {
        return Ok(plugin);
    }
    let row = plugin::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(PluginId::new()),
        name: Set(name.to_owned()),
        created_at: Set(tx.now()),
    };
    Ok(row.insert(tx).await?)
}

async fn insert_version(
    tx: &mut Tx,
    plugin: &plugin::Model,
    description: &Description,
    bytes: Vec<u8>,
) -> Result<plugin_version::Model> {
    let (digest, size) = (sha256(&bytes), bytes.len());
    let query = plugin_version::Entity::of(tx.tenant())
        .filter(plugin_version::Column::PluginId.eq(plugin.id))
        .filter(plugin_version::Column::Digest.eq(&digest));
    if let Some(version) = query.one(tx).await? {
        return Ok(version);
    }
    let code = plugin_code::ActiveModel {
        tenant_id: Set(tx.tenant()),
        digest: Set(digest.clone()),
        bytes: Set(bytes),
    };
    plugin_code::Entity::insert(code)
        .exec_without_returning(tx)
        .await?;
    let description_json = serde_json::to_string(description)
        .map_err(|error| Error::broken(format!("a description has no JSON: {error}")))?;
    let row = plugin_version::ActiveModel {
        updated_at: Set(tx.now()),
        tenant_id: Set(tx.tenant()),
        id: Set(PluginVersionId::new()),
        plugin_id: Set(plugin.id),
        version: Set(description.version.clone()),
        digest: Set(digest),
        size_bytes: Set(i64::try_from(size).unwrap_or(i64::MAX)),
        description: Set(description_json),
        state: Set(State::Admitted),
        published_by: Set(tx.actor()),
        published_at: Set(tx.now()),
    };
    let version = row.insert(tx).await?;
    let fact = Fact::PluginPublished(facts::PublishedVersion {
        version_id: version.id,
        version: version.version.clone(),
        digest: version.digest.clone(),
    });
    tx.record(plugin.id, None, fact).await?;
    Ok(version)
}

/// Notes that terms or an activation name a version.
pub(crate) async fn mark_active(tx: &Tx, version: plugin_version::Model) -> Result<()> {
    if version.state == State::Admitted {
        let mut change: plugin_version::ActiveModel = version.into();
        change.state = Set(State::Active);
        tx.update(change).await?;
    }
    Ok(())
}
