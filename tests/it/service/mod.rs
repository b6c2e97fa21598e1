//! The server in trouble and at work.

pub mod background;
pub mod backups;
pub mod databases;
pub mod durable;
pub mod edge;
pub mod enduring;
pub mod full_disk;
pub mod hints;
pub mod metrics;
pub mod transport_away;
pub mod transport_log;
