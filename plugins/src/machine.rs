//! What the machine lacks, told from what a component asks for.

use std::sync::{Condvar, Mutex, PoisonError};

use wasmtime::PoolConcurrencyLimitError;

use crate::limits::NoRoom;

/// Whether the machine could not do what another time it can: it had no memory,
/// no address space or no free slot. Whatever else fails will fail again.
pub fn lacks(error: &wasmtime::Error) -> bool {
    error.is::<NoRoom>()
        || error.is::<PoolConcurrencyLimitError>()
        || error.is::<wasmtime::OutOfMemory>()
        || error.is::<rustix::io::Errno>()
        || error.is::<std::io::Error>()
}

/// Memory that several threads may use together.
pub struct Budget {
    all: u64,
    free: Mutex<u64>,
    given_back: Condvar,
}

/// A part of a budget, until it is dropped.
pub struct Held<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Budget {
    /// So many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self {
            all: bytes,
            free: Mutex::new(bytes),
            given_back: Condvar::new(),
        }
    }

    /// Takes so many bytes, when there are as many. Blocks. Whoever asks for more
    /// than all takes all.
    pub fn hold(&self, bytes: u64) -> Held<'_> {
        let bytes = bytes.min(self.all);
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.given_back.wait_while(free, |free| *free < bytes);
        *free.unwrap_or_else(PoisonError::into_inner) -= bytes;
        Held {
            budget: self,
            bytes,
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let free = &self.budget.free;
        *free.lock().unwrap_or_else(PoisonError::into_inner) += self.bytes;
        self.budget.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    #[test]
    fn errors_of_the_system_are_the_machines() {
        let full = wasmtime::Error::from(rustix::io::Errno::NOMEM);
        assert!(lacks(&full.context("no room for code")));
        assert!(!lacks(&wasmtime::Error::msg("two memories")));
    }

    #[test]
    fn what_does_not_fit_waits() {
        let budget = Budget::new(10);
        let (first, second) = (budget.hold(6), budget.hold(4));
        let (say, said) = channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let _all = budget.hold(1_000);
                say.send("all").unwrap();
            });
            drop(second);
            let third = budget.hold(4);
            assert!(said.try_recv().is_err(), "six of ten are held");
            drop((first, third));
            assert_eq!(said.recv(), Ok("all"));
        });
    }
}
