//! The one engine, its settings, and the digest that names them.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::thread;

use tributary_domain::digest::sha256;
use wasmtime::{
    Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, WasmFeatures,
};

use crate::machine::Budget;
use crate::{limits, prices};

/// The engine's name and release in the policy digest. A test compares it with
/// what is locked.
const RUNTIME: &str = "wasmtime 48.0.8";

/// The contract, whose text is part of the policy too.
const WORLD: &str = include_str!("../../plugin-sdk/wit/v1/rule.wit");

/// What a component may use of WebAssembly: what Rust and C compilers emit
/// without being asked. Everything newer is off, and with it its faults.
pub const FEATURES: WasmFeatures = WasmFeatures::empty()
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::COMPONENT_MODEL);

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox could not start: {0}")]
pub struct StartError(pub(crate) String);

/// A configured engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) wasm: wasmtime::Engine,
    /// The memory for compiling.
    pub(crate) compiling: Arc<Budget>,
    policy_digest: String,
}

impl Engine {
    /// An engine on which up to `guests` run at a time. Where so much address
    /// space cannot be reserved, instances are allocated one by one: slower,
    /// and otherwise the same.
    pub fn new(guests: u32) -> Result<Self, StartError> {
        let mut config = config();
        config.allocation_strategy(pool(guests));
        let pooled = wasmtime::Engine::new(&config).or_else(|error| {
            tracing::warn!(%error, "no pool for the sandbox; instances are allocated one by one");
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            wasmtime::Engine::new(&config)
        });
        let wasm = pooled.map_err(|error| StartError(format!("{error:#}")))?;
        start_ticking(&wasm).map_err(|error| StartError(error.to_string()))?;
        let policy_digest = sha256(policy(&wasm));
        Ok(Self {
            wasm,
            compiling: Arc::new(Budget::new(limits::COMPILING_BYTES)),
            policy_digest,
        })
    }

    /// Which engine, limits and prices decide here.
    pub fn policy_digest(&self) -> &str {
        &self.policy_digest
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_features(FEATURES.complement(), false)
        .wasm_features(FEATURES, true)
        .concurrency_support(false)
        .shared_memory(false)
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .consume_fuel(true)
        .operator_cost(prices::prices())
        .epoch_interruption(true)
        .memory_guaranteed_dense_image_size(limits::IMAGE_BYTES)
        .max_wasm_stack(limits::WASM_STACK_BYTES)
        .wasm_backtrace_max_frames(None);
    config
}

/// A slot for each guest, and nothing kept of one for the next but the pages
/// that are zeroed by hand, which is quicker than asking the kernel for new ones.
fn pool(guests: u32) -> PoolingAllocationConfig {
    let (instances, tables) = (count(limits::CORE_INSTANCES), count(limits::TABLES));
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(guests)
        .total_core_instances(guests * instances)
        .total_memories(guests)
        .total_tables(guests * tables)
        .max_core_instances_per_component(instances)
        .max_memories_per_component(1)
        .max_tables_per_component(tables)
        .max_memories_per_module(1)
        .max_tables_per_module(tables)
        .max_memory_size(limits::MEMORY_BYTES)
        .table_elements(limits::TABLE_ELEMENTS)
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(64 << 10);
    pool
}

fn count(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

/// Advances the epoch until the engine is gone.
fn start_ticking(engine: &wasmtime::Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    let ticking = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(limits::TICK);
        }
    };
    let thread = thread::Builder::new().name("sandbox-epoch".to_owned());
    thread.spawn(ticking).map(drop)
}

/// Everything beside code and case that a verdict may depend on, as text.
fn policy(engine: &wasmtime::Engine) -> String {
    let features: Vec<_> = FEATURES.iter_names().map(|(name, _)| name).collect();
    serde_json::json!({
        "runtime": RUNTIME,
        "compiler": compiler(engine),
        "world": sha256(WORLD),
        "prices": sha256(format!("{:?}", prices::prices())),
        "features": features,
        "nan": "canonical",
        "fuel": limits::FUEL,
        "memory_bytes": limits::MEMORY_BYTES,
        "image_bytes": limits::IMAGE_BYTES,
        "table_elements": limits::TABLE_ELEMENTS,
        "core_instances": limits::CORE_INSTANCES,
        "tables": limits::TABLES,
        "wasm_stack_bytes": limits::WASM_STACK_BYTES,
        "answer_bytes": limits::ANSWER_BYTES,
        "entries": [limits::entries(0), limits::entries(1)],
        "notes": limits::NOTES,
        "sentence_bytes": limits::SENTENCE_BYTES,
        "name_bytes": limits::NAME_BYTES,
    })
    .to_string()
}

/// A digest of the compiler's target and settings. How deep a guest may call
/// depends on the size of its frames, and so on the processor that they are
/// compiled for: machines that differ in it have policies of different names.
fn compiler(engine: &wasmtime::Engine) -> String {
    #[derive(Default)]
    struct Bytes(Vec<u8>);
    impl Hasher for Bytes {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut bytes = Bytes::default();
    engine.precompile_compatibility_hash().hash(&mut bytes);
    sha256(bytes.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_what_code_is_compiled_for() {
        let engine = |config: &Config| wasmtime::Engine::new(config).unwrap();
        let same = policy(&engine(&config()));
        assert_eq!(policy(&engine(&config())), same);
        let slow = policy(&engine(config().cranelift_opt_level(OptLevel::None)));
        assert_ne!(slow, same);
    }

    #[test]
    fn the_prices_are_the_ones_we_published() {
        let digest = sha256(format!("{:?}", prices::prices()));
        assert_eq!(
            digest, "8e846965b609e28571b92e92286629b52c706bc2a9b1f4bf953417677a3b5e76",
            "the price list changed: every receipt from now on names another policy"
        );
    }

    #[test]
    fn the_policy_names_the_engine_that_is_locked() {
        let lock = include_str!("../../Cargo.lock");
        let (name, version) = RUNTIME.split_once(' ').unwrap();
        let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        assert!(lock.contains(&entry), "{RUNTIME} is not in Cargo.lock");
    }
}
