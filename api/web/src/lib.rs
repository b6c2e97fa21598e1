//! What any server needs before its routes: connections that are limited and ended
//! gently, requests with ids, pages of other origins, proxies, and a stop that happens.

pub mod accept;
pub mod edge;
pub mod requests;
pub mod stop;
