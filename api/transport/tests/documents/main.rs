//! Documents before the executor gets them: what is refused and why, and what
//! is left to run.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod corpus;
