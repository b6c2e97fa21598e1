//! Keys that requests are signed with.

use sea_orm::entity::prelude::*;

use crate::access::Role;
use crate::clock::Moment;
use crate::ids::{ApiKeyId, PartnerId, TenantId};

/// An API key. The secret itself is never stored.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiKeyId,
    /// The person or system that holds it; two keys of one person are one person.
    pub person: String,
    /// What its holder may do.
    pub role: Role,
    /// The partner it speaks for, with the partner role.
    pub partner_id: Option<PartnerId>,
    /// SHA-256 of the secret, in hexadecimal.
    pub secret_digest: String,
    /// When it was created.
    pub created_at: Moment,
    /// When it stopped working.
    pub revoked_at: Option<Moment>,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(ApiKeyId, ApiKey);
