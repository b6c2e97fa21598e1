//! The kinds of rules. Each has a module, and its configuration in one JSON text.

mod built_in;
pub mod percentage;

pub use self::built_in::BuiltIn;
use crate::entity::rule::Kind;

/// The kind's own code; none for a plugin, whose code is the tenant's.
pub fn built_in(kind: Kind) -> Option<&'static dyn BuiltIn> {
    match kind {
        Kind::Percentage => Some(&percentage::Percentage),
        Kind::Plugin => None,
    }
}
