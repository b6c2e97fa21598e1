//! The rails that a server has, and whom they serve.

use std::sync::Arc;

use crate::entity::payout_method::RailName;
use crate::entity::tenant;
use crate::error::{Error, Result};
use crate::rail::Rail;
use crate::reads;
use crate::scope::Scope;

/// The rails that this server has and that serve the tenant, in order of name.
pub async fn of(scope: &Scope) -> Result<Vec<Arc<dyn Rail>>> {
    let kind = reads::tenant(scope).await?.kind;
    let mut rails: Vec<_> = scope.engine().rails.iter().cloned().collect();
    rails.retain(|rail| rail.serves(kind));
    rails.sort_by_key(|rail| rail.name());
    Ok(rails)
}

/// A rail that this server has.
pub(crate) fn known(scope: &Scope, name: RailName) -> Result<Arc<dyn Rail>> {
    let rail = scope.engine().rail(name);
    rail.ok_or_else(|| Error::invalid("rail", "this server has no such rail"))
}

/// Fails unless a rail that this server has serves such tenants.
pub(crate) fn for_tenant(scope: &Scope, kind: tenant::Kind, name: RailName) -> Result<()> {
    if known(scope, name)?.serves(kind) {
        Ok(())
    } else {
        let message = "this rail does not serve the tenant: `rails` lists those that do";
        Err(Error::invalid("rail", message))
    }
}
