//! The one trait.

use serde::de::DeserializeOwned;

use crate::case::Case;
use crate::verdict::{Refusal, Verdict};

/// A tenant's rule. Implement it on a unit struct and hand that to
/// [`export_rule!`](crate::export_rule).
///
/// The same case and configuration must give the same answer, always: there is
/// no clock, no randomness and no memory of earlier calls to depend on.
pub trait Rule {
    /// The configuration, read from the JSON text in the terms. Deny unknown
    /// fields, so that a misspelt one is refused and not ignored.
    type Config: DeserializeOwned;

    /// Its name, as `tiered-accelerator`.
    const NAME: &'static str;

    /// Its version, as `1.0.0`.
    const VERSION: &'static str;

    /// The basis codes its entries may use.
    const BASIS_CODES: &'static [&'static str];

    /// A JSON Schema of [`Self::Config`], as text.
    const CONFIG_SCHEMA: &'static str;

    /// Answers a case, or says why not.
    fn evaluate(case: &Case, config: &Self::Config) -> Result<Verdict, Refusal>;

    /// Reads the case's configuration and answers: what the host calls.
    /// Configuration that cannot be read is a [`Refusal::BadConfiguration`].
    fn run(case: &Case) -> Result<Verdict, Refusal> {
        let config = serde_json::from_str(&case.config)
            .map_err(|error| Refusal::bad_configuration(error.to_string()))?;
        Self::evaluate(case, &config)
    }
}

/// Exports a [`Rule`] from the crate it is used in. Use it once per crate.
///
/// ```
/// use tributary_plugin_sdk::{Case, Refusal, Rule, Verdict, export_rule};
///
/// struct Nothing;
///
/// impl Rule for Nothing {
///     type Config = serde_json::Value;
///     const NAME: &str = "nothing";
///     const VERSION: &str = "1.0.0";
///     const BASIS_CODES: &[&str] = &["none"];
///     const CONFIG_SCHEMA: &str = "{}";
///
///     fn evaluate(_: &Case, _: &Self::Config) -> Result<Verdict, Refusal> {
///         Ok(Verdict::default())
///     }
/// }
///
/// export_rule!(Nothing);
/// ```
#[macro_export]
macro_rules! export_rule {
    ($rule:ty) => {
        // Natively the crate is an ordinary library, to be tested as one.
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Component = $crate::exports::Exported<$rule>;
            $crate::exports::export_component!(
                Component with_types_in $crate::exports::generated
            );
        };
    };
}
