//! The query editor.

/// x
pub fn page() -> axum::response::Response {
    axum::response::Response::default()
}
