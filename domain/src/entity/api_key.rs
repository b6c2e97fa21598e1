//! Keys that requests are signed with.

use sea_orm::entity::prelude::*;

use crate::access::Role;
use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{ApiKeyId, PartnerId, PersonId, TenantId};

/// An API key. The secret itself is never stored.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id, which is the public part of the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApiKeyId,
    /// What it is called.
    pub name: String,
    /// Who answers for it: its holder, or for a service whoever made its key.
    pub person_id: PersonId,
    /// Whether a service holds it and acts in its own name.
    pub is_service: bool,
    /// What its holder is to the tenant.
    pub role: Role,
    /// The partner whose rows alone its holder sees; none for the tenant's own.
    pub partner_id: Option<PartnerId>,
    /// SHA-256 of the secret part of the token, in hexadecimal.
    pub secret_digest: String,
    /// Who made it.
    pub created_by: Actor,
    /// When.
    pub created_at: Moment,
    /// When it was revoked; none while it is good.
    pub revoked_at: Option<Moment>,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Who acts when a request is signed with it.
    pub fn actor(&self) -> Actor {
        if self.is_service {
            Actor::Service(self.id)
        } else {
            Actor::Person(self.person_id)
        }
    }
}

super::owned!(ApiKeyId, ApiKey);
super::dated!();
