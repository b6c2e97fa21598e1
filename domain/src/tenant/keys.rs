//! API keys: created once, shown once, stored as a digest.
//!
//! A key reads `<tenant>.<id>.<secret>`. The ids find the row, the secret is
//! compared with the digest. Secrets are 256 random bits, so a plain digest is
//! enough: there is nothing to guess that a slow hash would protect.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{JoinType, QuerySelect};

use crate::access::{Permission, Role};
use crate::digest::{equal, secret, sha256};
use crate::entity::{Owned, api_key, partner, person, tenant};
use crate::error::{About, Error, Result};
use crate::idempotency::{self, Command};
use crate::ids::{ApiKeyId, PartnerId, PersonId, TenantId};
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::kernel::scope::Caller;
use crate::kernel::transaction::Attempts;
use crate::scope::{Engine, Fact, Origin, Scope, Tx};
use crate::{limits, people};

/// A key with its secret, which is nowhere else.
pub struct NewKey {
    /// What is stored.
    pub key: api_key::Model,
    /// What the holder sends.
    pub token: String,
}

/// What a new key is for.
#[derive(Debug)]
pub struct KeyPurpose {
    /// What it is called.
    pub name: String,
    /// What its holder is to the tenant.
    pub role: Role,
    /// The partner whose rows alone its holder sees.
    pub partner: Option<Given<PartnerId>>,
    /// Whether a service holds it and acts in its own name.
    pub is_service: bool,
}

/// Finds who holds a token, or `None` if it is unknown or revoked.
///
/// The table of keys stands outside row-level security: it is read before it is
/// known that whoever names a tenant belongs to it, and only here without that.
pub async fn authenticate(engine: &Engine, token: &str, origin: Origin) -> Result<Option<Scope>> {
    let Some((tenant, id, secret)) = parts(token) else {
        return Ok(None);
    };
    let mut attempts = Attempts::new();
    let found = loop {
        match find(engine, tenant, id).await {
            Ok(found) => break found,
            Err(error) => attempts.again(&engine.db, error.into()).await?,
        }
    };
    let Some((key, Some(tenant))) = found else {
        return Ok(None);
    };
    if key.revoked_at.is_some() || !equal(&key.secret_digest, &sha256(secret)) {
        return Ok(None);
    }
    let caller = Caller {
        actor: key.actor(),
        person: Some(key.person_id),
        role: key.role,
        partner: key.partner_id,
        origin,
    };
    let scope = engine.scope(&tenant, caller);
    scope.meter().add(1);
    Ok(Some(scope))
}

/// A key with its tenant.
async fn find(
    engine: &Engine,
    tenant: TenantId,
    id: ApiKeyId,
) -> Result<Option<(api_key::Model, Option<tenant::Model>)>, DbErr> {
    let to_tenant = api_key::Entity::belongs_to(tenant::Entity)
        .from(api_key::Column::TenantId)
        .to(tenant::Column::Id)
        .into();
    api_key::Entity::find_by_id((tenant, id))
        .join(JoinType::InnerJoin, to_tenant)
        .select_also(tenant::Entity)
        .one(&*engine.db)
        .await
}

fn parts(token: &str) -> Option<(TenantId, ApiKeyId, &str)> {
    let (tenant, rest) = token.split_once('.')?;
    let (id, secret) = rest.split_once('.')?;
    Some((tenant.parse().ok()?, id.parse().ok()?, secret))
}

/// Creates a key for a person, as the operator of the server does: for one who
/// is there by this name or id, or for a new one. Two people of one name are
/// told apart by id.
///
/// # Errors
///
/// [`Error::Invalid`] where several people have the name.
pub async fn create_for(
    engine: &Engine,
    tenant: TenantId,
    person: &str,
    role: Role,
    partner: Option<PartnerId>,
) -> Result<NewKey> {
    let scope = engine.system(tenant).await?;
    let mut tx = scope.begin().await?;
    let holder = match person.parse::<PersonId>() {
        Ok(id) => person::Entity::get(&tx, tx.tenant(), id).await?,
        Err(_) => match people::named(&tx, person).await?.as_slice() {
            [] => people::add(&mut tx, person).await?,
            [one] => one.clone(),
            several => {
                let ids: Vec<_> = several.iter().map(|row| row.id.to_string()).collect();
                let message = format!("several people have this name: {}", ids.join(", "));
                return Err(Error::invalid("person", message));
            }
        },
    };
    let purpose = KeyPurpose {
        name: holder.name.clone(),
        role,
        partner: partner.map(Given::from),
        is_service: false,
    };
    let created = insert(&mut tx, Check::default(), holder.id, purpose).await?;
    tx.commit().await?;
    Ok(created)
}

