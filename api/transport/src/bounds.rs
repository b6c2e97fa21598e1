//! What one execution may take: it pauses regularly, so that it can be ended and
//! others run meanwhile; its answer has a largest size, which is counted while it
//! is built; and few expensive ones run at the same time.

use std::any::TypeId;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::Poll;

use async_graphql::extensions::ResolveInfo;
use async_graphql::{Data, Value};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::document::price::Price;

/// The most bytes in an answer, as JSON.
pub const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;
/// From this cost on, an operation is expensive.
pub const EXPENSIVE_COST: usize = 2_000;
/// The most expensive operations that are executed at the same time.
pub const MAX_EXPENSIVE: usize = 4;
/// The most of them that are of one group.
pub const MAX_EXPENSIVE_OF_GROUP: usize = 2;
/// Fields that are resolved between two pauses: a few milliseconds.
const FIELDS_PER_TURN: usize = 1_024;
/// For quotes, a colon and a comma.
const PUNCTUATION_BYTES: usize = 4;

/// Who shares what a server can do: callers of one group stand in one line. The
/// gateway's `admit` puts it beside a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Group(pub u128);

impl Group {
    /// The group of a request.
    pub fn of(data: &Data) -> Self {
        let group = data.get(&TypeId::of::<Self>());
        let group = group.and_then(|group| group.downcast_ref::<Self>());
        group.copied().unwrap_or_default()
    }
}

/// Places for expensive executions, at one server.
///
/// A group has at most half of them, and as many of its own wait for one: whatever
/// else it asks for, another's first is behind no more than that.
#[derive(Clone)]
pub struct ExpensivePlaces {
    all: Arc<Semaphore>,
    /// Of the groups that have or want a place.
    groups: Arc<Mutex<HashMap<Group, Weak<Semaphore>>>>,
}

/// A place, given back when dropped.
pub struct ExpensivePlace {
    _of_group: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for ExpensivePlaces {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(MAX_EXPENSIVE)),
            groups: Arc::default(),
        }
    }
}

impl ExpensivePlaces {
    /// Waits for a place, if the operation needs one.
    pub async fn take(&self, price: Option<&Price>, group: Group) -> Option<ExpensivePlace> {
        price.filter(|price| price.cost >= EXPENSIVE_COST)?;
        let of_group = self.of_group(group).acquire_owned().await.ok()?;
        let of_all = self.all.clone().acquire_owned().await.ok()?;
        Some(ExpensivePlace {
            _of_group: of_group,
            _of_all: of_all,
        })
    }

    fn of_group(&self, group: Group) -> Arc<Semaphore> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.retain(|_, places| places.strong_count() > 0);
        let places = groups.get(&group).and_then(Weak::upgrade);
        places.unwrap_or_else(|| {
            let places = Arc::new(Semaphore::new(MAX_EXPENSIVE_OF_GROUP));
            groups.insert(group, Arc::downgrade(&places));
            places
        })
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_group_leaves_places_to_others() {
        let places = ExpensivePlaces::default();
        let price = Price {
            cost: EXPENSIVE_COST,
            ..Price::default()
        };
        let take = |group| {
            places
                .take(Some(&price), Group(group))
                .now_or_never()
                .flatten()
        };
        let (first, second) = (take(1), take(1));
        assert!(first.is_some() && second.is_some());
        assert!(take(1).is_none(), "it has what it may have");
        let others = (take(2), take(3));
        assert!(others.0.is_some() && others.1.is_some());
        assert!(take(4).is_none(), "all are taken");

        // Of many that wait, one of another group is behind two.
        let mut greedy: Vec<_> = (0..10)
            .map(|_| Box::pin(places.take(Some(&price), Group(1))))
            .collect();
        for waiting in &mut greedy {
            assert!(waiting.as_mut().now_or_never().is_none());
        }
        let mut neighbour = Box::pin(places.take(Some(&price), Group(4)));
        assert!(neighbour.as_mut().now_or_never().is_none());
        drop(others.0);
        assert!(neighbour.as_mut().now_or_never().is_some());
        drop((first, second, others.1, greedy, neighbour));

        let cheap = Price::default();
        assert!(places.take(Some(&cheap), Group(1)).await.is_none());
        drop(take(5));
        let groups = places.groups.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(groups.len() <= 1, "groups that are gone are forgotten");
    }
}
