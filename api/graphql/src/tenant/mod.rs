//! The tenant, who asks, and what happened.

pub mod actors;
pub mod events;
pub mod inbox;
pub mod roles;
pub mod search;
pub mod tenants;
pub mod viewer;

use async_graphql::MergedObject;

pub use self::actors::*;
pub use self::events::*;
pub use self::inbox::*;
pub use self::roles::*;
pub use self::search::*;
pub use self::tenants::*;
pub use self::viewer::*;

/// Reading what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "TenantFolderQueries")]
pub struct Queries(TenantQueries, EventQueries, InboxQueries, SearchQueries);

/// Changing what is in this folder.
#[derive(Default, MergedObject)]
#[graphql(name = "TenantFolderMutations")]
pub struct Mutations(TenantMutations);
