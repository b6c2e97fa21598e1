//! Stories told against the real thing: a database of its own for each, on
//! SQLite and on PostgreSQL alike.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

#[macro_use]
mod story;

mod acme;
mod arrows;
mod background;
mod client;
mod databases;
mod db;
mod deals;
mod demo;
mod earnings;
mod following;
mod keeper;
mod office;
mod payouts;
mod rail;
mod rails;
mod registrations;
mod server;
mod serving;
mod uploads;
mod world;
