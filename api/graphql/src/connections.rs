//! Connections: what a list answers with.

use std::borrow::Cow;

use async_graphql::connection::PageInfo;
use async_graphql::{Context, Description, Enum, Object, SimpleObject, TypeName};
use tributary_domain::kernel::lists::{self, Listed};
use tributary_transport::document::directives::{cost, list_size};

use crate::context::RequestExt;
use crate::error::ApiResult;
use crate::pages::{List, ListOf, ModelOf};
use crate::scalars::Money;

/// What a count costs: up to 10,000 entries of an index are read.
const COUNTED: &str = "2";

/// What sums cost: every row is read that passes.
const ADDED_UP: &str = "30";

/// Whether a count is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CountPrecision {
    /// There are so many.
    Exact,
    /// There are more.
    AtLeast,
}

/// How many rows a list has.
#[derive(SimpleObject)]
pub struct Count {
    /// How many; at most 10,000.
    count: i32,
    /// Whether there are more than that.
    precision: CountPrecision,
}

impl From<lists::Count> for Count {
    fn from(count: lists::Count) -> Self {
        Self {
            count: i32::try_from(count.rows).unwrap_or(i32::MAX),
            precision: if count.or_more {
                CountPrecision::AtLeast
            } else {
                CountPrecision::Exact
            },
        }
    }
}

/// A row of a list, and its place.
#[derive(Description)]
pub struct Edge<T: List> {
    pub(super) node: T,
    pub(super) list: &'static str,
    pub(super) order: lists::Order<<T::Entity as Listed>::Order>,
}

impl<T: List> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

#[Object(name_type, use_type_description)]
impl<T: List> Edge<T> {
    /// The row.
    async fn node(&self) -> &T {
        &self.node
    }

    /// Its place: for `after` and `before` of this list in this order.
    async fn cursor(&self, ctx: &Context<'_>) -> ApiResult<String> {
        cursor::<T>(ctx, self.list, self.order, self.node.row())
    }
}

/// Makes the connections: what lists answer with.
macro_rules! connections {
    ($($(#[$doc:meta])* $connection:ident { $($more:tt)* })+) => {$(
        $(#[$doc])*
        #[derive(Description)]
        pub struct $connection<T: List>(ListOf<T>);

        impl<T: List> From<ListOf<T>> for $connection<T> {
            fn from(list: ListOf<T>) -> Self {
                Self(list)
            }
        }

        impl<T: List> TypeName for $connection<T> {
            fn type_name() -> Cow<'static, str> {
                format!("{}Connection", T::type_name()).into()
            }
        }

        #[Object(name_type, use_type_description)]
        impl<T: List> $connection<T> {
            /// Whether there are more rows, and how to get them.
            async fn page_info(&self, ctx: &Context<'_>) -> ApiResult<PageInfo> {
                self.0.page_info(ctx).await
            }

            /// The rows, each with its cursor.
            async fn edges(&self, ctx: &Context<'_>) -> ApiResult<Vec<Edge<T>>> {
                self.0.edges(ctx).await
            }

            /// The rows alone.
            async fn nodes(&self, ctx: &Context<'_>) -> ApiResult<Vec<T>> {
                self.0.nodes(ctx).await
            }

            /// How many rows pass the filter, on all pages.
            #[graphql(directive = cost::apply(COUNTED.to_owned()))]
            async fn total_count(&self, ctx: &Context<'_>) -> ApiResult<Count> {
                self.0.count(ctx).await
            }

            $($more)*
        }
    )+};
}
connections! {
    /// A page of a list: its rows, and whether there are more.
    Connection {}

    /// A page of a list of money: its rows, whether there are more, and what all of them
    /// add up to.
    MoneyConnection {
        /// What all rows that pass the filter add up to, by currency, on all pages.
        #[graphql(
            directive = cost::apply(ADDED_UP.to_owned()),
            directive = list_size::apply(Some(5), None, None)
        )]
        async fn amount_totals(&self, ctx: &Context<'_>) -> ApiResult<Vec<Money>> {
            self.0.totals(ctx).await
        }
    }
}

/// The cursor of a row of a list.
pub(super) fn cursor<T: List>(
    ctx: &Context<'_>,
    list: &str,
    order: lists::Order<<T::Entity as Listed>::Order>,
    row: &ModelOf<T>,
) -> ApiResult<String> {
    Ok(lists::cursor::<T::Entity>(ctx.scope(), list, order, row)?)
}
