//! Compiled rules, by the digest of their bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A bounded cache that forgets what was unused for longest. In memory only:
/// compiled code on disk would be trusted code that anybody might have written.
pub struct Cache<T> {
    rules: usize,
    bytes: usize,
    kept: Mutex<Kept<T>>,
}

struct Kept<T> {
    uses: u64,
    bytes: usize,
    rules: HashMap<String, Place<T>>,
}

struct Place<T> {
    used: u64,
    bytes: usize,
    rule: Arc<T>,
}

impl<T> Cache<T> {
    /// Keeps up to so many rules, and bytes of them.
    pub fn new(rules: usize, bytes: usize) -> Self {
        let kept = Mutex::new(Kept {
            uses: 0,
            bytes: 0,
            rules: HashMap::new(),
        });
        Self { rules, bytes, kept }
    }

    /// The compiled rule, if it is kept.
    pub fn get(&self, digest: &str) -> Option<Arc<T>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        let place = kept.rules.get_mut(digest)?;
        place.used = now;
        Some(Arc::clone(&place.rule))
    }

    /// Keeps a compiled rule of so many bytes, in the place of the least
    /// recently used if need be.
    pub fn put(&self, digest: String, bytes: usize, rule: Arc<T>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget(&digest);
        kept.uses += 1;
        let used = kept.uses;
        kept.bytes += bytes;
        kept.rules.insert(digest, Place { used, bytes, rule });
        while kept.rules.len() > self.rules || kept.bytes > self.bytes {
            let oldest = kept.rules.iter().min_by_key(|(_, place)| place.used);
            let Some(oldest) = oldest.map(|(digest, _)| digest.clone()) else {
                return;
            };
            kept.forget(&oldest);
        }
    }
}

impl<T> Kept<T> {
    fn forget(&mut self, digest: &str) {
        if let Some(place) = self.rules.remove(digest) {
            self.bytes -= place.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(cache: &Cache<i32>) -> [bool; 3] {
        ["one", "two", "three"].map(|digest| cache.get(digest).is_some())
    }

    #[test]
    fn what_was_unused_for_longest_is_forgotten() {
        let cache = Cache::new(2, 100);
        cache.put("one".to_owned(), 1, Arc::new(1));
        cache.put("two".to_owned(), 1, Arc::new(2));
        assert_eq!(cache.get("one").as_deref(), Some(&1));
        cache.put("three".to_owned(), 1, Arc::new(3));
        assert_eq!(kept(&cache), [true, false, true]);
    }

    #[test]
    fn a_few_large_rules_are_as_many_as_there_is_room_for() {
        let cache = Cache::new(100, 10);
        cache.put("one".to_owned(), 5, Arc::new(1));
        cache.put("one".to_owned(), 5, Arc::new(1));
        cache.put("two".to_owned(), 5, Arc::new(2));
        assert_eq!(kept(&cache), [true, true, false]);
        cache.put("three".to_owned(), 6, Arc::new(3));
        assert_eq!(kept(&cache), [false, false, true]);
        cache.put("two".to_owned(), 11, Arc::new(2));
        assert_eq!(kept(&cache), [false; 3], "it would not fit alone");
    }
}
