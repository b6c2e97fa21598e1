//! Search across partners, customers and deals.

use std::cmp::Reverse;

use async_graphql::{Context, Enum, Object, Union};
use tributary_domain::entity::{account, deal, partner};
use tributary_domain::kernel::search;
use tributary_transport::document::directives::{cost, list_size, max_items};

use crate::context::RequestExt;
use crate::deal::accounts::Account;
use crate::deal::deals::Deal;
use crate::error::ApiResult;
use crate::pages::{self, USUAL_PAGE};
use crate::partner::partners::Partner;

/// What can be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SearchNoun {
    /// Partners, by name.
    Partner,
    /// Customers, by name, domain and CRM id; a partner's, by its own wording.
    Account,
    /// Deals, by name, and by the customer's name except for a partner's key.
    Deal,
}

/// What was found.
#[derive(Union)]
pub enum SearchResult {
    /// A partner.
    Partner(Partner),
    /// A customer.
    Account(Account),
    /// A deal.
    Deal(Deal),
}

/// Search.
#[derive(Default)]
pub struct SearchQueries;

#[Object]
impl SearchQueries {
    /// What is called most like a text, the likest first, as far as the key may see it.
    /// Case and accents make no difference, and a wrong letter in a word is allowed for.
    #[graphql(directive = cost::apply("200".to_owned()), directive = list_size::apply(Some(USUAL_PAGE), Some(vec!["first".to_owned()]), None))]
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The text, 1 to 200 characters, with a letter or a digit.")] query: String,
        #[graphql(desc = "Which nouns; all, if absent.", directive = max_items::apply(3))]
        nouns: Option<Vec<SearchNoun>>,
        #[graphql(desc = "How many, at most 100; 20 if absent.")] first: Option<i32>,
    ) -> ApiResult<Vec<SearchResult>> {
        let (limit, _) = pages::limit(first, None)?;
        let wanted = |noun| nouns.as_ref().is_none_or(|nouns| nouns.contains(&noun));
        let (scope, mut found) = (ctx.scope(), Vec::new());
        if wanted(SearchNoun::Partner) {
            let rows = search::find::<partner::Entity>(scope, &query, limit).await?;
            let rows = rows.into_iter();
            found.extend(rows.map(|(hits, row)| (hits, SearchResult::Partner(row.into()))));
        }
        if wanted(SearchNoun::Account) {
            let rows = search::find::<account::Entity>(scope, &query, limit).await?;
            let rows = rows.into_iter();
            found.extend(rows.map(|(hits, row)| (hits, SearchResult::Account(row.into()))));
        }
        if wanted(SearchNoun::Deal) {
            let rows = search::find::<deal::Entity>(scope, &query, limit).await?;
            let rows = rows.into_iter();
            found.extend(rows.map(|(hits, row)| (hits, SearchResult::Deal(row.into()))));
        }
        // Stable: equally like ones stay in the order of the nouns.
        found.sort_by_key(|(hits, _)| Reverse(*hits));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found.into_iter().map(|(_, result)| result).collect())
    }
}
