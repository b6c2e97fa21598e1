//! Compiled rules, by the digest of their bytes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::evaluation::CompiledRule;
use crate::limits;

/// A bounded cache that forgets what was unused for longest. In memory only:
/// compiled code on disk would be trusted code that anybody might have written.
#[derive(Default)]
pub struct Cache {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    uses: u64,
    rules: HashMap<String, (u64, Arc<CompiledRule>)>,
}

impl Cache {
    /// The compiled rule, if it is kept.
    pub fn get(&self, digest: &str) -> Option<Arc<CompiledRule>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        let (used, rule) = kept.rules.get_mut(digest)?;
        *used = now;
        Some(Arc::clone(rule))
    }

    /// Keeps a compiled rule, in the place of the least recently used if need be.
    pub fn put(&self, digest: String, rule: Arc<CompiledRule>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.uses += 1;
        let now = kept.uses;
        kept.rules.insert(digest, (now, rule));
        if kept.rules.len() > limits::COMPILED_RULES {
            let oldest = kept.rules.iter().min_by_key(|(_, (used, _))| *used);
            let oldest = oldest.map(|(digest, _)| digest.clone());
            oldest.and_then(|digest| kept.rules.remove(&digest));
        }
    }
}
