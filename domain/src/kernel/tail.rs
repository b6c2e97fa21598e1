//! The end of a tenant's log as those who follow it in this process share it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::watch;

use crate::entity::{event, tenant};
use crate::ids::TenantId;

/// How many of the newest facts are kept. A follower that is further behind reads the
/// database.
pub(crate) const MOST_KEPT: usize = 512;

/// The newest facts of a log, and its head as it was with the last of them.
#[derive(Clone, Debug)]
pub struct Window {
    head: tenant::Model,
    /// Without gaps, up to the end of the log.
    events: VecDeque<Arc<event::Model>>,
}

impl Window {
    /// None of the facts that are there already.
    pub(crate) fn at(head: tenant::Model) -> Self {
        let events = VecDeque::new();
        Self { head, events }
    }

    /// The tenant, as it was with the last fact.
    pub fn head(&self) -> &tenant::Model {
        &self.head
    }

    /// The facts after a position of the log's present epoch, or `None` where some of them
    /// are kept no more.
    pub fn after(&self, position: i64) -> Option<impl Iterator<Item = &Arc<event::Model>>> {
        let end = self.head.last_position;
        let missing = usize::try_from(end - position).unwrap_or_default();
        let known = self.events.len().checked_sub(missing)?;
        Some(self.events.iter().skip(known))
    }

    /// Adds the facts that follow, and the head as it was read before them. Facts after
    /// that head are left for the next time.
    pub(crate) fn advance(&mut self, head: tenant::Model, events: Vec<event::Model>) {
        let end = head.last_position;
        let known = events.into_iter().filter(|event| event.position <= end);
        self.events.extend(known.map(Arc::new));
        let surplus = self.events.len().saturating_sub(MOST_KEPT);
        self.events.drain(..surplus);
        self.head = head;
    }
}

/// What a follower waits for: the window, from when it was first read.
pub type Tail = watch::Receiver<Option<Arc<Window>>>;

/// Where whoever reads a log puts its window.
pub(crate) type TailSender = watch::Sender<Option<Arc<Window>>>;

/// The tails of one process. Each belongs to the task that reads it.
#[derive(Clone, Default)]
pub(crate) struct Tails(Arc<Mutex<HashMap<TenantId, Weak<TailSender>>>>);

impl Tails {
    /// The tail of a tenant's log; with where to put it, if nobody reads it yet.
    pub(crate) fn of(&self, tenant: TenantId) -> (Tail, Option<Arc<TailSender>>) {
        let mut tails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = tails.get(&tenant).and_then(Weak::upgrade) {
            return (sender.subscribe(), None);
        }
        let (sender, tail) = watch::channel(None);
        let sender = Arc::new(sender);
        tails.insert(tenant, Arc::downgrade(&sender));
        (tail, Some(sender))
    }

    /// Forgets a tail that nobody follows any more, and tells whether it did.
    pub(crate) fn forget_unfollowed(&self, tenant: TenantId, sender: &TailSender) -> bool {
        let mut tails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = sender.receiver_count() == 0;
        if is_over {
            tails.remove(&tenant);
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::clock::Moment;
    use crate::ids::EventId;

    fn head(last_position: i64) -> tenant::Model {
        tenant::Model {
            id: TenantId::new(),
            name: "Acme".to_owned(),
            kind: tenant::Kind::Live,
            clock_at: None,
            last_position,
            last_at: Moment(0),
            epoch: 0,
            created_at: Moment(0),
        }
    }

    fn facts(positions: std::ops::RangeInclusive<i64>) -> Vec<event::Model> {
        let fact = |position| event::Model {
            tenant_id: TenantId::new(),
            position,
            id: EventId::new(),
            kind: "deal.opened".to_owned(),
            version: 1,
            subject: String::new(),
            partner_id: None,
            deal_id: None,
            data: String::new(),
            actor: Actor::System,
            occurred_at: Moment(0),
        };
        positions.map(fact).collect()
    }

    fn after(window: &Window, position: i64) -> Option<Vec<i64>> {
        let events = window.after(position)?;
        Some(events.map(|event| event.position).collect())
    }

    #[test]
    fn what_is_kept_is_told_and_what_is_not_is_known() {
        let mut window = Window::at(head(5));
        assert_eq!(after(&window, 5), Some(vec![]));
        assert_eq!(after(&window, 4), None);
        // A commit between the two reads waits for its own head.
        window.advance(head(7), facts(6..=8));
        assert_eq!(after(&window, 5), Some(vec![6, 7]));
        assert_eq!(after(&window, 6), Some(vec![7]));
        assert_eq!(after(&window, 9), Some(vec![]));
        let most = i64::try_from(MOST_KEPT).unwrap();
        window.advance(head(7 + most), facts(8..=7 + most));
        assert_eq!(after(&window, 6), None);
        let all = after(&window, 7).unwrap();
        assert_eq!((all.len(), all[0]), (MOST_KEPT, 8));
    }
}
