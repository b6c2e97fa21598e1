//! The threads that guests run on and are compiled on: few, named, and with
//! stacks of known size, shared between tenants by turns.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use metrics::gauge;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tributary_domain::ids::TenantId;

use crate::limits;
use crate::queue::{TenantQueue, Ticket};

type Job = Box<dyn FnOnce() + Send>;

/// What a pool of threads is like.
#[derive(Clone, Copy)]
pub struct Pool {
    /// The threads' name.
    pub name: &'static str,
    /// How many threads.
    pub threads: u32,
    /// Bytes of each thread's stack.
    pub stack_bytes: usize,
    /// Jobs that one tenant may have waiting.
    pub most_queued: usize,
    /// Jobs of one tenant that may run at a time.
    pub most_running: usize,
}

/// Jobs in a pool at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// That wait for a thread.
    pub queued: usize,
    /// That run.
    pub running: usize,
}

/// Why a job gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unrun {
    /// The tenant has too many in line.
    Full,
    /// No thread was free within [`limits::QUEUE_TIME`].
    Late,
    /// It panicked, which is logged.
    Panicked,
}

/// A pool of threads. They end when it is dropped.
pub struct Workers(Arc<Shared>);

struct Shared {
    name: &'static str,
    state: Mutex<State>,
    /// There is a job, or no pool any more.
    changed: Condvar,
}

struct State {
    queue: TenantQueue<Job>,
    closed: bool,
}

