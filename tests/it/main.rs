//! Stories told against the real thing: a database of its own for each, on
//! SQLite and on PostgreSQL alike.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

#[macro_use]
mod support;

mod api;
mod commission;
mod deal;
mod partner;
mod payout;
mod program;
mod project;
mod rule;
mod service;
mod tenant;
