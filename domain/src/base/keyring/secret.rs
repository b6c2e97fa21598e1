//! Secrets, in clear and sealed.

use std::fmt;

use sea_orm::DeriveValueType;

/// A secret in clear. Shown by nothing but [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub(super) String);

impl Secret {
    /// Takes a text as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for whoever the secret is for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A sealed secret as it is stored: `<key id>:<hex of nonce, ciphertext and tag>`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveValueType)]
pub struct Sealed(pub(super) String);

impl Sealed {
    /// The id of the key that sealed it.
    pub fn key_id(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }
}
