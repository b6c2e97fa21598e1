//! Lists, as fields of the schema. A list asks the database for what a document
//! selects of it, and for no more.

use std::borrow::Cow;

use async_graphql::connection::PageInfo;
use async_graphql::registry::location_traits::Directive_At_FIELD_DEFINITION;
use async_graphql::registry::{MetaDirectiveInvocation, Registry};
use async_graphql::{Context, Enum, InputObject, InputType, OutputType, TypeDirective};
use tokio::sync::OnceCell;
use tributary_domain::error::{Error, Result};
use tributary_domain::kernel::lists::{
    self, Link, Listed, Page, ParentId, Span, Wanted, WantedOf, Window,
};
use tributary_transport::document::directives::list_size;

use crate::connections::{Count, Edge, cursor};
use crate::context::RequestExt;
use crate::error::ApiResult;
use crate::loaders::{Children, Counts, Pages, Totals};
use crate::scalars::{DateTime, Money};

/// Rows of a page whose size is not given.
pub const USUAL_PAGE: i32 = 20;

/// The model of a noun of the schema.
pub type ModelOf<T> = lists::ModelOf<<T as List>::Entity>;

/// A noun of the schema that is listed.
pub trait List: OutputType + From<ModelOf<Self>> {
    /// The row that it stands for.
    fn row(&self) -> &ModelOf<Self>;

    /// Its entity.
    type Entity: Listed;
    /// The input that says which rows are wanted.
    type Filter: InputType + ListFilter<Self::Entity>;
    /// The input that says in which order.
    type Order: InputType + Into<lists::Order<<Self::Entity as Listed>::Order>>;
    /// What a list of it is.
    type Connection: OutputType + From<ListOf<Self>>;
}

/// An input that says which rows are wanted.
pub trait ListFilter<E: Listed>: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// `NotFound` for an id that is malformed or another noun's.
    fn read(self) -> Result<E::Filter>;
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// The least first: for times the oldest.
    #[default]
    Asc,
    /// The greatest first: for times the newest.
    Desc,
}

/// A span of time.
#[derive(InputObject)]
pub struct DateTimeRange {
    /// Its first instant; from the beginning, if not given.
    from: Option<DateTime>,
    /// The first instant after it; without an end, if not given.
    until: Option<DateTime>,
}

impl From<DateTimeRange> for Span {
    fn from(range: DateTimeRange) -> Self {
        Self {
            from: range.from.map(|from| from.0),
            until: range.until.map(|until| until.0),
        }
    }
}

/// The arguments of a list.
pub struct Arguments<F, O> {
    /// Which rows are wanted.
    pub filter: Option<F>,
    /// In which order.
    pub order_by: Option<O>,
    /// Number of items from the start.
    pub first: Option<i32>,
    /// After this cursor.
    pub after: Option<String>,
    /// Number of items from the end.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

/// What a list is inside of, and how its rows belong to that.
type Parent<T> = (ParentId, fn() -> Link<<T as List>::Entity>);

/// A list, of which nothing is read yet.
pub struct ListOf<T: List> {
    /// Where it stands in the schema: `Partner.deals`.
    name: &'static str,
    parent: Option<Parent<T>>,
    wanted: WantedOf<T::Entity>,
    page: OnceCell<Page<ModelOf<T>>>,
}

/// A list of the caller's tenant.
pub fn root<T: List>(
    ctx: &Context<'_>,
    name: &'static str,
    arguments: Arguments<T::Filter, T::Order>,
) -> ApiResult<T::Connection> {
    Ok(list::<T>(ctx, name, None, arguments)?.into())
}

/// The children of something.
pub fn nested<T: List>(
    ctx: &Context<'_>,
    name: &'static str,
    parent: ParentId,
    link: fn() -> Link<T::Entity>,
    arguments: Arguments<T::Filter, T::Order>,
) -> ApiResult<T::Connection> {
    Ok(list::<T>(ctx, name, Some((parent, link)), arguments)?.into())
}

fn list<T: List>(
    ctx: &Context<'_>,
    name: &'static str,
    parent: Option<Parent<T>>,
    arguments: Arguments<T::Filter, T::Order>,
) -> ApiResult<ListOf<T>> {
    let filter = arguments.filter.map(ListFilter::read).transpose()?;
    let order: lists::Order<_> = arguments.order_by.map(Into::into).unwrap_or_default();
    let (limit, backward) = limit(arguments.first, arguments.last)?;
    let place = |field, cursor: Option<String>| {
        cursor
            .map(|text| lists::place::<T::Entity>(ctx.scope(), name, order, field, &text))
            .transpose()
    };
    let wanted = Wanted {
        filter: filter.unwrap_or_default(),
        order,
        window: Window {
            after: place("after", arguments.after)?,
            before: place("before", arguments.before)?,
            limit,
            backward,
        },
    };
    Ok(ListOf {
        name,
        parent,
        wanted,
        page: OnceCell::new(),
    })
}

/// How many rows are wanted, and whether they are counted from the end.
pub fn limit(first: Option<i32>, last: Option<i32>) -> Result<(u64, bool)> {
    let (field, limit, backward) = match (first, last) {
        (Some(_), Some(_)) => return Err(Error::invalid("last", "give first or last, not both")),
        (_, Some(last)) => ("last", last, true),
        (first, None) => ("first", first.unwrap_or(USUAL_PAGE), false),
    };
    let limit = u64::try_from(limit).unwrap_or_default();
    lists::checked_as(field, limit)?;
    Ok((limit, backward))
}

impl<T: List> ListOf<T> {
    fn children<A>(&self) -> Option<Children<T::Entity, A>> {
        let (parent, link) = self.parent?;
        Some(Children::new(self.name, parent, link, self.wanted.clone()))
    }

