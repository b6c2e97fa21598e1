//! Tenants, keys and the clock of a sandbox.

use async_graphql::{ID, Object};
use tributary_domain::entity::{api_key, tenant};

use super::context::wraps;

/// A company running programs here.
pub struct Tenant(pub tenant::Model);
wraps!(Tenant, tenant::Model);

#[Object]
impl Tenant {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}

/// A key that requests are signed with.
pub struct ApiKey(pub api_key::Model);
wraps!(ApiKey, api_key::Model);

#[Object]
impl ApiKey {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
