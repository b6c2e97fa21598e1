//! Answers that wait for their clients: a client may read slowly, or not at all, and
//! what waits for it takes memory. So little of it may be large.

use async_graphql::Request;

use crate::shares::{Group, Share, Shares, Sizes};

/// Answers of fewer bytes are not counted: connections and operations are.
const SMALL_ANSWER_BYTES: usize = 16 * 1024;

/// The most bytes of larger answers that wait for their clients, at one server.
pub const MAX_UNREAD_BYTES: usize = 256 * 1024 * 1024;

/// The most of them that are of one group.
pub const MAX_UNREAD_BYTES_OF_GROUP: usize = 64 * 1024 * 1024;

/// The most of them that are of one party of a group.
pub const MAX_UNREAD_BYTES_OF_PARTY: usize = 16 * 1024 * 1024;

/// Room for answers that wait, at one server.
#[derive(Clone)]
pub struct Unread(Shares);

impl Default for Unread {
    fn default() -> Self {
        Self(Shares::new(Sizes {
            all: MAX_UNREAD_BYTES,
            group: MAX_UNREAD_BYTES_OF_GROUP,
            party: MAX_UNREAD_BYTES_OF_PARTY,
        }))
    }
}

impl Unread {
    /// Takes room for an answer of so many bytes; a small one needs none.
    ///
    /// # Errors
    ///
    /// Where there is not as much.
    pub fn take(&self, bytes: usize, group: Group) -> Result<Option<Share>, NoRoom> {
        if bytes < SMALL_ANSWER_BYTES {
            return Ok(None);
        }
        let bytes = u32::try_from(bytes).map_err(|_| NoRoom)?;
        self.0.try_take(bytes, group).map(Some).ok_or(NoRoom)
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
    pub fn take(&self, bytes: usize) -> Result<Option<Share>, NoRoom> {
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
    fn small_answers_need_no_room() {
        let unread = Unread::default();
        let group = Group {
            group: 1,
            party: Some(1),
        };
        let large = unread.take(MAX_UNREAD_BYTES_OF_PARTY, group);
        assert!(matches!(large, Ok(Some(_))));
        assert!(unread.take(SMALL_ANSWER_BYTES, group).is_err());
        assert!(matches!(
            unread.take(SMALL_ANSWER_BYTES - 1, group),
            Ok(None)
        ));
    }
}