    async fn page(&self, ctx: &Context<'_>) -> ApiResult<&Page<ModelOf<T>>> {
        let read = || async {
            match self.children::<Pages>() {
                Some(children) => Ok(ctx
                    .loaders()
                    .one(children)
                    .await?
                    .transpose()?
                    .unwrap_or_default()),
                None => Ok(lists::page::<T::Entity>(ctx.scope(), &self.wanted).await?),
            }
        };
        self.page.get_or_try_init(read).await
    }

    pub(super) async fn page_info(&self, ctx: &Context<'_>) -> ApiResult<PageInfo> {
        let page = self.page(ctx).await?;
        let cursor = |row: Option<_>| {
            row.map(|row| cursor::<T>(ctx, self.name, self.wanted.order, row))
                .transpose()
        };
        Ok(PageInfo {
            has_previous_page: page.has_previous,
            has_next_page: page.has_next,
            start_cursor: cursor(page.rows.first())?,
            end_cursor: cursor(page.rows.last())?,
        })
    }

    pub(super) async fn edges(&self, ctx: &Context<'_>) -> ApiResult<Vec<Edge<T>>> {
        let rows = self.page(ctx).await?.rows.iter();
        Ok(rows
            .map(|row| Edge {
                node: row.clone().into(),
                list: self.name,
                order: self.wanted.order,
            })
            .collect())
    }

    pub(super) async fn nodes(&self, ctx: &Context<'_>) -> ApiResult<Vec<T>> {
        let rows = self.page(ctx).await?.rows.iter().cloned();
        Ok(rows.map(T::from).collect())
    }

    pub(super) async fn count(&self, ctx: &Context<'_>) -> ApiResult<Count> {
        let count = match self.children::<Counts>() {
            Some(children) => ctx.loaders().one(children).await?.transpose()?,
            None => Some(lists::count::<T::Entity>(ctx.scope(), &self.wanted).await?),
        };
        Ok(count.unwrap_or_default().into())
    }

    pub(super) async fn totals(&self, ctx: &Context<'_>) -> ApiResult<Vec<Money>> {
        let totals = match self.children::<Totals>() {
            Some(children) => ctx.loaders().one(children).await?.transpose()?,
            None => Some(lists::totals::<T::Entity>(ctx.scope(), &self.wanted).await?),
        };
        let totals = totals.unwrap_or_default().into_iter();
        Ok(totals
            .map(|total| Money::minor(total.minor, total.currency))
            .collect())
    }
}

/// `@listSize` of a connection: its rows are as many as `first` or `last` says.
pub struct Paged;

impl Paged {
    /// The directive, as a field has it.
    pub fn apply() -> MetaDirectiveInvocation {
        let names = |names: [&str; 2]| Some(names.map(str::to_owned).to_vec());
        list_size::apply(
            Some(USUAL_PAGE),
            names(["first", "last"]),
            names(["edges", "nodes"]),
        )
    }
}

impl TypeDirective for Paged {
    fn name(&self) -> Cow<'static, str> {
        list_size.name()
    }

    fn register(&self, registry: &mut Registry) {
        list_size.register(registry);
    }
}

impl Directive_At_FIELD_DEFINITION for Paged {}
