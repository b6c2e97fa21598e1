//! The sandbox, tried with real components: rules built from source, and
//! guests written by hand to do what no compiler would.

mod admission;
mod determinism;
mod fairness;
mod faults;
mod guests;
