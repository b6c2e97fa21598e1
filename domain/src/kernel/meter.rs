//! What an operation costs the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the statements of one operation, those that begin and end
/// transactions included.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    pub(crate) fn add(&self, statements: u64) {
        self.0.fetch_add(statements, Ordering::Relaxed);
    }

    /// The statements so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
