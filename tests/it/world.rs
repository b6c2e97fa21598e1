//! The world a story happens in.

use crate::db::{self, Backend, TestDatabase};

/// Everything one story needs, and nothing shared with another story.
///
/// The database comes last: fields are dropped in order, and whoever uses it
/// must be gone before it is.
pub struct World {
    /// The story's own database.
    pub database: TestDatabase,
}

impl World {
    /// A world over a fresh, migrated database.
    pub async fn new(backend: Backend) -> Self {
        Self {
            database: db::fresh(backend).await,
        }
    }
}
