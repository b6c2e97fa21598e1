//! What every verb works with: scopes, transactions, the tenant's queue, work, and the
//! two ports.

pub mod audience;
pub mod calculator;
pub mod check;
pub mod engine;
pub mod external_ids;
pub mod facts;
pub mod following;
pub mod hints;
pub mod idempotency;
pub mod lists;
pub mod meter;
mod pending;
pub mod people;
pub mod queue;
pub mod rail;
pub mod rails;
pub mod reads;
pub mod scope;
pub mod search;
pub mod snapshot;
pub mod tail;
pub mod transaction;
pub mod visible;
pub mod wake;
pub mod work;
