//! What one evaluation of the worked example costs: natively, in the bare
//! engine, and through the sandbox. Medians of rounds that take turns, so that
//! the ratios hold whatever else the machine does.
//!
//! ```text
//! cargo bench --package tributary-plugins
//! ```

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tiered_accelerator::TieredAccelerator;
use tributary_domain::calculator::{Calculator, Case, Code, Outcome};
use tributary_domain::ids::TenantId;
use tributary_plugin_sdk::Rule;
use tributary_plugins::Sandbox;

const ROUNDS: usize = 100;
const PER_ROUND: u32 = 200;
const AT_A_TIME: usize = 64;

const CONFIG: &str = r#"{"brackets":[{"up_to":"50000.00","percent":"10"},{"up_to":"100000.00","percent":"12"},{"percent":"15"}]}"#;

mod bare {
    //! The engine with nothing of ours: no fuel, no deadline, no limits, no
    //! checks, no threads; a fresh store and instance, and the typed call.

    use wasmtime::component::{Component, Linker};
    use wasmtime::{Config, Engine, PoolingAllocationConfig, Store};

    wasmtime::component::bindgen!({ path: "../plugin-sdk/wit/v1", world: "rule" });

    pub use exports::tributary::rule::calculation as wit;

    /// Compiles the component for the bare engine.
    pub fn compile(bytes: &[u8]) -> RulePre<()> {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_memories(4).total_core_instances(4);
        pool.max_memory_size(16 << 20)
            .linear_memory_keep_resident(256 << 10);
        let mut config = Config::new();
        config.concurrency_support(false).allocation_strategy(pool);
        let engine = Engine::new(&config).expect("an engine");
        let component = Component::new(&engine, bytes).expect("a component");
        let pre = Linker::new(&engine).instantiate_pre(&component);
        RulePre::new(pre.expect("no imports")).expect("the world")
    }

    /// One evaluation.
    pub fn evaluate(pre: &RulePre<()>, case: &wit::Case) -> wit::Verdict {
        let mut store = Store::new(pre.engine(), ());
        let rule = pre.instantiate(&mut store).expect("an instance");
        let answer = rule
            .tributary_rule_calculation()
            .call_evaluate(&mut store, case);
        answer.expect("an answer").expect("a verdict")
    }

    /// The same case in the engine's words.
    pub fn case(config: &str) -> wit::Case {
        let minor = |minor: i64| wit::Amount {
            high: 0,
            low: minor.unsigned_abs() * 1_000_000_000,
        };
        wit::Case {
            evaluated_at: 0,
            deal: wit::Deal {
                id: super::DEAL.to_owned(),
                amount: minor(12_000_000),
                currency: wit::Currency {
                    code: "USD".to_owned(),
                    exponent: 2,
                },
                opened_at: 0,
                closed_at: 0,
            },
            role: wit::Role::Sourced,
            credits: vec![wit::Credit {
                partner: super::PARTNER.to_owned(),
                share: wit::Share {
                    numerator: 1,
                    denominator: 1,
                },
                tier: None,
            }],
            terms: wit::Terms {
                id: super::TERMS.to_owned(),
                version: 1,
                model: wit::ProgramModel::Referral,
            },
            history: vec![wit::History {
                partner: super::PARTNER.to_owned(),
                year: 2026,
                deals: 1,
                volume: minor(3_000_000),
            }],
            config: config.to_owned(),
            extra: Vec::new(),
        }
    }
}

const DEAL: &str = "del_01h455vb4pex5vsknk084sn02q";
const PARTNER: &str = "prt_01h455vb4pex5vsknk084sn02r";
const TERMS: &str = "trm_01h455vb4pex5vsknk084sn02q";

/// The same case in the domain's words.
fn domain_case() -> Case {
    let text = serde_json::json!({
        "evaluated_at": 0,
        "deal": {
            "id": DEAL, "amount_minor": 12_000_000, "currency": "USD",
            "opened_at": 0, "closed_at": 0,
        },
        "role": "sourced",
        "credits": [{ "partner": PARTNER, "share_numerator": 1, "share_denominator": 1, "tier": null }],
        "terms": { "id": TERMS, "version": 1, "model": "referral" },
        "history": [{ "partner": PARTNER, "year": 2026, "deals": 1, "volume_minor": 3_000_000 }],
        "config": CONFIG,
    });
    serde_json::from_str(&text.to_string()).expect("a case")
}

/// The same case in the SDK's words.
fn native_case() -> tributary_plugin_sdk::Case {
    use tributary_plugin_sdk as sdk;
    let mut case = sdk::Case::sample(sdk::Currency::new("USD", 2), 12_000_000, CONFIG);
    case.history[0].volume = sdk::Amount::from_minor(3_000_000);
    case
}

/// The time of one of `count` calls.
fn time(count: u32, mut call: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        call();
    }
    start.elapsed() / count
}

/// In microseconds.
#[expect(clippy::float_arithmetic, reason = "time, not money")]
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

#[expect(clippy::float_arithmetic, reason = "ratios of time, not money")]
fn main() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rules");
    let example = home.join("plugin-sdk/examples/tiered-accelerator");
    let built = tributary_toolchain::build_in(&example, &target_dir, None).expect("the example");
    let bytes = std::fs::read(&built.path).expect("the component");

    let native = native_case();
    let (floor, floor_case) = (bare::compile(&bytes), bare::case(CONFIG));
    let sandbox = Sandbox::new().expect("a sandbox");
    let code = Code {
        digest: built.digest,
        bytes: bytes.into(),
        basis_codes: built.description.basis_codes,
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let case = domain_case();
    let tenant = TenantId::new();
    let evaluate = || sandbox.evaluate(tenant, code.clone(), case.clone());
    let Outcome::Decided { result, fuel } = runtime.block_on(evaluate()) else {
        panic!("aborted");
    };
    assert_eq!(result.expect("a verdict").entries.len(), 3);

    let mut times: [Vec<Duration>; 4] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(time(PER_ROUND, || {
            black_box(TieredAccelerator::run(black_box(&native))).expect("a verdict");
        }));
        times[1].push(time(PER_ROUND, || {
            black_box(bare::evaluate(&floor, black_box(&floor_case)));
        }));
        times[2].push(time(PER_ROUND, || {
            black_box(runtime.block_on(evaluate()));
        }));
        times[3].push(runtime.block_on(async {
            let start = Instant::now();
            black_box(join_all((0..AT_A_TIME).map(|_| evaluate())).await);
            start.elapsed() / u32::try_from(AT_A_TIME).unwrap_or(1)
        }));
    }
    let [native, floor, alone, together] = times.map(median);
    println!("one evaluation, {fuel} units of fuel, medians of {ROUNDS} rounds:");
    println!("  native                    {native:8.2} µs");
    println!(
        "  bare engine               {floor:8.2} µs   {:6.2} × native",
        floor / native
    );
    println!(
        "  sandbox, one at a time    {alone:8.2} µs   {:6.2} × bare engine",
        alone / floor
    );
    println!(
        "  sandbox, {AT_A_TIME} at a time     {together:8.2} µs   {:6.2} × bare engine",
        together / floor
    );
}