/// Creates another key of the person who asks: for themselves, or for a service
/// that they answer for. A partner's key needs the partner, and no other has one.
///
/// With an idempotency key a repetition gives the same key, without its token: that is
/// told once.
pub async fn create(
    scope: &Scope,
    key: Option<&str>,
    purpose: KeyPurpose,
) -> Result<(api_key::Model, Option<String>)> {
    scope.require(Permission::KeyManage)?;
    let Some(person) = scope.person() else {
        return Err(Error::broken("a key that nobody answers for"));
    };
    // Whoever makes a partner's key is none of the partner's people: it acts as itself.
    let of_partner = purpose.partner.is_some() && scope.partner().is_none();
    let purpose = KeyPurpose {
        is_service: purpose.is_service || of_partner,
        ..purpose
    };
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read_optional(key))?;
    let of_partner = purpose.partner.as_ref().map(Given::known);
    let arguments = (
        person,
        &purpose.name,
        purpose.role,
        of_partner,
        purpose.is_service,
    );
    // An argument that cannot be read is no repetition of one that could.
    let key = key.flatten().filter(|_| of_partner != Some(None));
    let command = Command::repeatable("api_key.create", key, &arguments)?;
    let mut token = None;
    let done = command.once::<api_key::Entity>(scope, async |tx: &mut Tx| {
        let created = insert(tx, check, person, purpose).await?;
        token = Some(created.token);
        Ok(created.key)
    });
    Ok((done.await?, token))
}

/// Creates a key, unless something is wrong with it or was before.
async fn insert(
    tx: &mut Tx,
    mut check: Check,
    person: PersonId,
    purpose: KeyPurpose,
) -> Result<NewKey> {
    let name = check.take(limits::name("name", &purpose.name))?;
    if (purpose.role == Role::Partner) != purpose.partner.is_some() {
        let message = "a partner's key needs its partner, and no other key has one";
        check.take::<()>(Err(Error::invalid("partnerId", message)))?;
    }
    let partner = check.optional(purpose.partner)?;
    if let Some(partner) = partner {
        let found = partner::Entity::get(tx, tx.tenant(), partner).await;
        check.take(found.at("partnerId"))?;
    }
    let Some(name) = name else {
        return Err(check.failed());
    };
    check.done()?;
    let secret = secret()?;
    let row = api_key::ActiveModel {
        updated_at: Set(tx.now()),
        tenant_id: Set(tx.tenant()),
        id: Set(ApiKeyId::new()),
        name: Set(name),
        person_id: Set(person),
        is_service: Set(purpose.is_service),
        role: Set(purpose.role),
        partner_id: Set(partner),
        secret_digest: Set(sha256(&secret)),
        created_by: Set(tx.actor()),
        created_at: Set(tx.now()),
        revoked_at: Set(None),
    };
    let key = row.insert(tx).await?;
    tx.record(key.id, None, Fact::ApiKeyCreated(told(&key)))
        .await?;
    let token = format!("{}.{}.{secret}", key.tenant_id, key.id);
    Ok(NewKey { key, token })
}

/// Revokes a key; revoking it again is harmless.
pub async fn revoke(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<ApiKeyId>>,
) -> Result<api_key::Model> {
    scope.require(Permission::KeyManage)?;
    let (key, id) = idempotency::on_row::<api_key::Entity>(scope, key, id).await?;
    let command = Command::repeatable("api_key.revoke", key, &id)?;
    let done = command.once::<api_key::Entity>(scope, async |tx: &mut Tx| {
        let key = api_key::Entity::get(tx, tx.tenant(), id).await.at("id")?;
        if key.revoked_at.is_some() {
            return Ok(key);
        }
        let mut change: api_key::ActiveModel = key.into();
        change.revoked_at = Set(Some(tx.now()));
        let key = tx.update(change).await?;
        tx.record(key.id, None, Fact::ApiKeyRevoked(told(&key)))
            .await?;
        Ok(key)
    });
    done.await
}

fn told(key: &api_key::Model) -> facts::ApiKeyData {
    facts::ApiKeyData {
        name: key.name.clone(),
        person: key.person_id,
        service: key.is_service,
        role: key.role,
    }
}
