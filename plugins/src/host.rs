//! The sandbox: the domain's calculator port, answered by guests.

use std::sync::Arc;
use std::thread;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use metrics::counter;
use tributary_domain::calculator::{
    Calculator, Case, Code, Description, Fault, Outcome, Unadmitted,
};
use tributary_domain::digest::sha256;
use tributary_domain::ids::TenantId;

use crate::admission;
use crate::cache::Cache;
use crate::engine::{Engine, StartError};
use crate::evaluation::CompiledRule;
use crate::limits;
use crate::locks::Locks;
use crate::workers::{Load, Pool, Unrun, Workers};

/// Compilations that run at a time, on threads of their own: they take from
/// milliseconds to seconds, and evaluations must not wait behind them.
const COMPILING: u32 = 2;

/// Runs tenants' rules: one per process. Dropping it ends its threads.
pub struct Sandbox {
    engine: Engine,
    evaluating: Workers,
    compiling: Workers,
    /// Held by whoever compiles a rule for a tenant.
    compilations: Locks<(TenantId, String)>,
    rules: Arc<Cache<CompiledRule>>,
}

/// What a sandbox has to do at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SandboxLoad {
    /// Evaluations.
    pub evaluations: Load,
    /// Compilations, of uploads and of rules that are not kept compiled.
    pub compilations: Load,
}

impl Sandbox {
    /// Starts a sandbox with a worker for each processor.
    pub fn new() -> Result<Self, StartError> {
        let processors = thread::available_parallelism().map_or(1, |count| count.get());
        let count = u32::try_from(processors.min(64)).unwrap_or(1);
        let engine = Engine::new(count + COMPILING)?;
        let start = |pool| Workers::start(pool).map_err(|error| StartError(error.to_string()));
        Ok(Self {
            engine,
            evaluating: start(Pool {
                name: "sandbox-worker",
                threads: count,
                stack_bytes: limits::WORKER_STACK_BYTES,
                most_queued: limits::QUEUED_EVALUATIONS,
                // The last processor is for others, and for all else that the server does.
                most_running: (count as usize - 1).max(1),
            })?,
            compiling: start(Pool {
                name: "sandbox-compiler",
                threads: COMPILING,
                stack_bytes: limits::COMPILER_STACK_BYTES,
                most_queued: limits::QUEUED_COMPILATIONS,
                // A compilation takes too long to let another tenant wait for it.
                most_running: COMPILING as usize - 1,
            })?,
            compilations: Locks::default(),
            rules: Arc::new(Cache::new(limits::COMPILED_RULES, limits::COMPILED_BYTES)),
        })
    }

    /// How much there is to do.
    pub fn load(&self) -> SandboxLoad {
        SandboxLoad {
            evaluations: self.evaluating.load(),
            compilations: self.compiling.load(),
        }
    }

    /// Compiled code: kept, or compiled now. A fault where it does not compile;
    /// no verdict where it is not what was admitted, which is not the rule's
    /// doing, or where the machine is too busy.
    async fn compiled(&self, tenant: TenantId, code: &Code) -> Result<Arc<CompiledRule>, Outcome> {
        if let Some(rule) = self.rules.get(&code.digest) {
            return Ok(rule);
        }
        // A tenant's cases for one rule wait together for one compilation.
        let lock = self.compilations.lock((tenant, code.digest.clone()));
        let _held = lock.lock().await;
        if let Some(rule) = self.rules.get(&code.digest) {
            return Ok(rule);
        }
        let (engine, bytes) = (self.engine.clone(), Arc::clone(&code.bytes));
        let (rules, digest) = (Arc::clone(&self.rules), code.digest.clone());
        let job = move || {
            if sha256(&bytes) != digest {
                tracing::error!(digest, "the bytes are not those of the digest");
                return Err(Outcome::Aborted);
            }
            // It may have been admitted under other limits.
            let rule = admission::compile(&engine, &bytes).map_err(|error| {
                tracing::error!(digest, ?error, "admitted code cannot be run");
                not_compiled(&error)
            })?;
            // Or under an earlier form of the contract.
            if let Ok(Err(error)) = rule.check_types() {
                tracing::error!(digest, ?error, "admitted code is of another contract");
                return Err(not_runnable());
            }
            let rule = Arc::new(rule);
            rules.put(digest, rule.image_bytes(), Arc::clone(&rule));
            Ok(rule)
        };
        match self.compiling.run(tenant, job).await {
            Ok(compiled) => compiled,
            Err(Unrun::Panicked) => Err(not_runnable()),
            Err(Unrun::Full | Unrun::Late) => Err(Outcome::Aborted),
        }
    }
}

/// What code that does not compile comes to.
fn not_compiled(error: &Unadmitted) -> Outcome {
    match error {
        Unadmitted::Busy => Outcome::Aborted,
        Unadmitted::Refused(_) => not_runnable(),
    }
}

fn not_runnable() -> Outcome {
    Outcome::Decided {
        result: Err(Fault::NotRunnable),
        fuel: 0,
    }
}

impl Calculator for Sandbox {
    fn policy_digest(&self) -> &str {
        self.engine.policy_digest()
    }

    fn admit(
        &self,
        tenant: TenantId,
        bytes: Arc<[u8]>,
    ) -> BoxFuture<'_, Result<Description, Unadmitted>> {
        let engine = self.engine.clone();
        let admitted = self
            .compiling
            .run(tenant, move || admission::admit(&engine, &bytes));
        async move { admitted.await.unwrap_or(Err(Unadmitted::Busy)) }.boxed()
    }

    fn evaluate(&self, tenant: TenantId, code: Code, case: Case) -> BoxFuture<'_, Outcome> {
        async move {
            let rule = match self.compiled(tenant, &code).await {
                Ok(rule) => rule,
                Err(outcome) => return outcome,
            };
            let run = move || rule.evaluate(&case, &code.basis_codes);
            let answer = self.evaluating.run(tenant, run).await;
            let outcome = answer.unwrap_or(Outcome::Aborted);
            let label = match &outcome {
                Outcome::Decided { result: Ok(_), .. } => "answered",
                Outcome::Decided {
                    result: Err(fault), ..
                } => fault.code(),
                Outcome::Aborted => "aborted",
            };
            counter!("tributary_evaluations_total", "outcome" => label).increment(1);
            outcome
        }
        .boxed()
    }
}
