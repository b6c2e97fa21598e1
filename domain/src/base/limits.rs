//! How large the things that callers send may be.

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

use crate::clock::Moment;
use crate::error::{Error, Field, Result};
use crate::money::{Currency, Money};

/// No date lies beyond it: 2999-12-31T23:59:59Z.
pub(crate) const LAST_MOMENT: Moment = Moment(32_503_679_999_000);

/// The most that one deal may be worth, in minor units: a rule's answer in
/// billionths of it, times any rate, fits 128 bits.
pub(crate) const LARGEST_AMOUNT_MINOR: i64 = 1_000_000_000_000_000;

/// A name: 1 to 200 characters, without white space around it.
pub(crate) fn name(field: impl Into<Field>, text: &str) -> Result<String> {
    bounded(field, text, 200)
}

/// A sentence or a few: 1 to 2,000 characters.
pub(crate) fn sentence(field: impl Into<Field>, text: &str) -> Result<String> {
    bounded(field, text, 2_000)
}

/// Text of 1 to `most` characters, without white space around it. Lines end with
/// LF alone, however they were sent, and what nobody sees is left out: the same
/// text has one digest, and looks like no other.
pub(crate) fn bounded(field: impl Into<Field>, text: &str, most: usize) -> Result<String> {
    let field = field.into();
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text: String = text.chars().filter(|&c| !is_stray(c)).collect();
    let text = text.trim();
    // PostgreSQL takes no NUL in text, and nobody reads control characters.
    if text
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err(Error::invalid(field, "no control characters"));
    }
    if text.chars().all(|c| is_invisible(c) || c.is_whitespace()) {
        return Err(Error::invalid(field, "must not be empty"));
    }
    if text.chars().count() > most {
        return Err(Error::invalid(field, format!("at most {most} characters")));
    }
    Ok(text.to_owned())
}

/// Whether a character shows nothing by itself (Unicode's
/// `Default_Ignorable_Code_Point`).
pub(crate) fn is_invisible(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether an invisible character has no place in text: all but the joiners that
/// scripts and emoji are written with, and the selectors of a symbol's form.
fn is_stray(c: char) -> bool {
    let joins = matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    is_invisible(c) && !joins
}

/// A positive amount in the currency of what it belongs to, in minor units.
pub(crate) fn positive(field: impl Into<Field>, money: Money, currency: Currency) -> Result<i64> {
    match money {
        Money {
            currency: other, ..
        } if other != currency => Err(Error::invalid(
            field,
            format!("the currency must be {currency}, not {other}"),
        )),
        Money { minor, .. } if minor <= 0 => Err(Error::invalid(field, "must be more than zero")),
        Money { minor, .. } if minor > LARGEST_AMOUNT_MINOR => {
            Err(Error::invalid(field, "too large"))
        }
        Money { minor, .. } => Ok(minor),
    }
}

/// A moment that has come.
pub(crate) fn past(field: impl Into<Field>, at: Moment, now: Moment) -> Result<()> {
    if at <= now {
        Ok(())
    } else {
        Err(Error::invalid(field, "must not be in the future"))
    }
}

/// A number of days, at most ten years.
pub(crate) fn days(field: impl Into<Field>, days: i32) -> Result<i32> {
    match days {
        0..=3_650 => Ok(days),
        _ => Err(Error::invalid(field, "must be 0 to 3,650 days")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_alike_and_what_nobody_sees_is_left_out() {
        for (text, kept) in [
            ("Line one\r\nLine two", "Line one\nLine two"),
            ("one\rtwo", "one\ntwo"),
            ("Glo\u{200b}bex", "Globex"),
            ("\u{feff}Globex\u{2060} ", "Globex"),
            ("\u{202e}xebolG", "xebolG"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("👩\u{200d}🚀 Ltd", "👩\u{200d}🚀 Ltd"),
        ] {
            assert_eq!(sentence("name", text).unwrap(), kept, "{text:?}");
        }
        for text in [
            "",
            " \r\n ",
            "\u{200b}\u{200b}",
            "\u{200d}",
            "a\0b",
            "a\u{1b}b",
        ] {
            assert!(sentence("name", text).is_err(), "{text:?}");
        }
    }
}
