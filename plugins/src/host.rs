//! The sandbox: the domain's calculator port, answered by guests.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, oneshot};
use tributary_domain::calculator::{
    Calculator, Case, Code, Description, Fault, Outcome, Unadmitted,
};
use tributary_domain::digest::sha256;

use crate::admission;
use crate::cache::Cache;
use crate::engine::{Engine, StartError};
use crate::evaluation::{CompileError, CompiledRule};
use crate::limits;
use crate::workers::{self, Workers};

/// Compilations that run at a time, on threads of their own: they take from
/// milliseconds to seconds, and evaluations must not wait behind them.
const COMPILING: u32 = 2;

/// Runs tenants' rules: one per process. Dropping it ends its threads.
pub struct Sandbox {
    engine: Engine,
    workers: Workers,
    compiling: Arc<Semaphore>,
    rules: Arc<Cache<CompiledRule>>,
}

impl Sandbox {
    /// Starts a sandbox with a worker for each processor.
    pub fn new() -> Result<Self, StartError> {
        let processors = thread::available_parallelism().map_or(1, |count| count.get());
        let count = u32::try_from(processors.min(64)).unwrap_or(1);
        let engine = Engine::new(count + COMPILING)?;
        let workers = Workers::start(count).map_err(|error| StartError(error.to_string()))?;
        Ok(Self {
            engine,
            workers,
            compiling: Arc::new(Semaphore::new(COMPILING as usize)),
            rules: Arc::new(Cache::new(limits::COMPILED_RULES, limits::COMPILED_BYTES)),
        })
    }

    /// Compiled code: kept, or compiled now. A fault where it does not compile;
    /// no verdict where it is not what was admitted, which is not the rule's
    /// doing, or where the machine is too busy.
    async fn compiled(&self, code: &Code) -> Result<Arc<CompiledRule>, Outcome> {
        if let Some(rule) = self.rules.get(&code.digest) {
            return Ok(rule);
        }
        let (engine, bytes) = (self.engine.clone(), Arc::clone(&code.bytes));
        let (rules, digest) = (Arc::clone(&self.rules), code.digest.clone());
        let compiled = self.compile(move || {
            // Another evaluation may have been quicker.
            if let Some(rule) = rules.get(&digest) {
                return Ok(rule);
            }
            if sha256(&bytes) != digest {
                tracing::error!(digest, "the bytes are not those of the digest");
                return Err(Outcome::Aborted);
            }
            let rule = CompiledRule::compile(&engine, &bytes).map_err(|error| {
                tracing::error!(digest, ?error, "admitted code cannot be run");
                not_compiled(&error)
            })?;
            // Code that was admitted under an earlier form of the contract.
            if let Ok(Err(error)) = rule.check_types() {
                tracing::error!(digest, ?error, "admitted code is of another contract");
                return Err(not_compiled(&CompileError::World(error)));
            }
            let rule = Arc::new(rule);
            rules.put(digest, rule.image_bytes(), Arc::clone(&rule));
            Ok(rule)
        });
        compiled.await.unwrap_or(Err(Outcome::Aborted))
    }

    /// Runs `job` on a thread of its own, and does not wait for it any longer
    /// than [`limits::COMPILE_TIME`]. A thread cannot be stopped from outside: a
    /// late job runs to its end and keeps its place until then, so that there
    /// are never more than [`COMPILING`].
    async fn compile<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let place = Arc::clone(&self.compiling).acquire_owned().await.ok()?;
        let (answer, answered) = oneshot::channel();
        let body = move || {
            let _ = answer.send(job());
            drop(place);
        };
        workers::spawn("sandbox-compiler", limits::COMPILER_STACK_BYTES, body).ok()?;
        within(limits::COMPILE_TIME, answered).await
    }
}

/// What code that does not compile comes to.
fn not_compiled(error: &CompileError) -> Outcome {
    match error {
        CompileError::Host(_) => Outcome::Aborted,
        CompileError::Code(_) | CompileError::World(_) => Outcome::Decided {
            result: Err(Fault::NotRunnable),
            fuel: 0,
        },
    }
}

/// What was answered within `time`.
async fn within<T>(time: Duration, answered: oneshot::Receiver<T>) -> Option<T> {
    tokio::time::timeout(time, answered).await.ok()?.ok()
}

impl Calculator for Sandbox {
    fn policy_digest(&self) -> &str {
        self.engine.policy_digest()
    }

    fn admit(&self, bytes: Arc<[u8]>) -> BoxFuture<'_, Result<Description, Unadmitted>> {
        async move {
            let engine = self.engine.clone();
            let admitted = self.compile(move || admission::admit(&engine, &bytes));
            admitted.await.unwrap_or(Err(Unadmitted::Busy))
        }
        .boxed()
    }

    fn evaluate(&self, code: Code, case: Case) -> BoxFuture<'_, Outcome> {
        async move {
            let rule = match self.compiled(&code).await {
                Ok(rule) => rule,
                Err(outcome) => return outcome,
            };
            let run = move || rule.evaluate(&case, &code.basis_codes);
            self.workers.run(run).await.unwrap_or(Outcome::Aborted)
        }
        .boxed()
    }
}
