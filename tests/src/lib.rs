//! What runs the tests sets up beside them, with the standard library alone.

pub mod packages;
pub mod postgres;
pub mod steps;

/// The test target that tells the stories.
pub const STORIES: &str = "stories";

/// All other test targets that `cargo verify` runs, beside those of libraries and programs.
pub const OTHERS: &[&str] = &[
    "bounds",
    "build",
    "cli",
    "documents",
    "introspection",
    "it",
    "keyring",
    "server",
    "transport",
];
