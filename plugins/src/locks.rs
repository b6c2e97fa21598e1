//! A lock for each thing that only one task at a time should do.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Locks by key. A lock is there as long as somebody holds it or waits for it.
pub struct Locks<K>(Mutex<HashMap<K, Weak<tokio::sync::Mutex<()>>>>);

impl<K> Default for Locks<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Locks<K> {
    /// The lock of that key.
    pub fn lock(&self, key: K) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lock) = locks.get(&key).and_then(Weak::upgrade) {
            return lock;
        }
        locks.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::default();
        locks.insert(key, Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_lock_while_it_is_wanted() {
        let locks = Locks::default();
        let one = locks.lock("one");
        assert!(Arc::ptr_eq(&one, &locks.lock("one")));
        assert!(!Arc::ptr_eq(&one, &locks.lock("two")));
        drop(one);
        drop(locks.lock("three"));
        assert_eq!(
            locks.0.lock().unwrap().len(),
            1,
            "those that nobody holds go"
        );
    }
}
