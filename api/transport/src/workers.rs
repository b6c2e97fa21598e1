//! Where operations run: on a runtime of their own, so that connections, pings
//! and health are served whatever operations do.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument;
use tracing::instrument::WithSubscriber;

/// A turn of an operation takes milliseconds, not the microseconds that a runtime
/// expects: after each few, it looks for what has arrived meanwhile.
const TURNS_BETWEEN_LOOKS: u32 = 2;

/// A runtime for operations, on so many threads.
///
/// # Errors
///
/// When its threads cannot be started.
pub fn runtime(threads: usize) -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_name("operations")
        .global_queue_interval(TURNS_BETWEEN_LOOKS)
        .event_interval(TURNS_BETWEEN_LOOKS)
        .enable_all()
        .build()
}

/// Starts operations on their runtime.
#[derive(Clone, Debug)]
pub struct Workers(Handle);

impl Workers {
    /// Runs operations on this runtime.
    pub fn new(runtime: Handle) -> Self {
        Self(runtime)
    }

    /// Starts some work there, in the current span. Dropping the result ends
    /// the work where it next pauses.
    pub fn run<F>(&self, work: F) -> Running<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let work = work.in_current_span().with_current_subscriber();
        Running(self.0.spawn(work))
    }
}

/// Work on the runtime of operations; ends with this.
#[derive(Debug)]
pub struct Running<T>(JoinHandle<T>);

impl<T> Future for Running<T> {
    /// What came of it; an error where it panicked, or the runtime was stopped.
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
