//! What one execution may take: it pauses regularly, so that it can be ended and
//! others run meanwhile; its answer has a largest size, which is counted while it
//! is built; and few expensive ones run at the same time.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use async_graphql::Value;
use async_graphql::extensions::ResolveInfo;

use crate::document::price::Price;
use crate::shares::{Group, Share, Shares, Sizes};

/// The most bytes in an answer, as JSON.
pub const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;
/// From this cost on, an operation is expensive.
pub const EXPENSIVE_COST: usize = 2_000;
/// The most expensive operations that are executed at the same time.
pub const MAX_EXPENSIVE: usize = 4;
/// The most of them that are of one group.
pub const MAX_EXPENSIVE_OF_GROUP: usize = 2;
/// The most of them that are of one party of a group.
pub const MAX_EXPENSIVE_OF_PARTY: usize = 1;
/// Fields that are resolved between two pauses: a few milliseconds.
const FIELDS_PER_TURN: usize = 1_024;
/// For quotes, a colon and a comma.
const PUNCTUATION_BYTES: usize = 4;

/// Limits expensive operations at one server: a group has at most half of them, and a
/// party one.
#[derive(Clone)]
pub struct ExpensiveLimit(Shares);

impl Default for ExpensiveLimit {
    fn default() -> Self {
        Self(Shares::new(Sizes {
            all: MAX_EXPENSIVE,
            group: MAX_EXPENSIVE_OF_GROUP,
            party: MAX_EXPENSIVE_OF_PARTY,
        }))
    }
}

impl ExpensiveLimit {
    /// Waits for a place, if the operation needs one.
    pub async fn take(&self, price: Option<&Price>, group: Group) -> Option<Share> {
        price.filter(|price| price.cost >= EXPENSIVE_COST)?;
        self.0.take(group).await
    }
}

/// How far an execution has come.
#[derive(Debug, Default)]
pub struct Progress {
    /// Fields that may still be resolved before the next pause.
    fields_left: AtomicUsize,
    /// Of the answer, as far as it is known.
    bytes: AtomicUsize,
}

impl Progress {
    /// Executes with pauses. Counting begins anew: a subscription has an
    /// execution for each of its events.
    pub async fn paced<T>(&self, execution: impl Future<Output = T>) -> T {
        self.bytes.store(0, Ordering::Relaxed);
        let mut execution = pin!(execution);
        poll_fn(|cx| {
            self.fields_left.store(FIELDS_PER_TURN, Ordering::Relaxed);
            execution.as_mut().poll(cx)
        })
        .await
    }

    /// Lets a field be resolved, after the pause if one is due. Fields are
    /// resolved side by side in one task: until it has paused, all of them wait.
    pub async fn turn(&self) {
        let take = |left: usize| left.checked_sub(1);
        poll_fn(|cx| {
            let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
            match self.fields_left.fetch_update(set, get, take) {
                Ok(_) => Poll::Ready(()),
                Err(_) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            }
        })
        .await;
    }

    /// Counts a resolved field.
    pub fn add(&self, field: &Resolved, value: Option<&Value>) {
        let bytes = field.key_bytes + value.map_or(0, |value| field.value_bytes(value));
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether the answer is larger than an answer may be.
    pub fn is_too_large(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) > MAX_RESPONSE_BYTES
    }
}

/// What is counted of a field once its value is known.
pub struct Resolved {
    key_bytes: usize,
    is_leaf: bool,
}

impl Resolved {
    /// Of a field, or of an item of a list.
    pub fn new(info: &ResolveInfo<'_>) -> Self {
        let selects_nothing = info.field.selection_set.node.items.is_empty();
        Self {
            key_bytes: info.alias.unwrap_or(info.name).len() + PUNCTUATION_BYTES,
            // The items of a list were resolved, and counted, one by one.
            is_leaf: selects_nothing && !info.return_type.starts_with('['),
        }
    }

    fn value_bytes(&self, value: &Value) -> usize {
        let mut count = Count(0);
        if self.is_leaf && serde_json::to_writer(&mut count, value).is_ok() {
            return count.0;
        }
        PUNCTUATION_BYTES
    }
}

/// Counts what is written.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
