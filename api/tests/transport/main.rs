//! The transports, told apart from the product: a small schema behind a real
//! server on the loopback, and clients that share no code with it.

mod http;
mod limits;
mod sockets;
mod streams;
mod world;
