//! Plugins: tenants' rules in WebAssembly.

use async_graphql::{ID, Object};
use tributary_domain::entity::{plugin, plugin_version};

use super::context::wraps;

/// A tenant's rule in WebAssembly.
pub struct Plugin(pub plugin::Model);
wraps!(Plugin, plugin::Model);

#[Object]
impl Plugin {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}

/// One build of a plugin, known by the digest of its bytes.
pub struct PluginVersion(pub plugin_version::Model);
wraps!(PluginVersion, plugin_version::Model);

#[Object]
impl PluginVersion {
    /// Its id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }
}
