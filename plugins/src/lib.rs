//! The sandbox that runs the rules of tenants.
//!
//! A rule is a WebAssembly component of the world in `plugin-sdk/wit/v1`. It
//! imports nothing, runs in a fresh instance for every case, and is stopped by
//! a fixed budget of fuel. So its verdict depends on the case and on the policy
//! that [`Sandbox`] names in its digest, and on nothing else.
//!
//! What must be absent here: the database, the clock, any import for a guest,
//! compiled code on disk, and an instance that outlives its evaluation.

mod admission;
mod bindings;
mod cache;
mod engine;
mod evaluation;
mod host;
mod limits;
mod locks;
mod machine;
mod prices;
mod queue;
mod structure;
mod workers;

pub use admission::{CheckError, check};
pub use engine::StartError;
pub use host::{Sandbox, SandboxLoad};
pub use workers::Load;
