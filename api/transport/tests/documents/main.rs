//! Documents before the executor gets them: what is refused and why, and what
//! is left to run.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod bounds;
mod coerced;
mod corpus;
mod limits;

use std::sync::LazyLock;

use tributary_transport::document::definitions::Scalars;
use tributary_transport::document::{Documents, Refused};

/// The schema with one of everything.
static WIDE: LazyLock<Documents> = LazyLock::new(|| {
    Documents::new(include_str!("corpus/schema.graphql"), Scalars::default()).unwrap()
});

/// What documents for the schema with one of everything are held to.
fn documents() -> &'static Documents {
    &WIDE
}

/// The code of the first error.
fn code(refused: &Refused) -> String {
    let extensions = refused.errors[0].extensions.as_ref().unwrap();
    extensions
        .get("code")
        .unwrap()
        .to_string()
        .trim_matches('"')
        .to_owned()
}
