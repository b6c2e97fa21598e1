//! Payout providers, each behind the domain's port for rails.

mod manual;
mod sandbox;

use std::sync::Arc;

pub use manual::Manual;
pub use sandbox::Sandbox;
use tributary_domain::rail::Rail;

/// The rails that this server has.
pub fn all() -> Vec<Arc<dyn Rail>> {
    vec![Arc::new(Sandbox), Arc::new(Manual)]
}
