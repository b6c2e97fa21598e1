//! The lists of the schema: the inputs of each noun's lists, made from the one list of
//! them, and the macros that a noun declares its lists with.

use async_graphql::{Enum, ID, InputObject};
use tributary_domain::entity::{terms, *};
use tributary_domain::error::Result;
use tributary_domain::kernel::lists as domain;
use tributary_transport::document::directives::max_items;

use crate::commission::*;
use crate::connections::{Connection, MoneyConnection};
use crate::context::ids;
use crate::deal::*;
use crate::pages::{DateTimeRange, List, ListFilter, OrderDirection};
use crate::partner::*;
use crate::payout::*;
use crate::program::*;
use crate::rule::*;
use crate::tenant::*;

/// The most values that one member of a filter takes.
const MOST_VALUES: i32 = 100;

/// What a list of a noun is.
macro_rules! connection {
    ($node:ident) => { Connection<$node> };
    ($node:ident $amount:ident $currency:ident) => { MoneyConnection<$node> };
}

/// Makes the inputs of each noun's lists.
macro_rules! made {
    ($(
        $entity:ident => $node:ident, $filter:ident, $order:ident, $field:ident {
            ids { $($(#[$id_doc:meta])* $([$id_mark:ident])? $id:ident: $id_type:ident, $id_how:ident $id_by:ident;)* }
            any { $($(#[$any_doc:meta])* $([$any_mark:ident])? $any:ident: $gql:ident as $any_type:ty, $any_how:ident $any_by:ident;)* }
            spans { $($(#[$span_doc:meta])* $([$span_mark:ident])? $span:ident: $span_kind:ident $span_column:ident;)* }
            money { $($amount:ident $currency:ident)? }
            order { $($(#[$order_doc:meta])* $([$order_mark:ident])? $variant:ident: $($kind:ident $column:ident)+;)+ }
        }
    )+) => {$(
        /// Which rows of the list are wanted: those that pass everything that is given. An empty
        /// list of values passes none.
        #[derive(Default, InputObject)]
        pub struct $filter {
            $(
                $(#[$id_doc])*
                #[graphql(directive = max_items::apply(MOST_VALUES))]
                pub(crate) $id: Option<Vec<ID>>,
            )*
            $(
                $(#[$any_doc])*
                #[graphql(directive = max_items::apply(MOST_VALUES))]
                pub(crate) $any: Option<Vec<$gql>>,
            )*
            $(
                $(#[$span_doc])*
                pub(crate) $span: Option<DateTimeRange>,
            )*
        }

        impl ListFilter<$entity::Entity> for $filter {
            fn read(self) -> Result<domain::$filter> {
                Ok(domain::$filter {
                    $($id: self.$id.map(|given| ids(&given)).transpose()?,)*
                    $($any: self.$any.map(|values| values.into_iter().map(Into::into).collect()),)*
                    $($span: self.$span.map(Into::into),)*
                })
            }
        }

        /// What the list is ordered by. Rows of equal value are in the order of their ids.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
        pub enum $field {
            $($(#[$order_doc])* $variant,)+
        }

        /// The order of the list.
        #[derive(InputObject)]
        pub struct $order {
            /// What it is ordered by.
            field: $field,
            /// In which direction.
            #[graphql(default)]
            direction: OrderDirection,
        }

        impl From<$order> for domain::Order<domain::$field> {
            fn from(order: $order) -> Self {
                Self {
                    field: match order.field {
                        $($field::$variant => domain::$field::$variant,)+
                    },
                    descending: order.direction == OrderDirection::Desc,
                }
            }
        }

        impl List for $node {
            type Entity = $entity::Entity;
            type Filter = $filter;
            type Order = $order;
            type Connection = connection!($node $($amount $currency)?);

            fn row(&self) -> &$entity::Model {
                &self.0
            }
        }
    )+};
}
tributary_domain::listed!(made);

/// Declares the lists of the tenant that queries start from.
macro_rules! root_lists {
    ($(#[$type_doc:meta])* $queries:ident { $($(#[$doc:meta])* $field:ident: $node:ident;)+ }) => {
        $(#[$type_doc])*
        #[derive(Default)]
        pub struct $queries;

        $crate::lists::fields! {
            $queries { $($(#[$doc])* $field: $node, (root Query);)+ }
        }
    };
}
pub(crate) use root_lists;

/// Declares lists of what stands in one of a few states.
macro_rules! waiting_lists {
    ($(#[$type_doc:meta])* $lists:ident { $($(#[$doc:meta])* $field:ident: $node:ident $(by $whose:ident)? in $state:ident [$($value:ident),+];)+ }) => {
        $(#[$type_doc])*
        pub struct $lists {
            /// For whom: the person who looks after the partners, or anybody.
            pub responsible: Option<tributary_domain::ids::PersonId>,
        }

        $crate::lists::fields! {
            $lists { $($(#[$doc])* $field: $node, (waiting $lists $state [$($value),+] $($whose)?);)+ }
        }
    };
}
pub(crate) use waiting_lists;

/// Declares the lists inside a noun. It takes them in by a flattened field.
macro_rules! nested_lists {
    ($lists:ident of $owner:ident { $($(#[$doc:meta])* $field:ident: $node:ident, $how:ident $entity:ident $by:ident;)+ }) => {
        /// The lists inside the noun.
        pub struct $lists(tributary_domain::kernel::lists::ParentId);

        impl $owner {
            fn nested(&self) -> $lists {
                $lists(self.0.id.0)
            }
        }

        $crate::lists::fields! {
            $lists { $($(#[$doc])* $field: $node, (nested $owner $how $entity $by);)+ }
        }
    };
}
pub(crate) use nested_lists;

/// The fields of lists, with the arguments of each.
macro_rules! fields {
    ($lists:ident { $($(#[$doc:meta])* $field:ident: $node:ident, $from:tt;)+ }) => {
        #[async_graphql::Object]
        impl $lists {
            $(
                $(#[$doc])*
                #[graphql(directive = $crate::pages::Paged::apply())]
                #[expect(clippy::too_many_arguments, reason = "the arguments of a list")]
                async fn $field(
                    &self,
                    ctx: &async_graphql::Context<'_>,
                    #[graphql(desc = "The conditions that they meet; all of them, if absent.")]
                    filter: Option<<$node as $crate::pages::List>::Filter>,
                    #[graphql(desc = "The order; by creation, if absent.")]
                    order_by: Option<<$node as $crate::pages::List>::Order>,
                    #[graphql(desc = "Number of items from the start: 1 to 100.")]
                    first: Option<i32>,
                    #[graphql(desc = "Only those after this cursor.")]
                    after: Option<String>,
                    #[graphql(desc = "Number of items from the end: 1 to 100.")]
                    last: Option<i32>,
                    #[graphql(desc = "Only those before this cursor.")]
                    before: Option<String>,
                ) -> $crate::error::ApiResult<<$node as $crate::pages::List>::Connection> {
                    let arguments = $crate::pages::Arguments { filter, order_by, first, after, last, before };
                    $crate::lists::listed_from!(self ctx $node $field arguments $from)
                }
            )+
        }
    };
}
pub(crate) use fields;

/// A list, by what it is inside of.
macro_rules! listed_from {
    ($self:ident $ctx:ident $node:ident $field:ident $arguments:ident (root $owner:ident)) => {{
        let name = concat!(stringify!($owner), ".", stringify!($field));
        $crate::pages::root::<$node>($ctx, name, $arguments)
    }};
    ($self:ident $ctx:ident $node:ident $field:ident $arguments:ident (waiting $owner:ident $state:ident [$($value:ident),+] $($whose:ident)?)) => {{
        let name = concat!(stringify!($owner), ".", stringify!($field));
        let mut arguments = $arguments;
        let filter = arguments.filter.get_or_insert_default();
        let waiting = [$($state::$value),+];
        filter.state = Some(match filter.state.take() {
            Some(given) => given.into_iter().filter(|one| waiting.contains(one)).collect(),
            None => waiting.to_vec(),
        });
        $(if let Some(person) = $self.responsible {
            let person = async_graphql::ID::from(person.to_string());
            filter.$whose = Some(match filter.$whose.take() {
                Some(given) => given.into_iter().filter(|one| *one == person).collect(),
                None => vec![person],
            });
        })?
        $crate::pages::root::<$node>($ctx, name, arguments)
    }};
    ($self:ident $ctx:ident $node:ident $field:ident $arguments:ident (nested $owner:ident $how:ident $entity:ident $by:ident)) => {{
        let name = concat!(stringify!($owner), ".", stringify!($field));
        let link = || $crate::lists::linked!($how $entity $by);
        $crate::pages::nested::<$node>($ctx, name, $self.0, link, $arguments)
    }};
}
pub(crate) use listed_from;

/// How rows belong to their parents.
macro_rules! linked {
    (by $entity:ident $column:ident) => {
        tributary_domain::kernel::lists::Link::Column(
            tributary_domain::entity::$entity::Column::$column,
        )
    };
    (through $entity:ident $pairs:ident) => {
        tributary_domain::kernel::lists::Link::Pairs(tributary_domain::kernel::lists::pairs::$pairs)
    };
}
pub(crate) use linked;
