//! What stories are told with: a world, its people, and stand-ins.

pub mod acme;
pub mod acme_runs;
pub mod client;
pub mod contract;
pub mod db;
pub mod follower;
pub mod keeper;
pub mod log;
pub mod office;
pub mod office_runs;
pub mod operator;
pub mod rail;
pub mod server;
pub mod small_disk;
#[macro_use]
pub mod story;
pub mod tables;
pub mod whole;
pub mod world;
