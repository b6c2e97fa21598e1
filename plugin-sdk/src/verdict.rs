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
    /// A refusal in the rule's own words, made plain text of at most 1,000 bytes.
    pub fn refused(code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), plain(message.into()));
        Self::Refused { code, message }
    }

    /// A configuration that the rule does not accept; the message is made plain
    /// text of at most 1,000 bytes.
    pub fn bad_configuration(message: impl Into<String>) -> Self {
        Self::BadConfiguration(plain(message.into()))
    }
}

/// Bytes that the host takes of one message.
const MESSAGE_BYTES: usize = 1_000;

/// Text that the host takes, whatever a configuration made an error quote: cut
/// off where it is too long, and without control characters.
fn plain(mut text: String) -> String {
    if text.len() > MESSAGE_BYTES {
        let cut = "…";
        text.truncate(text.floor_char_boundary(MESSAGE_BYTES - cut.len()));
        text.push_str(cut);
    }
    let barred = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    if text.contains(barred) {
        text.replace(barred, "?")
    } else {
        text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_what_the_host_takes() {
        let quoted = format!("é{}\u{1b}\u{0}\n", "é".repeat(200));
        let Refusal::BadConfiguration(message) = Refusal::bad_configuration(quoted) else {
            panic!()
        };
        assert!(message.ends_with("é??\n"), "{message}");
        let refused = Refusal::refused("LONG", "é".repeat(5_000));
        let Refusal::Refused { message, .. } = refused else {
            panic!()
        };
        assert_eq!(message, format!("{}…", "é".repeat(498)));
    }
}
