//! How a story is told on both databases.

/// Tells one story twice, as `<name>::on_sqlite` and `<name>::on_postgres`,
/// each time in a world of its own.
///
/// ```text
/// story! {
///     /// What must hold, in a sentence.
///     async fn a_partner_approved_twice(world: World) {
///         …
///     }
/// }
/// ```
macro_rules! story {
    ($(#[$about:meta])* async fn $name:ident($($world:tt)+) $body:block) => {
        $(#[$about])*
        mod $name {
            use super::*;

            async fn story($($world)+) $body

            #[tokio::test]
            async fn on_sqlite() {
                story($crate::support::world::World::new($crate::support::db::Backend::Sqlite).await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                story($crate::support::world::World::new($crate::support::db::Backend::Postgres).await).await;
            }
        }
    };
}
