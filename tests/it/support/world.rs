//! The world a story happens in.

use crate::support::db::{self, Backend, TestDatabase};
use crate::support::server::Server;

/// Everything one story needs, and nothing shared with another story.
///
/// The database comes last: fields are dropped in order, and whoever uses it
/// must be gone before it is.
pub struct World {
    /// A server over the story's database.
    pub server: Server,
    /// The story's own database.
    pub database: TestDatabase,
}

impl World {
    /// A world over a fresh, migrated database.
    pub async fn new(backend: Backend) -> Self {
        let database = db::fresh(backend).await;
        let server = Server::start(&database.url).await;
        Self { server, database }
    }
}
