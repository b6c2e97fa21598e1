//! What a rule answers.

use crate::amount::{Amount, AmountError};

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What is due to whom. A partner may have several entries, which add up.
    pub entries: Vec<Entry>,
    /// Anything else that people should read beside it.
    pub notes: Vec<String>,
}

impl Verdict {
    /// Adds an amount due.
    pub fn pay(
        &mut self,
        partner: &str,
        amount: Amount,
        basis: &str,
        explanation: impl Into<String>,
    ) {
        self.entries.push(Entry {
            partner: partner.to_owned(),
            amount,
            basis: basis.to_owned(),
            explanation: explanation.into(),
        });
    }

    /// All amounts added up.
    pub fn total(&self) -> Result<Amount, AmountError> {
        self.entries.iter().map(|entry| entry.amount).sum()
    }
}

/// One amount due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The partner's id; it must be one of the case's credits.
    pub partner: String,
    /// How much, unrounded; not negative.
    pub amount: Amount,
    /// Which of the rule's declared basis codes it rests on.
    pub basis: String,
    /// Why, in a sentence for the partner to read.
    pub explanation: String,
}

/// Why a rule gave no answer. The commission is then held, never guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The rule does not answer cases of this kind.
    Unsupported,
    /// The configuration is not one the rule accepts; says what is wrong.
    BadConfiguration(String),
    /// Anything else.
    Refused {
        /// A short code, as `NO_TIER`.
        code: String,
        /// A sentence.
        message: String,
    },
}

impl Refusal {
    /// A refusal in the rule's own words.
    pub fn refused(code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self::Refused { code, message }
    }

    /// A configuration that the rule does not accept.
    pub fn bad_configuration(message: impl Into<String>) -> Self {
        Self::BadConfiguration(message.into())
    }
}

impl From<AmountError> for Refusal {
    fn from(error: AmountError) -> Self {
        let code = match error {
            AmountError::Overflow => "AMOUNT_OVERFLOW",
            AmountError::Inexact => "AMOUNT_INEXACT",
            AmountError::Malformed => "AMOUNT_MALFORMED",
        };
        Self::refused(code, error.to_string())
    }
}
