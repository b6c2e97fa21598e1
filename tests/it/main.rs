//! Stories told against the real thing: a database of its own for each, on
//! SQLite and on PostgreSQL alike.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

#[macro_use]
mod story;

mod access;
mod acme;
mod acme_runs;
mod activations;
mod arrows;
mod background;
mod backups;
mod bad_input;
mod bounds;
mod by_hand;
mod client;
mod conflicts;
mod contract;
mod databases;
mod db;
mod deals;
mod demo;
mod durable;
mod earnings;
mod edge;
mod enduring;
mod events;
mod evidence;
mod exits;
mod facts;
mod floors;
mod follower;
mod fresh;
mod full_disk;
mod identity;
mod keeper;
mod keyring;
mod links;
mod log;
mod long_runs;
mod manual;
mod metrics;
mod moments;
mod mutations;
mod nodes;
mod office;
mod office_runs;
mod operator;
mod outcomes;
mod payouts;
mod people;
mod positions;
mod rail;
mod rails;
mod refunds;
mod registrations;
mod repeats;
mod rivals;
mod rules;
mod secrets;
mod server;
mod small_disk;
mod statements;
mod stuck;
mod tables;
mod tenancy;
mod tour;
mod transport_away;
mod transport_log;
mod uploads;
mod verbs;
mod waiting;
mod whole;
mod world;
