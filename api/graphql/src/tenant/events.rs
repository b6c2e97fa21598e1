//! The log, and following deals in it.

use async_graphql::{Context, Description, Enum, ID, Object, Subscription};
use futures_util::stream::{self, Stream, TryStreamExt};
use futures_util::{TryFutureExt, future};
use std::time::UNIX_EPOCH;

use metrics::histogram;
use tokio::time::{Duration, sleep};
use tributary_domain::entity::event;
use tributary_domain::error::{Error, Result};
use tributary_domain::ids::{DealId, Noun};
use tributary_domain::kernel::facts::FactKind;
use tributary_domain::kernel::following;
use tributary_domain::kernel::lists::LARGEST_PAGE;
use tributary_domain::kernel::tail::{Tail, Window};
use tributary_domain::scope::Scope;
use tributary_domain::tenant::{events, positions};
use tributary_transport::document::directives::{cost, list_size};
use tributary_transport::sharing::Telling;

use crate::context::{RequestExt, id, wraps};
use crate::deal::deals::Deal;
use crate::error::{ApiError, ApiResult, nullable};
use crate::pages::{self, USUAL_PAGE};
use crate::scalars::{DateTime, Json, Position};
use crate::tenant::actors::Actor;

/// How long a follower waits before it asks a database again that failed.
const POLL: Duration = Duration::from_secs(1);

/// How long it waits at most for a database that goes on failing.
const LONGEST_POLL: Duration = Duration::from_secs(30);

/// Makes the kinds that clients know of the catalogue.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident $name:literal $version:literal $noun:ident $shape:ident;)+) => {
        /// What happened. There will be more kinds: take one that you do not know as one
        /// that does not concern you.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
        pub enum EventKind {
            $($(#[doc = $doc])+ $kind,)+
            /// A kind that this version of the server does not know: a newer one recorded it.
            Other,
        }

        impl From<Option<FactKind>> for EventKind {
            fn from(kind: Option<FactKind>) -> Self {
                match kind {
                    $(Some(FactKind::$kind) => Self::$kind,)+
                    None => Self::Other,
                }
            }
        }
    };
}
tributary_domain::catalogue!(kinds);

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
    async fn position(&self, ctx: &Context<'_>) -> Position {
        Position::of(ctx, self.0.position)
    }

    /// What happened.
    async fn kind(&self) -> EventKind {
        FactKind::of(&self.0.kind).into()
    }

    /// The version of the data's shape: another one where a field is gone or means
    /// something else.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// The id of what it happened to.
    async fn subject(&self) -> ID {
        self.0.subject.clone().into()
    }

    /// What happened, in a sentence of general terms: `data` has what is particular.
    async fn message(&self) -> &str {
        FactKind::of(&self.0.kind).map_or("Something happened.", FactKind::about)
    }

    /// The deal that it concerns, as it is now and not as it was then; null where it
    /// concerns none.
    async fn deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        Ok(ctx.loaders().maybe(self.0.deal_id).await?.map(Deal))
    }

    /// The facts. Null for a partner's key: they may be about other partners.
    #[graphql(directive = cost::apply("8".to_owned()))]
    async fn data(&self) -> Option<ApiResult<Json>> {
        Json::stored(&self.0.data).map(Json::present).transpose()
    }

    /// Who did it. Null for a partner's key.
    async fn actor(&self) -> Option<Actor> {
        Actor::shown(self.0.actor)
    }

    /// When, on the tenant's clock.
    async fn occurred_at(&self) -> DateTime {
        DateTime(self.0.occurred_at)
    }
}

/// Where a page of the log begins, after a position or from the start, and how long it is.
pub async fn page_of_log(
    ctx: &Context<'_>,
    first: Option<i32>,
    after: Option<Position>,
) -> Result<(i64, u64)> {
    let (limit, _) = pages::limit(first, None)?;
    let after = match after {
        Some(Position(position)) => positions::resume(ctx.scope(), position).await?,
        None => 0,
    };
    Ok((after, limit))
}

/// Reading the log.
#[derive(Default)]
pub struct EventQueries;

#[Object]
impl EventQueries {
    /// The tenant's log after a position, oldest first. For keys that may read
    /// the books.
    #[graphql(directive = list_size::apply(Some(USUAL_PAGE), Some(vec!["first".to_owned()]), None))]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100; 20 if not given.")] first: Option<i32>,
        #[graphql(desc = "Only those after this position; from the start, if not given.")]
        after: Option<Position>,
    ) -> Option<ApiResult<Vec<Event>>> {
        let page = async {
            let (after, limit) = page_of_log(ctx, first, after).await?;
            let events = events::after(ctx.scope(), after, limit).await?;
            Ok(events.into_iter().map(Event).collect())
        };
        nullable(page.await)
    }
}

/// Following the log.
#[derive(Default)]
pub struct EventSubscriptions;

#[Subscription]
impl EventSubscriptions {
    /// What happens to a deal, in the order of the log, without gaps or
    /// repetitions. To go on after a pause, give the last position you saw, or before the
    /// first event `Tenant.lastPosition` of when you began.
    /// Ends with an error when the deal cannot be seen, or no longer.
    async fn deal_status_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The deal; all deals, if not given, for keys that may read the books.")]
        deal_id: Option<ID>,
        #[graphql(desc = "Only what comes after this position; from now on, if not given.")]
        after: Option<Position>,
    ) -> impl Stream<Item = ApiResult<Event>> + use<> {
        let follower = Follower::new(ctx.scope().clone(), deal_id, after);
        let telling = ctx.data_opt::<Telling>().cloned();
        future::ready(follower)
            .map_ok(|follower| follower.events(telling))
            .try_flatten_stream()
    }
}

