//! What every built-in kind has.

use serde_json::Value as Json;

use crate::calculator::{Case, Fault, Verdict};
use crate::error::Result;
use crate::money::Currency;

/// A kind of rule that is built in: one function of a case, like a plugin.
pub trait BuiltIn: Sync {
    /// Its name and version, as receipts have them in place of a code's digest. Another
    /// version where any answer changes.
    fn digest(&self) -> &'static str;

    /// The answer to a case. Exact: the host rounds.
    ///
    /// # Errors
    ///
    /// The fault that holds the commissions.
    fn evaluate(&self, case: &Case) -> Result<Verdict, Fault>;

    /// What partners sign of a configuration, besides the kind and the role.
    ///
    /// # Errors
    ///
    /// [`crate::error::Error::Broken`] for one that is not of this kind.
    fn document(&self, config: &str, currency: Currency) -> Result<Json>;
}
