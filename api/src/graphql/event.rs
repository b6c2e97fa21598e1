//! The log, and following deals in it.

use async_graphql::{Context, Description, ID, Object, Subscription};
use futures_util::TryFutureExt;
use futures_util::stream::{self, Stream, TryStreamExt};
use tokio::sync::watch;
use tokio::time::{Duration, timeout};
use tributary_domain::entity::event;
use tributary_domain::ids::{DealId, EventId, Noun};
use tributary_domain::scope::Scope;
use tributary_domain::{events, tenants};

use super::context::{Beside, id, wraps};
use super::deal::Deal;
use super::error::{ApiError, ApiResult, alone};
use super::pages::{Slice, cost};
use super::scalars::{DateTime, Json, Position};

/// How long a follower waits for a hint that this process wrote something,
/// before it looks for what other processes wrote.
const POLL: Duration = Duration::from_secs(1);

/// One fact in the tenant's log.
#[derive(Description)]
pub struct Event(pub event::Model);
wraps!(Event, event::Model);

#[Object(use_type_description)]
impl Event {
    /// Its id, `evt_…`.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its place in the log. Give it as `after` to go on from here.
    async fn position(&self) -> Position {
        Position(self.0.position)
    }

    /// What happened, as `deal.closed_won`.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// The id of what it happened to.
    async fn subject(&self) -> ID {
        self.0.subject.clone().into()
    }

    /// The deal that it concerns; null where it concerns none.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        Ok(ctx.loaders().maybe(self.0.deal_id).await?.map(Deal))
    }

    /// The facts. Null for a partner's key: they may be about other partners.
    async fn data(&self, ctx: &Context<'_>) -> Option<Json> {
        let staff = ctx.scope().partner().is_none();
        staff.then(|| Json::stored(&self.0.data))
    }

    /// Who did it. Null for a partner's key.
    async fn actor(&self, ctx: &Context<'_>) -> Option<&str> {
        let staff = ctx.scope().partner().is_none();
        staff.then_some(&*self.0.actor)
    }

    /// When, on the tenant's clock.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.0.occurred_at)
    }
}

/// Reading the log.
#[derive(Default)]
pub struct EventQueries;

#[Object]
impl EventQueries {
    /// The tenant's log after a position, oldest first. For keys that may read
    /// the books.
    #[graphql(complexity = "cost(first, None, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 20 if not given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this position; from the start, if not given.")]
        after: Option<Position>,
    ) -> Option<ApiResult<Vec<Event>>> {
        let page = async {
            let limit = Slice::forward(first, None).window::<EventId>()?.limit;
            let after = after.map_or(0, |position| position.0);
            let events = events::after(ctx.scope(), after, limit).await?;
            Ok(events.into_iter().map(Event).collect())
        };
        alone(page.await)
    }
}

/// Following the log.
#[derive(Default)]
pub struct EventSubscriptions;

#[Subscription]
impl EventSubscriptions {
    /// What happens to a deal, in the order of the log, without gaps or
    /// repetitions. To go on after a pause, give the last position you saw.
    /// Ends with an error when the deal cannot be seen, or no longer.
    async fn deal_status_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The deal; all deals, if not given, for keys that may read the books.")]
        deal_id: Option<ID>,
        #[graphql(desc = "Only what comes after this position; from now on, if not given.")]
        after: Option<Position>,
    ) -> impl Stream<Item = ApiResult<Event>> + use<> {
        let follower = Follower::start(ctx.scope().clone(), deal_id, after);
        follower.map_ok(Follower::events).try_flatten_stream()
    }
}

/// A reader of the log that remembers how far it came.
struct Follower {
    scope: Scope,
    deal: Option<DealId>,
    position: i64,
    wake: watch::Receiver<u64>,
}

impl Follower {
    async fn start(scope: Scope, deal: Option<ID>, after: Option<Position>) -> ApiResult<Self> {
        let deal = deal.map(|text| id(Noun::Deal, &text)).transpose()?;
        let position = match after {
            Some(Position(position)) => position,
            None => tenants::current(&scope).await?.last_position,
        };
        let wake = scope.engine().wake();
        Ok(Self {
            scope,
            deal,
            position,
            wake,
        })
    }

    fn events(self) -> impl Stream<Item = ApiResult<Event>> {
        stream::try_unfold(self, |mut follower| async move {
            let page = follower.next().await?;
            let page = stream::iter(page.into_iter().map(Event).map(Ok));
            Ok::<_, ApiError>(Some((page, follower)))
        })
        .try_flatten()
    }

    /// The next page that is not empty, however long it takes to come.
    async fn next(&mut self) -> ApiResult<Vec<event::Model>> {
        loop {
            // Marked before looking, so that nothing is missed in between.
            self.wake.mark_unchanged();
            let page = match self.deal {
                Some(deal) => events::of_deal_after(&self.scope, deal, self.position).await?,
                None => events::of_deals_after(&self.scope, self.position).await?,
            };
            if let Some(newest) = page.last() {
                self.position = newest.position;
                return Ok(page);
            }
            // A hint or the time: either way, look again.
            let _ = timeout(POLL, self.wake.changed()).await;
        }
    }
}
