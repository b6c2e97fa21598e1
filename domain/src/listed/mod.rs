//! The one list of what lists of each noun are filtered and ordered by. The conditions of
//! the domain, the inputs of the API and the test that reads the plans are made from it.

#[macro_use]
mod deals;
#[macro_use]
mod money;
#[macro_use]
mod people;

/// Hands the nouns that are listed to a macro. For each, after the module of its entity:
///
/// - `ids`: rows that name one of these other nouns,
/// - `any`: rows with one of these values, with the name of the value's type in the API,
/// - `spans`: rows with a time in a span; `optional` times may be missing,
/// - `money`: the columns of its amount and currency, where a list of it is one of money,
/// - `order`: what it is ordered by: `unique` columns alone, others with the id.
///
/// `column` compares a column of the entity, `by` asks a function of
/// `kernel::lists::conditions`. `staff` marks what only the tenant's own people may ask,
/// because a partner is not told the column's own value; `unknown` an order in whose place
/// a partner has that of ids, because it would tell of what came before its own part.
#[macro_export]
macro_rules! listed {
    ($made:ident) => {
        $crate::listed_people!($made);
        $crate::listed_deals!($made);
        $crate::listed_money!($made);
    };
}
