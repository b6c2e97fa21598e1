#![doc = include_str!("../README.md")]

// The floors of the house, from the ground up: a module imports from its own floor and
// from those below.
#[macro_use]
pub mod nouns;
#[macro_use]
pub mod listed;
pub mod base;
pub mod entity;
pub mod kernel;

pub mod rule;

pub mod commission;
pub mod program;

pub mod partner;

pub mod deal;

pub mod tenant;

pub mod payout;

pub mod background;

// The vocabulary of the ground floors is named without its room.
pub use base::{
    access, actor, clock, currency, database, digest, error, ids, keyring, money, outage,
};
pub(crate) use base::{limits, site, sums};
pub use kernel::{calculator, idempotency, people, rail, rails, reads, scope};
