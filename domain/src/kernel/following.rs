//! Reading the end of a tenant's log once for all in this process who follow it.
//!
//! One task for each tenant that is followed reads what is new, when this process commits
//! for the tenant and once a second for what other processes commit. Followers filter it in
//! memory: while nothing that concerns them happens, they ask the database nothing.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use tokio::time::timeout;

use crate::entity::event;
use crate::error::Result;
use crate::ids::TenantId;
use crate::kernel::engine::Engine;
use crate::kernel::tail::{MOST_KEPT, Tail, TailSender, Window};

/// How long to wait for a commit of this process, before looking for those of others.
const POLL: Duration = Duration::from_secs(1);

/// How long to wait at most for a database that goes on failing.
const LONGEST_POLL: Duration = Duration::from_secs(30);

/// The end of a tenant's log, read from now on if nobody followed it.
pub fn follow(engine: &Engine, tenant: TenantId) -> Tail {
    let (tail, sender) = engine.tails.of(tenant);
    if let Some(sender) = sender {
        tokio::spawn(read(engine.clone(), tenant, sender));
    }
    tail
}

/// Reads the end of a log for as long as somebody follows it.
async fn read(engine: Engine, tenant: TenantId, sender: Arc<TailSender>) {
    let mut wake = engine.wake_of(tenant);
    let mut patience = POLL;
    while !engine.tails.forget_unfollowed(tenant, &sender) {
        // Marked before looking, so that nothing is missed in between.
        wake.mark_unchanged();
        let earlier = sender.borrow().clone();
        match look(&engine, tenant, earlier.as_deref()).await {
            Ok(None) => patience = POLL,
            Ok(Some(window)) => {
                patience = POLL;
                sender.send_replace(Some(Arc::new(window)));
                continue;
            }
            Err(error) => {
                tracing::warn!(?error, %tenant, "the log cannot be followed now");
                // A commit here shows that the database answers again.
                let _ = timeout(patience, wake.changed()).await;
                patience = (patience * 2).min(LONGEST_POLL);
                continue;
            }
        }
        // A hint or the time: either way, look again.
        let _ = timeout(POLL, wake.changed()).await;
    }
}

/// The window as it is now; `None` where nothing was added to it.
async fn look(
    engine: &Engine,
    tenant: TenantId,
    earlier: Option<&Window>,
) -> Result<Option<Window>> {
    let head = engine.tenant(tenant).await?;
    let Some(earlier) = earlier.filter(|earlier| earlier.head().epoch == head.epoch) else {
        return Ok(Some(Window::at(head)));
    };
    if head.last_position == earlier.head().last_position {
        return Ok(None);
    }
    let missing = head.last_position - earlier.head().last_position;
    if usize::try_from(missing).map_or(true, |missing| missing > MOST_KEPT) {
        return Ok(Some(Window::at(head)));
    }
    let mut window = earlier.clone();
    let scope = engine.system_at(&head);
    let events = event::Entity::find()
        .filter(event::Column::TenantId.eq(tenant))
        .filter(event::Column::Position.gt(earlier.head().last_position))
        .order_by_asc(event::Column::Position)
        .limit(MOST_KEPT as u64);
    let events = events.all(&scope.read().await?).await;
    scope.end_read().await;
    window.advance(head, events?);
    Ok(Some(window))
}
