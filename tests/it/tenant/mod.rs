//! One tenant beside another, its keys and its log.

pub mod events;
pub mod keyring;
pub mod moments;
pub mod positions;
pub mod secrets;
pub mod tenancy;
