#![doc = include_str!("../README.md")]

pub mod access;
pub mod calculator;
pub mod clock;
pub mod entity;
pub mod error;
pub mod ids;
pub mod money;
pub mod rail;
