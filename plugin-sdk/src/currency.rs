//! Currencies, and amounts as people write them.

use crate::amount::{Amount, AmountError, read_decimal};

/// A currency, as the case names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    /// Its ISO 4217 code, as `USD`.
    pub code: String,
    /// How many decimal digits its minor unit has: 2 for USD, 0 for JPY.
    pub exponent: u8,
}

impl Currency {
    /// A currency.
    pub fn new(code: &str, exponent: u8) -> Self {
        let code = code.to_owned();
        Self { code, exponent }
    }

    /// Reads an amount in major units, as `1234.50`, with exactly the
    /// currency's digits after the point. No sign, exponent or grouping.
    pub fn parse(&self, text: &str) -> Result<Amount, AmountError> {
        let (minor, fraction) = read_decimal(text)?;
        if fraction != usize::from(self.exponent) {
            return Err(AmountError::Malformed);
        }
        let minor = i64::try_from(minor).map_err(|_| AmountError::Overflow)?;
        Ok(Amount::from_minor(minor))
    }

    /// Writes an amount in major units for people, as `20,000.00`: grouped by
    /// thousands, fractions of a minor unit left off.
    pub fn show(&self, amount: Amount) -> String {
        let minor = amount.whole_minor();
        let negative = minor > 0 && amount < Amount::ZERO;
        let exponent = usize::from(self.exponent);
        let width = exponent + 1;
        // Numbers of 64 bits are far cheaper to write, and few amounts are larger.
        let digits = match u64::try_from(minor) {
            Ok(small) => format!("{small:0>width$}"),
            Err(_) => format!("{minor:0>width$}"),
        };
        let (whole, fraction) = digits.split_at(digits.len() - exponent);

        let mut text = String::with_capacity(digits.len() * 2);
        if negative {
            text.push('-');
        }
        let mut end = (whole.len() - 1) % 3 + 1;
        text.push_str(&whole[..end]);
        while end < whole.len() {
            text.push(',');
            text.push_str(&whole[end..end + 3]);
            end += 3;
        }
        if exponent > 0 {
            text.push('.');
            text.push_str(fraction);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        let (usd, jpy, kwd) = (
            Currency::new("USD", 2),
            Currency::new("JPY", 0),
            Currency::new("KWD", 3),
        );
        for (currency, minor, shown) in [
            (&usd, 2_000_000, "20,000.00"),
            (&usd, 7, "0.07"),
            (&usd, -123_456_789, "-1,234,567.89"),
            (&usd, 99_999, "999.99"),
            (&jpy, 1_000, "1,000"),
            (&kwd, 1_250, "1.250"),
            (&usd, i64::MIN, "-92,233,720,368,547,758.08"),
        ] {
            assert_eq!(currency.show(Amount::from_minor(minor)), shown);
        }
        let most = Amount::from_billionths(i128::MAX);
        assert_eq!(jpy.show(most), "170,141,183,460,469,231,731,687,303,715");
        assert_eq!(usd.parse("50000.00"), Ok(Amount::from_minor(5_000_000)));
        assert_eq!(jpy.parse("500"), Ok(Amount::from_minor(500)));
        for text in ["50000", "1.5", ".50", "1.", "-1.00", "1,000.00", ""] {
            assert_eq!(usd.parse(text), Err(AmountError::Malformed), "{text}");
        }
        let huge = "99999999999999999999.00";
        assert_eq!(usd.parse(huge), Err(AmountError::Overflow));
    }
}
