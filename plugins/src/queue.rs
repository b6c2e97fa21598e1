//! Whose job is next: first in, first out within a tenant, and turns between
//! tenants.

use std::collections::{HashMap, VecDeque};

use tributary_domain::ids::TenantId;

/// Jobs that wait, and how many of each tenant run.
///
/// The next job is of the tenant that has the fewest running; among several, of
/// the one that was served longest ago. So whatever one tenant has in the queue,
/// another's first job goes before all of it.
pub struct TenantQueue<J> {
    most_queued: usize,
    most_running: usize,
    tenants: HashMap<TenantId, Line<J>>,
    /// Tenants with waiting jobs, the one served longest ago first.
    turns: VecDeque<TenantId>,
    next_ticket: u64,
    queued: usize,
    running: usize,
}

struct Line<J> {
    waiting: VecDeque<(Ticket, J)>,
    running: usize,
}

/// Which job it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// The tenant has as many jobs in the queue as it may.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

impl<J> TenantQueue<J> {
    /// A queue in which each tenant may have `most_queued` jobs waiting, and
    /// `most_running` running.
    pub fn new(most_queued: usize, most_running: usize) -> Self {
        Self {
            most_queued,
            most_running,
            tenants: HashMap::new(),
            turns: VecDeque::new(),
            next_ticket: 0,
            queued: 0,
            running: 0,
        }
    }

    /// Jobs that wait.
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// Jobs that were taken and are not done.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Puts a job behind the others of its tenant.
    pub fn push(&mut self, tenant: TenantId, job: J) -> Result<Ticket, Full> {
        let line = self.tenants.entry(tenant).or_insert_with(|| Line {
            waiting: VecDeque::new(),
            running: 0,
        });
        if line.waiting.len() >= self.most_queued {
            return Err(Full);
        }
        if line.waiting.is_empty() {
            self.turns.push_back(tenant);
        }
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        line.waiting.push_back((ticket, job));
        self.queued += 1;
        Ok(ticket)
    }

    /// Takes the next job out, if there is one that may run now. Whoever takes
    /// it says when it is [`done`](Self::done).
    pub fn take(&mut self) -> Option<(TenantId, J)> {
        let running = |tenant: &TenantId| self.tenants.get(tenant).map_or(0, |line| line.running);
        let turns = self.turns.iter().enumerate();
        let (at, least) = turns
            .map(|(at, tenant)| (at, running(tenant)))
            .min_by_key(|(_, running)| *running)?;
        if least >= self.most_running {
            return None;
        }
        let tenant = self.turns.remove(at)?;
        let line = self.tenants.get_mut(&tenant)?;
        let (_, job) = line.waiting.pop_front()?;
        line.running += 1;
        if !line.waiting.is_empty() {
            self.turns.push_back(tenant);
        }
        self.queued -= 1;
        self.running += 1;
        Some((tenant, job))
    }

    /// Tells that a job of the tenant has ended.
    pub fn done(&mut self, tenant: TenantId) {
        self.running -= 1;
        if let Some(line) = self.tenants.get_mut(&tenant) {
            line.running -= 1;
        }
        self.forget_idle(tenant);
    }

    /// Takes a job out that nobody wants any more, unless it was taken already.
    pub fn cancel(&mut self, tenant: TenantId, ticket: Ticket) -> Option<J> {
        let line = self.tenants.get_mut(&tenant)?;
        let at = line.waiting.iter().position(|(held, _)| *held == ticket)?;
        let (_, job) = line.waiting.remove(at)?;
        self.queued -= 1;
        if line.waiting.is_empty() {
            self.turns.retain(|waiting| *waiting != tenant);
        }
        self.forget_idle(tenant);
        Some(job)
    }

    fn forget_idle(&mut self, tenant: TenantId) {
        let line = self.tenants.get(&tenant);
        if line.is_some_and(|line| line.running == 0 && line.waiting.is_empty()) {
            self.tenants.remove(&tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: usize = 1_000;

    /// Takes the next job, and ends it.
    fn run(queue: &mut TenantQueue<&'static str>) -> Option<&'static str> {
        let (tenant, job) = queue.take()?;
        queue.done(tenant);
        Some(job)
    }

    #[test]
    fn tenants_take_turns_and_each_keeps_its_order() {
        let mut queue = TenantQueue::new(MANY, MANY);
        let (acme, rival) = (TenantId::new(), TenantId::new());
        for (tenant, job) in [
            (acme, "a1"),
            (acme, "a2"),
            (acme, "a3"),
            (rival, "r1"),
            (rival, "r2"),
        ] {
            queue.push(tenant, job).unwrap();
        }
        let order: Vec<_> = std::iter::from_fn(|| run(&mut queue)).collect();
        assert_eq!(order, ["a1", "r1", "a2", "r2", "a3"]);
        assert!(queue.tenants.is_empty() && queue.turns.is_empty());
    }

    /// However much a tenant has in line and running, another's first job is next.
    #[test]
    fn a_newcomer_is_next() {
        let mut queue = TenantQueue::new(MANY, MANY);
        let (acme, rival) = (TenantId::new(), TenantId::new());
        for _ in 0..100 {
            queue.push(acme, "a").unwrap();
        }
        for _ in 0..2 {
            assert_eq!(queue.take(), Some((acme, "a")));
        }
        queue.push(rival, "r").unwrap();
        queue.done(acme);
        assert_eq!(queue.take(), Some((rival, "r")));
        assert_eq!((queue.queued(), queue.running()), (98, 2));
    }

    #[test]
    fn a_tenant_runs_no_more_than_it_may() {
        let mut queue = TenantQueue::new(MANY, 1);
        let (acme, rival) = (TenantId::new(), TenantId::new());
        for job in ["a1", "a2"] {
            queue.push(acme, job).unwrap();
        }
        assert_eq!(queue.take(), Some((acme, "a1")));
        assert_eq!(queue.take(), None, "the place is kept for others");
        queue.push(rival, "r1").unwrap();
        assert_eq!(queue.take(), Some((rival, "r1")));
        queue.done(acme);
        assert_eq!(queue.take(), Some((acme, "a2")));
    }

    #[test]
    fn a_full_line_is_full_for_its_tenant_alone() {
        let mut queue = TenantQueue::new(2, MANY);
        let (acme, rival) = (TenantId::new(), TenantId::new());
        let first = queue.push(acme, "a1").unwrap();
        queue.push(acme, "a2").unwrap();
        assert_eq!(queue.push(acme, "a3"), Err(Full));
        queue.push(rival, "r1").unwrap();
        assert_eq!(queue.cancel(acme, first), Some("a1"));
        queue.push(acme, "a3").unwrap();
        let order: Vec<_> = std::iter::from_fn(|| run(&mut queue)).collect();
        assert_eq!(order, ["a2", "r1", "a3"]);
    }

    #[test]
    fn what_nobody_wants_any_more_leaves_no_trace() {
        let mut queue = TenantQueue::new(MANY, MANY);
        let acme = TenantId::new();
        let ticket = queue.push(acme, "a1").unwrap();
        assert_eq!(queue.cancel(acme, ticket), Some("a1"));
        assert_eq!(queue.cancel(acme, ticket), None);
        assert_eq!(queue.take(), None);
        let taken = queue.push(acme, "a2").unwrap();
        assert!(queue.take().is_some());
        assert_eq!(queue.cancel(acme, taken), None, "it runs");
        queue.done(acme);
        assert_eq!((queue.queued(), queue.running()), (0, 0));
        assert!(queue.tenants.is_empty() && queue.turns.is_empty());
    }
}
