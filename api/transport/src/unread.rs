//! Answers that wait for their clients: a client may read slowly, or not at all, and
//! what waits for it takes memory. So little of it may be large.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_graphql::Request;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::bounds::Group;

/// Answers of fewer bytes are not counted: connections and operations are.
const SMALL: usize = 16 * 1024;

/// The most bytes of larger answers that wait for their clients, at one server.
pub const MAX_UNREAD_BYTES: usize = 256 * 1024 * 1024;

/// The most of them that are of one group.
pub const MAX_UNREAD_BYTES_OF_GROUP: usize = 64 * 1024 * 1024;

/// Room for answers that wait, at one server; a group has a quarter of it.
#[derive(Clone)]
pub struct Unread {
    all: Arc<Semaphore>,
    of_group: usize,
    /// Of the groups of which something waits.
    groups: Arc<Mutex<HashMap<Group, Weak<Semaphore>>>>,
}

/// The room of one answer, given back when dropped.
#[derive(Debug)]
pub struct Room {
    _of_group: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for Unread {
    fn default() -> Self {
        Self::new(MAX_UNREAD_BYTES, MAX_UNREAD_BYTES_OF_GROUP)
    }
}

impl Unread {
    /// Room for so many bytes, and so many of one group.
    pub fn new(all: usize, of_group: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all)),
            of_group,
            groups: Arc::default(),
        }
    }

    /// Takes room for an answer of so many bytes; a small one needs none.
    ///
    /// # Errors
    ///
    /// Where there is not as much.
    pub fn take(&self, bytes: usize, group: Group) -> Result<Option<Room>, NoRoom> {
        if bytes < SMALL {
            return Ok(None);
        }
        let bytes = u32::try_from(bytes).map_err(|_| NoRoom)?;
        let take = |from: Arc<Semaphore>| from.try_acquire_many_owned(bytes).map_err(|_| NoRoom);
        Ok(Some(Room {
            _of_group: take(self.of_group(group))?,
            _of_all: take(self.all.clone())?,
        }))
    }

    fn of_group(&self, group: Group) -> Arc<Semaphore> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        groups.retain(|_, room| room.strong_count() > 0);
        let room = groups.get(&group).and_then(Weak::upgrade);
        room.unwrap_or_else(|| {
            let room = Arc::new(Semaphore::new(self.of_group));
            groups.insert(group, Arc::downgrade(&room));
            room
        })
    }
}

/// The room that answers to one request may take.
#[derive(Clone)]
pub struct Budget {
    unread: Unread,
    group: Group,
}

impl Budget {
    /// That of a request.
    pub fn of(unread: &Unread, request: &Request) -> Self {
        Self {
            unread: unread.clone(),
            group: Group::of(&request.data),
        }
    }

    /// Takes room for an answer of so many bytes.
    ///
    /// # Errors
    ///
    /// Where there is not as much.
    pub fn take(&self, bytes: usize) -> Result<Option<Room>, NoRoom> {
        self.unread.take(bytes, self.group)
    }
}

/// Too much waits for clients that do not read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRoom;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_leaves_room_to_others() {
        let unread = Unread::new(4 * SMALL, 2 * SMALL);
        let take = |group| unread.take(SMALL, Group(group));
        let (first, second) = (take(1), take(1));
        assert!(matches!((&first, &second), (Ok(Some(_)), Ok(Some(_)))));
        assert!(take(1).is_err(), "it has what it may have");
        assert!(matches!(unread.take(SMALL - 1, Group(1)), Ok(None)));
        let others = (take(2), take(3));
        assert!(matches!(others, (Ok(Some(_)), Ok(Some(_)))));
        assert!(take(4).is_err(), "all is taken");
        drop(first);
        assert!(take(4).is_ok());
    }
}
