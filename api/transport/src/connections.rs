//! How many of something each key may have at one time, as open sockets.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A number of permits for each key, at one server.
#[derive(Clone, Debug)]
pub struct ConnectionLimit<K> {
    most: usize,
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K: Clone + Eq + Hash> ConnectionLimit<K> {
    /// At most so many at a time for each key.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            taken: Arc::default(),
        }
    }

    /// Takes one of the key's permits; `None` if all are taken.
    pub fn take(&self, key: K) -> Option<ConnectionPermit<K>> {
        let mut taken = self.lock();
        let count = taken.entry(key.clone()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        let limit = self.clone();
        Some(ConnectionPermit { limit, key })
    }
}

impl<K> ConnectionLimit<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A permit, given back when dropped.
#[derive(Debug)]
pub struct ConnectionPermit<K: Eq + Hash> {
    limit: ConnectionLimit<K>,
    key: K,
}

impl<K: Eq + Hash> Drop for ConnectionPermit<K> {
    fn drop(&mut self) {
        let mut taken = self.limit.lock();
        if let Some(count) = taken.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_so_many_places_and_gets_them_back() {
        let limit = ConnectionLimit::new(2);
        let (first, second) = (limit.take("a"), limit.take("a"));
        assert!(first.is_some() && second.is_some());
        assert!(limit.take("a").is_none());
        assert!(limit.take("b").is_some());
        drop(first);
        let third = limit.take("a");
        assert!(third.is_some() && limit.take("a").is_none());
        drop((second, third));
        assert!(limit.lock().is_empty());
    }
}
