//! Connections: a page of a list, with cursors.

use std::borrow::Cow;
use std::str::FromStr;

use async_graphql::connection::{Edge, EmptyFields, PageInfo};
use async_graphql::registry::location_traits::Directive_At_FIELD_DEFINITION;
use async_graphql::registry::{MetaDirectiveInvocation, Registry};
use async_graphql::{Description, Object, OutputType, TypeDirective, TypeName};
use tributary_domain::entity::Owned;
use tributary_domain::error::Error;
use tributary_domain::reads::{LARGEST_PAGE, Page, Window};
use tributary_transport::document::directives::list_size;

use super::error::{ApiError, ApiResult};

/// Rows of a page whose size is not given.
pub const USUAL_PAGE: i32 = 20;

/// The `first`, `after`, `last` and `before` of a field.
pub struct Slice {
    /// Number of items from the start.
    pub first: Option<i32>,
    /// After this cursor.
    pub after: Option<String>,
    /// Number of items from the end.
    pub last: Option<i32>,
    /// Before this cursor.
    pub before: Option<String>,
}

impl Slice {
    /// Only forward: what lists inside other lists take.
    pub fn forward(first: Option<i32>, after: Option<String>) -> Self {
        Self {
            first,
            after,
            last: None,
            before: None,
        }
    }

    /// Which rows are wanted.
    pub fn window<Id: FromStr>(self) -> ApiResult<Window<Id>> {
        if self.first.is_some() && self.last.is_some() {
            return Err(Error::invalid("last", "give first or last, not both").into());
        }
        let (limit, backward) = match (self.first, self.last) {
            (_, Some(last)) => (last, true),
            (first, None) => (first.unwrap_or(USUAL_PAGE), false),
        };
        let message = || format!("a page has 1 to {LARGEST_PAGE} rows");
        let limit = u64::try_from(limit)
            .ok()
            .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
            .ok_or_else(|| Error::invalid("first", message()))?;
        Ok(Window {
            after: cursor("after", self.after)?,
            before: cursor("before", self.before)?,
            limit,
            backward,
        })
    }
}

fn cursor<Id: FromStr>(field: &'static str, text: Option<String>) -> Result<Option<Id>, ApiError> {
    let parsed = text.map(|text| {
        text.parse()
            .map_err(|_| Error::invalid(field, "not a cursor"))
    });
    Ok(parsed.transpose()?)
}

/// A page of a list: its rows, and whether there are more.
#[derive(Description)]
pub struct Connection<T: OutputType> {
    edges: Vec<Edge<String, T, EmptyFields>>,
    has_previous: bool,
    has_next: bool,
}

impl<T: OutputType> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

#[Object(name_type, use_type_description)]
impl<T: OutputType> Connection<T> {
    /// Whether there are more rows, and how to get them.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.edges.first().map(|edge| edge.cursor.clone()),
            end_cursor: self.edges.last().map(|edge| edge.cursor.clone()),
        }
    }

    /// The rows, each with its cursor.
    async fn edges(&self) -> &[Edge<String, T, EmptyFields>] {
        &self.edges
    }

    /// The rows alone.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }
}

/// A page as a connection; cursors are the rows' ids.
pub fn connection<E, T>(page: Page<E::Model>) -> Connection<T>
where
    E: Owned<Id: std::fmt::Display>,
    T: From<E::Model> + OutputType,
{
    let edges = page.rows.into_iter().map(|row| {
        let cursor = E::id_of(&row).to_string();
        Edge::new(cursor, row.into())
    });
    Connection {
        edges: edges.collect(),
        has_previous: page.has_previous,
        has_next: page.has_next,
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
