#![doc = include_str!("../README.md")]

#[cfg(target_arch = "wasm32")]
#[expect(unsafe_code, reason = "an allocator cannot be written without")]
mod allocator;
mod amount;
mod bindings;
mod case;
mod currency;
mod rule;
mod verdict;

pub use amount::{Amount, AmountError, Ratio};
pub use case::{Case, Credit, Deal, Extra, History, ProgramModel, Role, Scalar, Terms};
pub use currency::Currency;
pub use rule::Rule;
pub use verdict::{Entry, Refusal, Verdict};

#[doc(hidden)]
pub mod exports {
    //! What [`export_rule!`](crate::export_rule) expands to. Not for direct use.
    pub use crate::bindings::{Exported, export_component, generated};
}
