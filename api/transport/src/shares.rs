//! What a server can do at one time, shared out: a group of callers has a part of it at
//! most, and a party within the group, which is not its own people, a part of that, so
//! that each leaves room to others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_graphql::Data;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::beside;

/// Who shares what a server can do. The gateway's `authenticate` puts it beside a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Group {
    /// The callers who share a part of the server.
    pub group: u128,
    /// Those of them who share a part of that; none for the group's own people.
    pub party: Option<u128>,
}

impl Group {
    /// The group of a request.
    pub fn of(data: &Data) -> Self {
        beside(data).copied().unwrap_or_default()
    }
}

/// How many units there are, and how many of them one group and one party may hold.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Of everybody together.
    pub all: usize,
    /// Of one group.
    pub group: usize,
    /// Of one party.
    pub party: usize,
}

/// Units of something that a server has little of.
#[derive(Clone)]
pub struct Shares {
    sizes: Sizes,
    all: Arc<Semaphore>,
    groups: Parts<u128>,
    parties: Parts<Group>,
}

/// Units that somebody holds, given back when dropped.
#[derive(Debug)]
pub struct Share {
    _of_party: Option<OwnedSemaphorePermit>,
    _of_group: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Shares {
    /// So many units.
    pub fn new(sizes: Sizes) -> Self {
        Self {
            sizes,
            all: Arc::new(Semaphore::new(sizes.all)),
            groups: Parts::default(),
            parties: Parts::default(),
        }
    }

    /// Takes units, if there are as many now.
    pub fn try_take(&self, units: u32, of: Group) -> Option<Share> {
        let take = |from: Arc<Semaphore>| from.try_acquire_many_owned(units).ok();
        let (party, group) = self.parts(of);
        Some(Share {
            _of_party: match party {
                Some(party) => Some(take(party)?),
                None => None,
            },
            _of_group: take(group)?,
            _of_all: take(self.all.clone())?,
        })
    }

    /// Waits for a unit: within its party first, so that whatever else a party asks for,
    /// another's first is behind no more than what one party may hold.
    pub async fn take(&self, of: Group) -> Option<Share> {
        let (party, group) = self.parts(of);
        Some(Share {
            _of_party: match party {
                Some(party) => Some(party.acquire_owned().await.ok()?),
                None => None,
            },
            _of_group: group.acquire_owned().await.ok()?,
            _of_all: self.all.clone().acquire_owned().await.ok()?,
        })
    }

    fn parts(&self, of: Group) -> (Option<Arc<Semaphore>>, Arc<Semaphore>) {
        let party = of.party.map(|_| self.parties.of(of, self.sizes.party));
        (party, self.groups.of(of.group, self.sizes.group))
    }
}

/// The semaphores of those who hold units or wait for some.
#[derive(Clone, Default)]
struct Parts<K>(Arc<Mutex<HashMap<K, Weak<Semaphore>>>>);

impl<K: Eq + std::hash::Hash> Parts<K> {
    fn of(&self, key: K, size: usize) -> Arc<Semaphore> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.retain(|_, part| part.strong_count() > 0);
        let known = parts.get(&key).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let part = Arc::new(Semaphore::new(size));
            parts.insert(key, Arc::downgrade(&part));
            part
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const SIZES: Sizes = Sizes {
        all: 8,
        group: 4,
        party: 2,
    };

    fn of(group: u128, party: u128) -> Group {
        let party = Some(party);
        Group { group, party }
    }

    #[test]
    fn whoever_has_its_part_leaves_the_rest_to_others() {
        let shares = Shares::new(SIZES);
        let first = shares.try_take(2, of(1, 1));
        assert!(first.is_some());
        assert!(
            shares.try_take(1, of(1, 1)).is_none(),
            "the party has its part"
        );
        let second = shares.try_take(2, of(1, 2));
        assert!(second.is_some(), "another party of the group has its own");
        assert!(
            shares.try_take(1, of(1, 3)).is_none(),
            "the group has its part"
        );
        let others = (shares.try_take(2, of(2, 1)), shares.try_take(2, of(3, 1)));
        assert!(others.0.is_some() && others.1.is_some());
        assert!(shares.try_take(1, of(4, 1)).is_none(), "all is taken");
        drop(first);
        let own = |group| Group { group, party: None };
        assert!(shares.try_take(2, own(1)).is_some(), "nobody's party");
        assert!(shares.try_take(3, own(1)).is_none(), "but of the group");
        assert!(shares.try_take(1, of(4, 1)).is_some());
    }

    #[test]
    fn many_that_wait_are_behind_one_another_and_not_before_others() {
        let shares = Shares::new(SIZES);
        let held = [of(1, 1), of(1, 2), of(2, 1), of(3, 1)].map(|of| shares.try_take(2, of));
        assert!(held.iter().all(Option::is_some));
        let mut greedy: Vec<_> = (0..10).map(|_| Box::pin(shares.take(of(1, 1)))).collect();
        for waiting in &mut greedy {
            assert!(waiting.as_mut().now_or_never().is_none());
        }
        let mut neighbour = Box::pin(shares.take(of(4, 1)));
        assert!(neighbour.as_mut().now_or_never().is_none());
        let [first, second, third, fourth] = held;
        drop(third);
        assert!(neighbour.as_mut().now_or_never().flatten().is_some());
        drop((first, second, fourth, greedy, neighbour));
        drop(shares.try_take(1, of(5, 1)));
        let known = shares
            .parties
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        assert!(known.len() <= 1, "who is gone is forgotten");
    }
}
