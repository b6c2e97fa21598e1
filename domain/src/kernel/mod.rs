//! What every verb works with: scopes, transactions, the tenant's queue, and work.

pub mod audience;
pub mod check;
pub mod queue;
pub mod scope;
pub mod snapshot;
pub mod transaction;
pub mod work;
