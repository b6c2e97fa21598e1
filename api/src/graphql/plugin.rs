//! Plugins: tenants' rules in WebAssembly.

use async_graphql::{ID, Object};
use tributary_domain::entity::plugin;

use super::context::wraps;

/// A tenant's rule in WebAssembly.
pub struct Plugin(pub plugin::Model);
wraps!(Plugin, plugin::Model);

#[Object]
impl Plugin {
    /// Its id, `plg_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }
}