impl Workers {
    /// Starts the threads.
    pub fn start(pool: Pool) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            name: pool.name,
            state: Mutex::new(State {
                queue: TenantQueue::new(pool.most_queued, pool.most_running),
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let workers = Self(Arc::clone(&shared));
        for _ in 0..pool.threads {
            let shared = Arc::clone(&shared);
            let thread = thread::Builder::new()
                .name(pool.name.to_owned())
                .stack_size(pool.stack_bytes);
            thread.spawn(move || shared.work())?;
        }
        Ok(workers)
    }

    /// Runs `job` on a thread, when it is its tenant's turn. A job that waits
    /// goes with the future; one that runs ends in its own time.
    pub async fn run<T: Send + 'static>(
        &self,
        tenant: TenantId,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unrun> {
        let (start, started) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        // Whoever asked may have left since.
        let job = Box::new(move || {
            let _ = start.send(());
            let _ = answer.send(job());
        });
        let ticket = self.0.with_queue(|queue| queue.push(tenant, job));
        let ticket = ticket.map_err(|_| Unrun::Full)?;
        self.0.changed.notify_one();
        let asker = Asker {
            shared: &self.0,
            tenant,
            ticket,
        };
        let started = timeout(limits::QUEUE_TIME, started).await;
        drop(asker);
        match started {
            Ok(_) => answered.await.map_err(|_| Unrun::Panicked),
            Err(_) => Err(Unrun::Late),
        }
    }

    /// Jobs at this moment.
    pub fn load(&self) -> Load {
        let state = self.0.lock();
        Load {
            queued: state.queue.queued(),
            running: state.queue.running(),
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

/// Whoever waits for a job to start. When it leaves, so does the job.
struct Asker<'a> {
    shared: &'a Shared,
    tenant: TenantId,
    ticket: Ticket,
}

impl Drop for Asker<'_> {
    fn drop(&mut self) {
        let cancel = |queue: &mut TenantQueue<Job>| queue.cancel(self.tenant, self.ticket);
        let job = self.shared.with_queue(cancel);
        // What the job holds is dropped with the lock released.
        drop(job);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the queue, and measures it.
    fn with_queue<T>(&self, change: impl FnOnce(&mut TenantQueue<Job>) -> T) -> T {
        let mut state = self.lock();
        let changed = change(&mut state.queue);
        self.measure(&state.queue);
        changed
    }

    fn measure(&self, queue: &TenantQueue<Job>) {
        for (state, jobs) in [("queued", queue.queued()), ("running", queue.running())] {
            let gauge = gauge!("tributary_sandbox_jobs", "pool" => self.name, "state" => state);
            gauge.set(u32::try_from(jobs).unwrap_or(u32::MAX));
        }
    }

    /// Runs jobs until the pool is dropped.
    fn work(&self) {
        while let Some((tenant, job)) = self.next() {
            // A defect that one guest provokes must not cost the others a thread.
            if panic::catch_unwind(AssertUnwindSafe(job)).is_err() {
                tracing::error!(%tenant, "a job of the sandbox panicked");
            }
            self.with_queue(|queue| queue.done(tenant));
            // Another job of the tenant may run now.
            self.changed.notify_one();
        }
    }

    fn next(&self) -> Option<(TenantId, Job)> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(next) = state.queue.take() {
                self.measure(&state.queue);
                return Some(next);
            }
            let waited = self.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt;
    use futures_util::future::join_all;

    use super::*;

    const THREADS: usize = 2;

    fn pool(most_queued: usize, most_running: usize) -> Workers {
        let pool = Pool {
            name: "test",
            threads: u32::try_from(THREADS).unwrap(),
            stack_bytes: 1 << 20,
            most_queued,
            most_running,
        };
        Workers::start(pool).unwrap()
    }

    /// What ran, in order of its start.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<&'static str>>>);

    impl Log {
        fn note(&self, job: &'static str) {
            self.0.lock().unwrap().push(job);
        }

        fn len(&self) -> usize {
            self.0.lock().unwrap().len()
        }
    }

    /// Jobs that each wait for the word to go on.
    struct Gate(mpsc::Sender<()>, Arc<Mutex<mpsc::Receiver<()>>>);

    impl Gate {
        fn new() -> Self {
            let (open, opened) = mpsc::channel();
            Self(open, Arc::new(Mutex::new(opened)))
        }

        fn job(&self, log: &Log, name: &'static str) -> impl FnOnce() + Send + use<> {
            let (log, opened) = (log.clone(), Arc::clone(&self.1));
            move || {
                log.note(name);
                opened.lock().unwrap().recv().unwrap();
            }
        }

        fn let_through(&self, jobs: usize) {
            (0..jobs).for_each(|_| self.0.send(()).unwrap());
        }
    }

    async fn until(mut happened: impl FnMut() -> bool) {
        while !happened() {
            tokio::task::yield_now().await;
        }
    }

    /// One tenant keeps 64 jobs in line; another's job waits for one that runs,
    /// and none that comes later.
    #[tokio::test]
    async fn a_neighbours_line_is_no_wait() {
        let (pool, log, gate) = (pool(100, THREADS), Log::default(), Gate::new());
        let (greedy, modest) = (TenantId::new(), TenantId::new());
        let all = (0..64 + THREADS).map(|_| pool.run(greedy, gate.job(&log, "greedy")));
        let mut all = join_all(all);
        until(|| {
            assert!((&mut all).now_or_never().is_none());
            log.len() == THREADS && pool.load().queued == 64
        })
        .await;
        let mut one = Box::pin(pool.run(modest, gate.job(&log, "modest")));
        assert!((&mut one).now_or_never().is_none(), "it is in line");
        gate.let_through(1);
        until(|| log.len() > THREADS).await;
        assert_eq!(log.0.lock().unwrap()[THREADS], "modest");
        gate.let_through(64 + THREADS);
        let (all, one) = futures_util::future::join(all, one).await;
        assert!(one.is_ok() && all.iter().all(Result::is_ok));
        // A thread is free a moment after its job has answered.
        until(|| pool.load() == Load::default()).await;
    }

    /// Where one thread is kept for others, another's job does not wait at all.
    #[tokio::test]
    async fn a_thread_is_kept_for_others() {
        let (pool, log, gate) = (pool(64, THREADS - 1), Log::default(), Gate::new());
        let (greedy, modest) = (TenantId::new(), TenantId::new());
        let mut all = join_all((0..64).map(|_| pool.run(greedy, gate.job(&log, "greedy"))));
        until(|| {
            assert!((&mut all).now_or_never().is_none());
            log.len() == 1
        })
        .await;
        let note = log.clone();
        assert_eq!(pool.run(modest, move || note.note("modest")).await, Ok(()));
        assert_eq!(*log.0.lock().unwrap(), ["greedy", "modest"]);
        gate.let_through(64);
        assert!(all.await.iter().all(Result::is_ok));
    }

    #[tokio::test]
    async fn a_job_leaves_with_its_asker() {
        let (pool, log, gate) = (pool(1, 1), Log::default(), Gate::new());
        let tenant = TenantId::new();
        let mut first = Box::pin(pool.run(tenant, gate.job(&log, "first")));
        until(|| {
            assert!((&mut first).now_or_never().is_none());
            log.len() == 1
        })
        .await;
        let mut second = Box::pin(pool.run(tenant, gate.job(&log, "second")));
        assert!((&mut second).now_or_never().is_none());
        assert_eq!(pool.run(tenant, || ()).await, Err(Unrun::Full));
        drop(second);
        assert_eq!((pool.load().queued, pool.load().running), (0, 1));
        gate.let_through(1);
        assert_eq!(first.await, Ok(()));
        assert_eq!(pool.run(tenant, || 3).await, Ok(3));
        assert_eq!(*log.0.lock().unwrap(), ["first"]);
    }

    #[tokio::test]
    async fn a_panic_costs_its_own_job_alone() {
        let (pool, tenant) = (pool(64, THREADS), TenantId::new());
        for _ in 0..2 * THREADS {
            let panicked = pool.run(tenant, || panic!("as it should")).await;
            assert_eq!(panicked, Err::<(), _>(Unrun::Panicked));
        }
        assert_eq!(pool.run(tenant, || 3).await, Ok(3));
    }
}
