//! What the stories are told with.

#[path = "../../it/support/acme.rs"]
pub mod acme;
#[path = "../../it/support/client.rs"]
pub mod client;
#[path = "../../it/support/db.rs"]
pub mod db;
#[path = "../../it/support/follower.rs"]
pub mod follower;
#[path = "../../it/support/keeper.rs"]
pub mod keeper;
#[path = "../../it/support/server.rs"]
pub mod server;
#[path = "../../it/support/world.rs"]
pub mod world;
