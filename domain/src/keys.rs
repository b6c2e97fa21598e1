//! API keys: created once, shown once, stored as a digest.
//!
//! A key reads `<id>.<secret>`. The id finds the row, the secret is compared
//! with the digest. Secrets are 256 random bits, so a plain digest is enough:
//! there is nothing to guess that a slow hash would protect.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde_json::json;

use crate::access::{Permission, Role};
use crate::digest::{equal, secret, sha256};
use crate::entity::{Owned, api_key, partner, tenant};
use crate::error::{Error, Result};
use crate::ids::{ApiKeyId, PartnerId, TenantId};
use crate::limits;
use crate::reads::{self, Page, Visible, Window};
use crate::scope::{Engine, Fact, Origin, SYSTEM, Scope, Tx};

impl Visible for api_key::Entity {
    /// For those who may make them.
    fn visible(scope: &Scope) -> Select<Self> {
        let managed = scope.role().may(Permission::KeyManage);
        let none = (!managed).then(|| Expr::value(false));
        Self::of(scope.tenant()).filter(sea_orm::Condition::all().add_option(none))
    }
}

/// A key with its secret, which is nowhere else.
pub struct NewKey {
    /// What is stored.
    pub key: api_key::Model,
    /// What the holder sends.
    pub token: String,
}

/// Finds who holds a token, or `None` if it is unknown or revoked.
///
/// Keys are looked up before there is a tenant; their table alone stands
/// outside row-level security, and only this looks into it without a tenant.
pub async fn authenticate(engine: &Engine, token: &str, origin: Origin) -> Result<Option<Scope>> {
    let Some((id, secret)) = token.split_once('.') else {
        return Ok(None);
    };
    let Ok(id) = id.parse::<ApiKeyId>() else {
        return Ok(None);
    };
    let query = api_key::Entity::find().filter(api_key::Column::Id.eq(id));
    let Some(key) = query.one(&engine.db).await? else {
        return Ok(None);
    };
    if key.revoked_at.is_some() || !equal(&key.secret_digest, &sha256(secret)) {
        return Ok(None);
    }
    let tenant = tenant::Entity::find_by_id(key.tenant_id)
        .one(&engine.db)
        .await?;
    Ok(tenant.map(|tenant| engine.scope(&tenant, key.person, key.role, key.partner_id, origin)))
}

/// Whether two keys are one person's, as far as their holders were named.
pub(crate) fn same_person(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Creates the first key of a tenant. For whoever runs the server.
pub async fn create_first(engine: &Engine, tenant: TenantId, person: &str) -> Result<NewKey> {
    create(&engine.system(tenant).await?, person, Role::Owner, None).await
}

/// Creates a key. A partner's key needs the partner, and others must not have one.
pub async fn create(
    scope: &Scope,
    person: &str,
    role: Role,
    partner: Option<PartnerId>,
) -> Result<NewKey> {
    scope.require(Permission::KeyManage)?;
    let person = limits::name("person", person)?;
    if person.eq_ignore_ascii_case(SYSTEM) {
        return Err(Error::invalid(
            "person",
            "that is what the server itself is called",
        ));
    }
    if (role == Role::Partner) != partner.is_some() {
        let message = "a partner's key needs its partner, and no other key has one";
        return Err(Error::invalid("partnerId", message));
    }
    let mut tx = scope.begin().await?;
    if let Some(partner) = partner {
        partner::Entity::get(&*tx, tx.tenant(), partner).await?;
    }
    let secret = secret()?;
    let row = api_key::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(ApiKeyId::new()),
        person: Set(person),
        role: Set(role),
        partner_id: Set(partner),
        secret_digest: Set(sha256(&secret)),
        created_at: Set(tx.now()),
        revoked_at: Set(None),
    };
    let key = row.insert(&*tx).await?;
    log(&mut tx, "api_key.created", &key).await?;
    tx.commit().await?;
    let token = format!("{}.{secret}", key.id);
    Ok(NewKey { key, token })
}

/// Revokes a key; revoking it again is harmless.
pub async fn revoke(scope: &Scope, id: ApiKeyId) -> Result<api_key::Model> {
    scope.require(Permission::KeyManage)?;
    let mut tx = scope.begin().await?;
    let key = api_key::Entity::get(&*tx, tx.tenant(), id).await?;
    if key.revoked_at.is_some() {
        return Ok(key);
    }
    let mut change: api_key::ActiveModel = key.into();
    change.revoked_at = Set(Some(tx.now()));
    let key = change.update(&*tx).await?;
    log(&mut tx, "api_key.revoked", &key).await?;
    tx.commit().await?;
    Ok(key)
}

/// A page of the tenant's keys, oldest first, revoked ones included.
pub async fn page(scope: &Scope, window: Window<ApiKeyId>) -> Result<Page<api_key::Model>> {
    scope.require(Permission::KeyManage)?;
    reads::page::<api_key::Entity>(scope, reads::all(), window).await
}

async fn log(tx: &mut Tx, kind: &'static str, key: &api_key::Model) -> Result<()> {
    let data = json!({ "person": key.person, "role": format!("{:?}", key.role) });
    tx.log(Fact {
        kind,
        subject: &key.id,
        deal: None,
        data,
    })
    .await?;
    Ok(())
}
