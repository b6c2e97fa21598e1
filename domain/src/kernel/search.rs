//! Search: by words and parts of words, written with the row and looked up by equality.
//!
//! Under row-level security PostgreSQL serves no text search and no likeness by an index,
//! because their operators may tell of hidden rows; equality keeps its index. So a row has
//! its terms in a table, the same on both databases.

use std::collections::{BTreeSet, HashMap};

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect, QueryTrait};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::entity::search_term;
use crate::error::{Error, Result};
use crate::ids::PartnerId;
use crate::kernel::visible::Visible;
use crate::limits;
use crate::scope::{Scope, Tx};

/// The longest text that is searched for, in characters.
const LONGEST_QUERY: usize = 200;

/// The most letters of a word that are looked at.
const LONGEST_WORD: usize = 40;

/// A row is found by this many in a hundred of the terms that are searched for: enough for a
/// letter too many, too few or exchanged in a word of six.
const LEAST_PER_CENT: u64 = 40;

/// Who finds a row by a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Whoever sees the row.
    Everybody,
    /// The tenant's own people.
    Staff,
    /// The people of this partner.
    Partner(PartnerId),
}

impl Audience {
    fn id(self) -> Uuid {
        match self {
            Self::Everybody => Uuid::nil(),
            Self::Staff => Uuid::max(),
            Self::Partner(id) => id.0,
        }
    }

    /// Those that an actor belongs to.
    fn of(scope: &Scope) -> [Uuid; 2] {
        let own = scope.partner().map_or(Self::Staff, Self::Partner);
        [Self::Everybody.id(), own.id()]
    }
}

/// The terms of a text: each word, and its letters in threes with where it begins and ends.
fn terms(text: &str) -> BTreeSet<String> {
    let plain: String = text
        .nfkd()
        .filter(|&c| !is_combining_mark(c) && !limits::is_invisible(c))
        .collect::<String>()
        .to_lowercase();
    let mut terms = BTreeSet::new();
    for word in plain.split(|c: char| !c.is_alphanumeric()) {
        let letters: Vec<char> = word.chars().take(LONGEST_WORD).collect();
        if letters.is_empty() {
            continue;
        }
        terms.insert(format!("={}", letters.iter().collect::<String>()));
        let padded: Vec<char> = [' ', ' '].into_iter().chain(letters).chain([' ']).collect();
        terms.extend(padded.windows(3).map(|three| three.iter().collect()));
    }
    terms
}

impl Tx {
    /// Lets audiences find a row by texts. What it is found by already stays.
    pub(crate) async fn make_findable<E: Visible<Id: Into<Uuid>>>(
        &mut self,
        subject: E::Id,
        texts: impl IntoIterator<Item = (Audience, &str)>,
    ) -> Result<()> {
        let subject: Uuid = subject.into();
        let found_by: BTreeSet<(Uuid, String)> = texts
            .into_iter()
            .flat_map(|(audience, text)| {
                let terms = terms(text).into_iter();
                terms.map(move |term| (audience.id(), term))
            })
            .collect();
        let tenant = self.tenant();
        let row = |(audience, term)| search_term::ActiveModel {
            tenant_id: Set(tenant),
            noun: Set(E::NOUN.prefix().to_owned()),
            term: Set(term),
            audience: Set(audience),
            subject: Set(subject),
        };
        let rows = found_by.into_iter().map(row);
        self.add_terms(rows).await
    }
}

/// The rows of a noun that the actor may see and that are most like a text, the likest
/// first, each with how many terms of the text it has.
///
/// # Errors
///
/// `InvalidInput` on `query` for a text without a letter or digit, or a longer one than
/// 200 characters.
pub async fn find<E>(scope: &Scope, query: &str, limit: u64) -> Result<Vec<(u64, E::Model)>>
where
    E: Visible<Id: From<Uuid> + Into<Uuid>>,
{
    if query.chars().count() > LONGEST_QUERY {
        let message = format!("at most {LONGEST_QUERY} characters");
        return Err(Error::invalid("query", message));
    }
    let terms = terms(query);
    if terms.is_empty() {
        return Err(Error::invalid("query", "needs a letter or a digit"));
    }
    let least = (terms.len() as u64 * LEAST_PER_CENT).div_ceil(100);
    let hits = || search_term::Column::Term.into_expr().count_distinct();
    let mut found = search_term::Entity::find()
        .select_only()
        .column(search_term::Column::Subject)
        .column_as(hits(), "hits")
        .filter(search_term::Column::TenantId.eq(scope.tenant()))
        .filter(search_term::Column::Noun.eq(E::NOUN.prefix()))
        .filter(search_term::Column::Term.is_in(terms))
        .filter(search_term::Column::Audience.is_in(Audience::of(scope)))
        .group_by(search_term::Column::Subject)
        .having(hits().gte(i64::try_from(least).unwrap_or(i64::MAX)))
        .order_by_desc(Expr::col("hits"))
        .order_by_asc(search_term::Column::Subject)
        .limit(limit);
    if scope.partner().is_some() {
        let own = E::visible(scope).select_only().column(E::id_column());
        found = found.filter(search_term::Column::Subject.in_subquery(own.into_query()));
    }
    let db = scope.read().await?;
    let found: Vec<(Uuid, i64)> = found.into_tuple().all(&db).await?;
    let ids = found.iter().map(|(id, _)| *id);
    let rows = E::visible(scope)
        .filter(E::id_column().is_in(ids))
        .all(&db)
        .await?;
    let rows = E::shown(scope, rows).await?;
    let mut rows: HashMap<Uuid, E::Model> = rows
        .into_iter()
        .map(|row| (E::id_of(&row).into(), row))
        .collect();
    let told = |(id, hits): (Uuid, i64)| Some((hits.unsigned_abs(), rows.remove(&id)?));
    Ok(found.into_iter().filter_map(told).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(text: &str, query: &str) -> (usize, usize) {
        let asked = terms(query);
        (asked.intersection(&terms(text)).count(), asked.len())
    }

    #[test]
    fn case_and_marks_make_no_difference() {
        assert_eq!(terms("Škoda"), terms("SKODA"));
        assert_eq!(terms("Globex, Inc."), terms("globex inc"));
        assert!(terms("…").is_empty());
    }

    #[test]
    fn a_typing_error_leaves_enough() {
        for (text, query) in [
            ("Northwind", "Norhtwind"),
            ("Globex Corporation", "globx"),
            ("Initech", "initec"),
            ("Umbrella", "umbrela"),
        ] {
            let (alike, all) = likeness(text, query);
            assert!(alike * 100 >= all * 40, "{query}: {alike} of {all}");
        }
        let (alike, all) = likeness("Northwind", "Southridge");
        assert!(alike * 100 < all * 40, "{alike} of {all}");
    }
}
