//! How large the things that callers send may be.

use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::money::{Currency, Money};

/// No date lies beyond it: 2999-12-31T23:59:59Z.
pub(crate) const LAST_MOMENT: Moment = Moment(32_503_679_999_000);

/// The most that one deal may be worth, in minor units: a rule's answer in
/// billionths of it, times any rate, fits 128 bits.
pub(crate) const LARGEST_AMOUNT: i64 = 1_000_000_000_000_000;

/// A name: 1 to 200 characters, without white space around it.
pub(crate) fn name(field: &'static str, text: &str) -> Result<String> {
    bounded(field, text, 200)
}

/// A sentence or a few: 1 to 2,000 characters.
pub(crate) fn sentence(field: &'static str, text: &str) -> Result<String> {
    bounded(field, text, 2_000)
}

/// Text of 1 to `most` characters, without white space around it.
pub(crate) fn bounded(field: &'static str, text: &str, most: usize) -> Result<String> {
    let text = text.trim();
    // PostgreSQL takes no NUL in text, and nobody reads control characters.
    if text
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err(Error::invalid(field, "no control characters"));
    }
    match text.chars().count() {
        0 => Err(Error::invalid(field, "must not be empty")),
        length if length > most => Err(Error::invalid(field, format!("at most {most} characters"))),
        _ => Ok(text.to_owned()),
    }
}

/// A positive amount in the currency of what it belongs to, in minor units.
pub(crate) fn positive(field: &'static str, money: Money, currency: Currency) -> Result<i64> {
    match money {
        Money {
            currency: other, ..
        } if other != currency => Err(Error::invalid(
            field,
            format!("the currency must be {currency}, not {other}"),
        )),
        Money { minor, .. } if minor <= 0 => Err(Error::invalid(field, "must be more than zero")),
        Money { minor, .. } if minor > LARGEST_AMOUNT => Err(Error::invalid(field, "too large")),
        Money { minor, .. } => Ok(minor),
    }
}

/// A number of days, at most ten years.
pub(crate) fn days(field: &'static str, days: i32) -> Result<i32> {
    match days {
        0..=3_650 => Ok(days),
        _ => Err(Error::invalid(field, "must be 0 to 3,650 days")),
    }
}
