//! What a rule may use.
//!
//! The numbers that a verdict or its fuel may depend on are in the policy
//! digest; `engine::policy` lists them. Those of admission and of time are not:
//! they decide whether there is a verdict, and never which.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// The largest component that is looked at, in bytes.
pub const COMPONENT_BYTES: usize = 2 << 20;

/// Fuel for one evaluation, and for describing: the limit that decides. About
/// ten milliseconds; the worked example uses well under a hundredth of it.
pub const FUEL: u64 = 10_000_000;

/// Linear memory of a rule, in bytes.
pub const MEMORY_BYTES: usize = 16 << 20;

/// The largest image of a memory's first contents that is always made, in bytes. A larger
/// one is made only where the component gives data for at least half of it: data at both
/// ends of the memory would otherwise make an image of all of it, for each compiled rule.
pub const IMAGE_BYTES: u64 = 1 << 20;

/// Elements in each of its tables.
pub const TABLE_ELEMENTS: usize = 10_000;

/// Core instances a component may consist of.
pub const CORE_INSTANCES: usize = 4;

/// Tables a component may have.
pub const TABLES: usize = 2;

/// Stack for the guest's calls, in bytes. How many calls fit depends on the
/// machine code: running out is a fault and never an answer, and the policy
/// digest names the compiler's target and settings.
pub const WASM_STACK_BYTES: usize = 512 << 10;

/// Stack of the threads that run guests: the guest's and ample room for ours.
pub const WORKER_STACK_BYTES: usize = 4 << 20;

/// Stack of the threads that compile, and run what they compiled once.
pub const COMPILER_STACK_BYTES: usize = 16 << 20;

/// Bytes the host will copy out of a guest for one answer.
pub const ANSWER_BYTES: usize = 1 << 20;

/// Entries in a verdict, for a case with so many credits.
pub const fn entries(credits: usize) -> usize {
    64 + 16 * credits
}

/// Notes in a verdict.
pub const NOTES: usize = 32;

/// Bytes of one explanation, note or message.
pub const SENTENCE_BYTES: usize = 1_000;

/// Bytes of one code, name or version.
pub const NAME_BYTES: usize = 64;

/// Basis codes that a rule may declare.
pub const BASIS_CODES: usize = 64;

/// Bytes of a configuration's schema.
pub const SCHEMA_BYTES: usize = 64 << 10;

/// How often the epoch advances.
pub const TICK: Duration = Duration::from_millis(50);

/// Ticks after which a guest is stopped: two seconds of wall clock, some two
/// hundred times what its fuel lasts on an idle machine. Only a machine that is
/// too busy gets there, so this is never a verdict.
pub const DEADLINE_TICKS: u64 = 40;

/// Evaluations that one tenant may have waiting: over a second of them, if each
/// uses all its fuel on one of two processors.
pub const QUEUED_EVALUATIONS: usize = 256;

/// Compilations that one tenant may have waiting, each with its component.
pub const QUEUED_COMPILATIONS: usize = 32;

/// Memory that compilations may take together, by the estimate of admission.
pub const COMPILING_BYTES: u64 = 400 << 20;

/// How long a job waits for a thread before its caller is told that the machine
/// is too busy.
pub const QUEUE_TIME: Duration = Duration::from_secs(20);

/// Compiled rules kept in memory.
pub const COMPILED_RULES: usize = 256;

/// Bytes of compiled rules kept in memory.
pub const COMPILED_BYTES: usize = 256 << 20;

/// The answer to a guest that asks for more than it may have. It ends the
/// evaluation at once: a guest that saw its request fail might answer by it.
#[derive(Debug, thiserror::Error)]
#[error("the rule asked for more memory than it may have")]
pub struct Denied;

/// The host could not give what a guest may have, which says nothing of the guest.
#[derive(Debug, thiserror::Error)]
#[error("no room for a guest to grow: {0:#}")]
pub struct NoRoom(wasmtime::Error);

/// Keeps one evaluation within its memory, tables and instances.
#[derive(Debug)]
pub struct Limiter;

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        _: usize,
        desired: usize,
        declared: Option<usize>,
    ) -> wasmtime::Result<bool> {
        within(desired, MEMORY_BYTES, declared)
    }

    fn table_growing(
        &mut self,
        _: usize,
        desired: usize,
        declared: Option<usize>,
    ) -> wasmtime::Result<bool> {
        within(desired, TABLE_ELEMENTS, declared)
    }

    // Only where `within` allowed it: the machine has no more.

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(NoRoom(error).into())
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(NoRoom(error).into())
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        1
    }
}

/// Beyond the maximum that a module declares itself, growing fails as the
/// standard has it: that is the module's own word, and the same everywhere.
fn within(desired: usize, limit: usize, declared: Option<usize>) -> wasmtime::Result<bool> {
    if desired <= limit {
        Ok(declared.is_none_or(|declared| desired <= declared))
    } else {
        Err(Denied.into())
    }
}
