//! The filters and orders of each noun, made from the one list of them.

use std::collections::HashSet;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{Condition, QuerySelect};

use super::conditions;
use super::keys::Key;
use super::listed::Listed;
use super::query::Span;
use crate::entity::*;
use crate::error::{Error, Result};
use crate::ids::*;
use crate::kernel::visible::Visible;
use crate::scope::Scope;

/// An id of a noun that lists are filtered by.
trait Names: Sized {
    /// Fails with `NotFound` where the actor may not see one of these.
    async fn seen(scope: &Scope, ids: &[Self]) -> Result<()>;
}

/// Makes the ids of each noun ones that lists can be filtered by.
macro_rules! names {
    ({ $($(#[$doc:meta])* $id:ident $prefix:literal $noun:ident $plain:literal $fresh:ident $entity:ident;)+ } $others:tt) => {$(
        impl Names for $id {
            async fn seen(scope: &Scope, ids: &[Self]) -> Result<()> {
                seen::<$entity::Entity>(scope, ids).await
            }
        }
    )+};
}
crate::nouns!(names);

/// Fails with `NotFound` where the actor may not see one of these rows: whether another
/// noun's row names it would tell of it.
async fn seen<E: Visible<Id: From<Uuid>>>(scope: &Scope, ids: &[E::Id]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let found: Vec<Uuid> = E::visible(scope)
        .filter(E::id_column().is_in(ids.iter().copied()))
        .select_only()
        .column(E::id_column())
        .into_tuple()
        .all(&scope.read().await?)
        .await?;
    let found: HashSet<E::Id> = found.into_iter().map(Into::into).collect();
    if ids.iter().all(|id| found.contains(id)) {
        return Ok(());
    }
    Err(Error::NotFound(E::NOUN))
}

/// What may be asked by the tenant's own people alone.
fn staff_alone(scope: &Scope, asked: bool, what: &'static str) -> Result<()> {
    if asked && scope.partner().is_some() {
        let asked = in_api(what);
        let message = format!("a partner's key cannot ask for this: {asked}");
        return Err(Error::invalid(asked, message));
    }
    Ok(())
}

/// The name of a field as callers write it: `created_at` is `createdAt`.
fn in_api(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        name + &initial.to_ascii_uppercase() + rest
    })
}

/// The filter that times in a span pass.
fn within<C: ColumnTrait>(time: Key<C>, span: Span) -> Condition {
    let has_one = match time {
        Key::Optional(column) => Some(column.is_not_null()),
        _ => None,
    };
    Condition::all()
        .add_option(span.from.map(|from| time.expr().gte(from)))
        .add_option(span.until.map(|until| time.expr().lt(until)))
        .add_option(has_one)
}

/// The condition of one member of a filter.
macro_rules! member {
    (column $entity:ident $column:ident, $scope:ident, $values:expr) => {
        Condition::all().add($entity::Column::$column.is_in($values.clone()))
    };
    (by $entity:ident $function:ident, $scope:ident, $values:expr) => {
        conditions::$function($scope, $values)
    };
}

/// The columns of an order.
macro_rules! keys {
    ($entity:ident unique Id) => { &[Key::Id($entity::Column::Id)] };
    ($entity:ident unique $column:ident) => { &[Key::Number($entity::Column::$column)] };
    ($entity:ident $($kind:ident $column:ident)+) => {
        &[$(key!($entity $kind $column),)+ Key::Id($entity::Column::Id)]
    };
}

/// One column of an order.
macro_rules! key {
    ($entity:ident number $column:ident) => {
        Key::Number($entity::Column::$column)
    };
    ($entity:ident optional $column:ident) => {
        Key::Optional($entity::Column::$column)
    };
    ($entity:ident text $column:ident) => {
        Key::Text($entity::Column::$column)
    };
}

/// The columns of money, if there are.
macro_rules! money {
    ($entity:ident) => {
        None
    };
    ($entity:ident $amount:ident $currency:ident) => {
        Some(($entity::Column::$amount, $entity::Column::$currency))
    };
}

/// Whether the actor must not know an order, and has the rows by their ids in its place.
macro_rules! unknown {
    ($scope:ident,) => {
        false
    };
    ($scope:ident, staff) => {
        false
    };
    ($scope:ident, unknown) => {
        $scope.partner().is_some()
    };
}

/// Refuses what only the tenant's own people may ask, where it is marked so.
macro_rules! marked {
    ($scope:ident $asked:expr, $what:expr,) => {};
    ($scope:ident $asked:expr, $what:expr, unknown) => {};
    ($scope:ident $asked:expr, $what:expr, staff) => {
        staff_alone($scope, $asked, $what)?
    };
}

/// Makes the filter and the order of each noun.
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
        #[doc = concat!("Which rows of `", stringify!($entity), "` are wanted: those that pass all that is given.")]
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $filter {
            $($(#[$id_doc])* pub $id: Option<Vec<$id_type>>,)*
            $($(#[$any_doc])* pub $any: Option<Vec<$any_type>>,)*
            $($(#[$span_doc])* pub $span: Option<Span>,)*
        }

        #[doc = concat!("What lists of `", stringify!($entity), "` are ordered by.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $field {
            $($(#[$order_doc])* $variant,)+
        }

        impl Default for $field {
            fn default() -> Self {
                Self::CreatedAt
            }
        }

        impl Listed for $entity::Entity {
            type Filter = $filter;
            type Order = $field;

            fn keys(scope: &Scope, order: $field) -> &'static [Key<$entity::Column>] {
                let _ = scope;
                match order {
                    $(
                        $field::$variant if unknown!(scope, $($order_mark)?) => {
                            &[Key::Id($entity::Column::Id)]
                        }
                        $field::$variant => keys!($entity $($kind $column)+),
                    )+
                }
            }

            fn money() -> Option<($entity::Column, $entity::Column)> {
                money!($entity $($amount $currency)?)
            }

            async fn check(scope: &Scope, filter: &$filter, order: $field) -> Result<()> {
                let _ = (scope, filter, order);
                $(marked!(scope filter.$id.is_some(), stringify!($id), $($id_mark)?);)*
                $(marked!(scope filter.$any.is_some(), stringify!($any), $($any_mark)?);)*
                $(marked!(scope filter.$span.is_some(), stringify!($span), $($span_mark)?);)*
                $(marked!(scope order == $field::$variant, "orderBy", $($order_mark)?);)+
                $(
                    if let Some(ids) = &filter.$id {
                        <$id_type as Names>::seen(scope, ids).await?;
                    }
                )*
                Ok(())
            }

            fn condition(scope: &Scope, filter: &$filter) -> Condition {
                let _ = (scope, filter);
                Condition::all()
                    $(.add_option(filter.$id.as_ref().map(|ids| {
                        member!($id_how $entity $id_by, scope, ids)
                    })))*
                    $(.add_option(filter.$any.as_ref().map(|values| {
                        member!($any_how $entity $any_by, scope, values)
                    })))*
                    $(.add_option(filter.$span.map(|span| {
                        within(key!($entity $span_kind $span_column), span)
                    })))*
            }
        }
    )+};
}
crate::listed!(made);
