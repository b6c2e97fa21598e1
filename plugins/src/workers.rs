//! The threads that guests run on: few, named, and with stacks of known size.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::limits;

type Job = Box<dyn FnOnce() + Send>;

/// Jobs that wait before their senders must.
const QUEUE: usize = 256;

/// A bounded pool of threads.
pub struct Workers {
    jobs: mpsc::Sender<Job>,
}

impl Workers {
    /// Starts `count` threads. They end when the pool is dropped.
    pub fn start(count: u32) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>(QUEUE);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..count {
            let queue = Arc::clone(&queue);
            spawn("sandbox-worker", limits::WORKER_STACK_BYTES, move || {
                while let Some(job) = next(&queue) {
                    // A defect that one guest provokes must not cost the others a worker.
                    if panic::catch_unwind(AssertUnwindSafe(job)).is_err() {
                        tracing::error!("an evaluation panicked in the host");
                    }
                }
            })?;
        }
        Ok(Self { jobs })
    }

    /// Runs `job` on a worker, after those that came first. Nothing if it
    /// panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            // Nobody waits any more where the caller was dropped.
            if !answer.is_closed() {
                let _ = answer.send(job());
            }
        });
        self.jobs.send(job).await.ok()?;
        answered.await.ok()
    }
}

/// The next job; one idle worker at a time waits for it, the others for their turn.
fn next(queue: &Mutex<mpsc::Receiver<Job>>) -> Option<Job> {
    queue
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .blocking_recv()
}

/// Starts a thread with a stack of `stack` bytes.
pub fn spawn(
    name: &str,
    stack: usize,
    body: impl FnOnce() + Send + 'static,
) -> std::io::Result<()> {
    let thread = thread::Builder::new()
        .name(name.to_owned())
        .stack_size(stack);
    thread.spawn(body).map(drop)
}

/// Runs `body` on a thread with a compiler's stack, and waits for it.
pub fn join<T: Send + 'static>(
    name: &str,
    body: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<T> {
    let thread = thread::Builder::new()
        .name(name.to_owned())
        .stack_size(limits::COMPILER_STACK_BYTES);
    let joined = thread.spawn(body)?.join();
    joined.map_err(|_| std::io::Error::other("the thread panicked"))
}
