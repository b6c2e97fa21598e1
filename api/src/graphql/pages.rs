//! Connections: a page of a list, with cursors.

use std::borrow::Cow;
use std::str::FromStr;

use async_graphql::connection::{Edge, EmptyFields, PageInfo};
use async_graphql::{Description, Object, OutputType, TypeName};
use tributary_domain::entity::Owned;
use tributary_domain::error::Error;
use tributary_domain::reads::{LARGEST_PAGE, Page, Window};

use super::error::{ApiError, ApiResult};

/// Rows of a page whose size is not given.
const USUAL_PAGE: i32 = 20;

/// The `first`, `after`, `last` and `before` of a field.
pub struct Slice {
    /// So many from the start.
    pub first: Option<i32>,
    /// After this cursor.
    pub after: Option<String>,
    /// So many from the end.
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

/// What a page costs: itself, and what is selected of a row, for each row.
pub fn cost(first: Option<i32>, last: Option<i32>, child: usize) -> usize {
    let rows = first.or(last).unwrap_or(USUAL_PAGE);
    times(usize::try_from(rows).unwrap_or(0), child)
}

/// Far above every limit, and far below what adding up a whole document's
/// prices could overflow.
const CEILING: usize = 1_000_000_000;

/// What so many rows cost. More than a page holds are refused when it is read:
/// here they must not make a price so high that it begins again at nothing.
pub fn times(rows: usize, child: usize) -> usize {
    let most = usize::try_from(LARGEST_PAGE).unwrap_or(usize::MAX);
    (1 + child.min(CEILING) * rows.clamp(1, most)).min(CEILING)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tributary_transport::MAX_COMPLEXITY;

    #[test]
    fn no_price_is_so_high_that_it_begins_again_at_nothing() {
        let dear = cost(Some(i32::MAX), None, usize::MAX);
        assert_eq!(cost(Some(100), None, dear), CEILING);
        assert_eq!(times(usize::MAX, dear), CEILING);
        assert!(cost(Some(100), None, 200) > MAX_COMPLEXITY);
        assert_eq!(cost(Some(-1), None, 5), 6);
        assert_eq!(cost(None, None, 1), 21);
    }
}