/// Measures how long the first of these events has been recorded: its id has the time.
fn measure_lag(page: &[event::Model]) {
    let recorded = page.first().and_then(|event| event.id.0.get_timestamp());
    let Some((seconds, nanoseconds)) = recorded.map(|time| time.to_unix()) else {
        return;
    };
    let recorded = UNIX_EPOCH + Duration::new(seconds, nanoseconds);
    // Another server's clock may be ahead.
    let lag = recorded.elapsed().unwrap_or_default();
    histogram!("tributary_log_lag_seconds").record(lag);
}

/// A reader of the log that remembers how far it came.
struct Follower {
    scope: Scope,
    deal: Option<DealId>,
    /// Where the client goes on from, until the first look.
    after: Option<positions::Position>,
    /// Only what comes after it is told, in the log of this epoch; none before the
    /// first look.
    position: Option<positions::Position>,
    /// Whether it has told all that there was when it began.
    is_current: bool,
    tail: Tail,
}

impl Follower {
    fn new(scope: Scope, deal: Option<ID>, after: Option<Position>) -> ApiResult<Self> {
        Ok(Self {
            deal: deal.map(|text| id(Noun::Deal, &text)).transpose()?,
            after: after.map(|Position(position)| position),
            position: None,
            is_current: false,
            tail: following::follow(scope.engine(), scope.tenant()),
            scope,
        })
    }

    fn events(self, telling: Option<Telling>) -> impl Stream<Item = ApiResult<Event>> {
        let (scope, tail) = (self.scope.clone(), self.tail.clone());
        let pages = stream::try_unfold(self, |mut follower| async move {
            let page = follower.next().await?;
            let page = stream::iter(page.into_iter().map(Event).map(Ok));
            Ok::<_, ApiError>(Some((page, follower)))
        });
        // A page may last: what is told of each event is told as of then.
        pages.try_flatten().inspect_ok(move |Event(event)| {
            if let Some(window) = &*tail.borrow()
                && window.head().last_position >= event.position
            {
                scope.move_up_to(window.head());
                if let Some(telling) = &telling {
                    telling.tell(event.id.0.as_u128(), window.head().last_position);
                }
            }
        })
    }

    /// The next page that is not empty, however long it takes to come. A
    /// database that fails is asked again, ever less often.
    async fn next(&mut self) -> Result<Vec<event::Model>> {
        let mut patience = POLL;
        loop {
            match self.look().await {
                Ok(page) if !page.is_empty() => {
                    // Whoever catches up with the past says nothing of the present.
                    if self.is_current {
                        measure_lag(&page);
                    }
                    return Ok(page);
                }
                Ok(_) => {
                    patience = POLL;
                    self.is_current = true;
                    if self.tail.changed().await.is_err() {
                        // Whoever read it is gone: another reads on.
                        self.tail = following::follow(self.scope.engine(), self.scope.tenant());
                    }
                }
                Err(Error::Unavailable(error) | Error::Storage(error)) => {
                    tracing::warn!(?error, "the log cannot be followed now");
                    // What was begun on a connection that is lost answers no more.
                    self.scope.end_read().await;
                    sleep(patience).await;
                    patience = (patience * 2).min(LONGEST_POLL);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What is new since the last look: as a rule from the tail of the log, and for what
    /// is not there from the database.
    async fn look(&mut self) -> Result<Vec<event::Model>> {
        // Marked before looking, so that nothing is missed in between.
        let window = self.tail.borrow_and_update().clone();
        if let (Some(window), Some(position)) = (window, self.position)
            && let Some(page) = self.in_window(&window, position)
        {
            self.scope.move_up_to(window.head());
            let number = window.head().last_position.max(position.number);
            self.position = Some(positions::Position { number, ..position });
            return Ok(page);
        }
        self.in_database().await
    }

    /// What concerns the follower of a window; `None` where the database has to be asked:
    /// for facts that the window does not reach back to, or whether a partner is told of
    /// something that happened to its deal.
    fn in_window(&self, window: &Window, after: positions::Position) -> Option<Vec<event::Model>> {
        if window.head().epoch != after.epoch {
            return None;
        }
        let concerned = window.after(after.number)?.filter(|event| match self.deal {
            Some(deal) => event.deal_id == Some(deal),
            None => event.deal_id.is_some(),
        });
        let page: Vec<event::Model> = concerned.map(|event| (**event).clone()).collect();
        (page.is_empty() || self.scope.partner().is_none()).then_some(page)
    }

    async fn in_database(&mut self) -> Result<Vec<event::Model>> {
        let end = self.scope.catch_up().await?;
        let epoch = self.scope.epoch();
        let number = match (self.position, self.after) {
            (Some(position), _) if position.epoch == epoch => position.number,
            // What was told may be gone.
            (Some(_), _) => return Err(Error::PositionUnknown),
            (None, Some(after)) => positions::resume(&self.scope, after).await?,
            (None, None) => end,
        };
        // Also if what follows fails: the next look goes on from here.
        self.position = Some(positions::Position { epoch, number });
        let page = match self.deal {
            Some(deal) => events::of_deal_after(&self.scope, deal, number, LARGEST_PAGE).await,
            None => events::of_deals_after(&self.scope, number).await,
        };
        // Each look sees the state of then.
        self.scope.end_read().await;
        let page = page?;
        // Up to the end nothing else concerns the follower.
        let number = page
            .last()
            .map_or(number.max(end), |newest| newest.position);
        self.position = Some(positions::Position { epoch, number });
        Ok(page)
    }
}
