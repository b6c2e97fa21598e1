//! What the API promises as a whole.

pub mod access;
pub mod bad_input;
pub mod desk;
pub mod exits;
pub mod facts;
pub mod fresh;
pub mod late_repeats;
pub mod lists;
pub mod mutations;
pub mod nodes;
pub mod pages;
pub mod plans;
mod repeats;
pub mod search;
pub mod statements;
pub mod verbs;
