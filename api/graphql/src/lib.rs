//! The schema: what it says of each noun. How it is served is `tributary-transport`'s.

pub mod commission;
pub mod connections;
pub mod context;
pub mod deal;
pub mod error;
pub mod lists;
pub mod loaders;
pub mod moment;
pub mod node;
pub mod pages;
pub mod partner;
pub mod payout;
pub mod program;
pub mod rule;
pub mod scalars;
pub mod schema;
pub mod tenant;

pub use schema::Schema;

use async_graphql::SDLExportOptions;
use tributary_transport::document::Documents;
use tributary_transport::document::definitions::Scalars;
use tributary_transport::served::Served;

use moment::OneMoment;

/// The schema as it is served.
pub type ServedSchema = OneMoment<Served<schema::Query, schema::Mutation, schema::Subscription>>;

/// Builds the schema as it is served.
pub fn served() -> ServedSchema {
    OneMoment(Served::new(schema::builder))
}

/// Builds the schema by itself, for what only reads its types.
pub fn schema() -> Schema {
    schema::builder().finish()
}

/// The schema as its clients have it.
pub fn sdl(schema: &Schema) -> String {
    schema.sdl_with_options(SDLExportOptions::new().include_specified_by())
}

/// How values of the schema's own scalars are checked before anything runs.
pub fn checks() -> Scalars {
    Scalars::default()
        .with::<scalars::DateTime>()
        .with::<scalars::Position>()
        .with::<scalars::Json>()
}

/// What documents for the schema are held to.
///
/// # Panics
///
/// If the schema that this program serves is not valid, which a test excludes.
pub fn documents(schema: &Schema) -> Documents {
    match Documents::new(&schema.sdl(), checks()) {
        Ok(documents) => documents,
        Err(invalid) => panic!("the schema is not valid: {invalid}"),
    }
}
