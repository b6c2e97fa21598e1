//! What everything else is said with: ids, money, time, errors. Knows no table but for
//! how a database is opened.

pub mod access;
pub mod actor;
pub mod clock;
pub mod conflicts;
pub mod currency;
pub mod database;
pub mod digest;
pub mod error;
pub mod ids;
pub mod keyring;
pub(crate) mod limits;
pub mod money;
pub mod outage;
pub(crate) mod site;
pub(crate) mod sums;
