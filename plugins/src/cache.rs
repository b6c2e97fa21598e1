//! Compiled rules, by the digest of their bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A bounded cache that forgets what was unused for longest. In memory only:
/// compiled code on disk would be trusted code that anybody might have written.
pub struct Cache<T> {
    size: usize,
    kept: Mutex<Kept<T>>,
}

struct Kept<T> {
    uses: u64,
    rules: HashMap<String, (u64, Arc<T>)>,
}

impl<T> Cache<T> {
    /// Keeps up to `size` rules.
    pub fn new(size: usize) -> Self {
        let (uses, rules) = (0, HashMap::new());
        let kept = Mutex::new(Kept { uses, rules });
        Self { size, kept }
    }

    /// The compiled rule, if it is kept.
    pub fn get(&self, digest: &str) -> Option<Arc<T>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        let (used, rule) = kept.rules.get_mut(digest)?;
        *used = now;
        Some(Arc::clone(rule))
    }

    /// Keeps a compiled rule, in the place of the least recently used if need be.
    pub fn put(&self, digest: String, rule: Arc<T>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        kept.rules.insert(digest, (now, rule));
        if kept.rules.len() > self.size {
            let oldest = kept.rules.iter().min_by_key(|(_, (used, _))| *used);
            let oldest = oldest.map(|(digest, _)| digest.clone());
            oldest.and_then(|digest| kept.rules.remove(&digest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_unused_for_longest_is_forgotten() {
        let cache = Cache::new(2);
        cache.put("one".to_owned(), Arc::new(1));
        cache.put("two".to_owned(), Arc::new(2));
        assert_eq!(cache.get("one").as_deref(), Some(&1));
        cache.put("three".to_owned(), Arc::new(3));
        let kept = ["one", "two", "three"].map(|digest| cache.get(digest).is_some());
        assert_eq!(kept, [true, false, true]);
    }
}
