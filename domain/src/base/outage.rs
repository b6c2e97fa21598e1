//! A database that cannot be used, as the log tells of it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two warnings of the same failure.
const WARNING_INTERVAL: Duration = Duration::from_secs(10);

/// Warns that the database fails, at most once in ten seconds: meanwhile, every
/// request may find it so.
pub fn warn_of(error: &dyn std::fmt::Debug) {
    static WARNED: Mutex<Option<Instant>> = Mutex::new(None);
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    if warned.is_none_or(|warned| warned.elapsed() >= WARNING_INTERVAL) {
        *warned = Some(Instant::now());
        tracing::warn!(?error, "the database cannot be used");
    }
}
