//! The transports, told apart from the product: a small schema behind a real
//! server on the loopback, and clients that share no code with it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod closing;
mod get;
mod http;
mod library;
mod limits;
mod patience;
mod running;
mod sockets;
mod streams;
mod telling;
mod unread;
mod world;
