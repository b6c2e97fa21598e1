//! Exact money and exact ratios. Nothing here rounds, wraps or panics.

use std::fmt;
use std::iter;

/// An exact amount of money, in billionths of one minor unit of the case's
/// currency. Unrounded: the host rounds, once per partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(i128);

/// Why an amount could not be computed or read. Turns into a [`Refusal`] with
/// `?`, so that a rule holds a commission rather than pays a wrong one.
///
/// [`Refusal`]: crate::Refusal
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// The result does not fit.
    Overflow,
    /// The product has more digits than an [`Amount`] keeps.
    Inexact,
    /// The text is not a plain decimal number with the allowed digits.
    Malformed,
}

impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overflow => "the amount is too large",
            Self::Inexact => "the amount cannot be given exactly",
            Self::Malformed => "not a plain decimal number",
        })
    }
}

impl std::error::Error for AmountError {}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Billionths in one minor unit.
    pub const PER_MINOR: u64 = 1_000_000_000;

    /// Whole minor units: cents of a dollar, whole yen.
    pub fn from_minor(minor: i64) -> Self {
        Self(i128::from(minor) * i128::from(Self::PER_MINOR))
    }

    /// Billionths of a minor unit.
    pub const fn from_billionths(billionths: i128) -> Self {
        Self(billionths)
    }

    /// Billionths of a minor unit.
    pub const fn billionths(self) -> i128 {
        self.0
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, AmountError> {
        self.0
            .checked_add(other.0)
            .map(Self)
            .ok_or(AmountError::Overflow)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Result<Self, AmountError> {
        self.0
            .checked_sub(other.0)
            .map(Self)
            .ok_or(AmountError::Overflow)
    }

    /// The product, or [`AmountError::Inexact`] where it has more digits than
    /// an amount keeps.
    pub fn times(self, ratio: Ratio) -> Result<Self, AmountError> {
        let (quotient, remainder) = self.divided(ratio)?;
        match remainder {
            0 => Ok(quotient),
            _ => Err(AmountError::Inexact),
        }
    }

    /// The product, cut off after the last digit that an amount keeps: at most
    /// a billionth of a minor unit nearer to zero than the exact product.
    pub fn times_truncated(self, ratio: Ratio) -> Result<Self, AmountError> {
        self.divided(ratio).map(|(quotient, _)| quotient)
    }

    /// The product's whole billionths, towards zero, and what is left of it over
    /// the ratio's denominator.
    fn divided(self, ratio: Ratio) -> Result<(Self, u64), AmountError> {
        // Taken apart so that whatever has room in the answer has room on the
        // way: `part` and the numerator are of 64 bits each.
        let (whole, part) = divide(self.0.unsigned_abs(), ratio.denominator);
        let numerator = u128::from(ratio.numerator);
        let (of_part, remainder) = divide(u128::from(part) * numerator, ratio.denominator);
        let quotient = whole
            .checked_mul(numerator)
            .and_then(|of_whole| of_whole.checked_add(of_part));
        let signed = quotient.and_then(|quotient| {
            if self.0 < 0 {
                0_i128.checked_sub_unsigned(quotient)
            } else {
                0_i128.checked_add_unsigned(quotient)
            }
        });
        Ok((Self(signed.ok_or(AmountError::Overflow)?), remainder))
    }

    /// Whole minor units without their sign, towards zero: to be shown, never to
    /// be paid.
    pub(crate) fn whole_minor(self) -> u128 {
        divide(self.0.unsigned_abs(), Self::PER_MINOR).0
    }
}

/// Quotient and remainder. A processor divides 64 bits at once; for 128,
/// WebAssembly has a loop of hundreds of instructions.
fn divide(number: u128, divisor: u64) -> (u128, u64) {
    if let Ok(number) = u64::try_from(number) {
        return (u128::from(number / divisor), number % divisor);
    }
    let quotient = number / u128::from(divisor);
    let remainder = number - quotient * u128::from(divisor);
    (quotient, u64::try_from(remainder).unwrap_or(divisor))
}

/// The sum of all, or the first overflow.
impl iter::Sum<Amount> for Result<Amount, AmountError> {
    fn sum<I: Iterator<Item = Amount>>(mut amounts: I) -> Self {
        amounts.try_fold(Amount::ZERO, Amount::plus)
    }
}

/// An exact, non-negative ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ratio {
    numerator: u64,
    denominator: u64,
}

impl Ratio {
    /// One: all of it.
    pub const ONE: Self = Self {
        numerator: 1,
        denominator: 1,
    };

    /// `numerator / denominator`; nothing if the denominator is zero.
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let divisor = greatest_common_divisor(numerator, denominator);
        Some(Self {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
        })
    }

    /// Reads a percentage as people write it: `12.5` is one eighth. At most 6
    /// digits after the point; no sign, exponent or grouping.
    pub fn percent(text: &str) -> Result<Self, AmountError> {
        let (mut number, fraction) = read_decimal(text)?;
        for _ in fraction..6 {
            number = number.checked_mul(10).ok_or(AmountError::Overflow)?;
        }
        match fraction {
            0..=6 => Self::new(number, 100_000_000).ok_or(AmountError::Malformed),
            _ => Err(AmountError::Malformed),
        }
    }

    /// How many parts, in lowest terms.
    pub const fn numerator(self) -> u64 {
        self.numerator
    }

    /// Of how many, in lowest terms; positive.
    pub const fn denominator(self) -> u64 {
        self.denominator
    }

    /// The product, exact.
    pub fn times(self, other: Self) -> Result<Self, AmountError> {
        let across = greatest_common_divisor(self.numerator, other.denominator);
        let back = greatest_common_divisor(other.numerator, self.denominator);
        let product = |one: u64, two: u64| one.checked_mul(two).ok_or(AmountError::Overflow);
        let numerator = product(self.numerator / across, other.numerator / back)?;
        let denominator = product(self.denominator / back, other.denominator / across)?;
        Self::new(numerator, denominator).ok_or(AmountError::Overflow)
    }
}

/// Reads a plain decimal number: its digits as one number, and how many of them
/// stand after the point. `12.5` gives 125 and 1.
pub(crate) fn read_decimal(text: &str) -> Result<(u64, usize), AmountError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || text.ends_with('.') {
        return Err(AmountError::Malformed);
    }
    let mut number = 0_u64;
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return Err(AmountError::Malformed);
        }
        number = number
            .checked_mul(10)
            .and_then(|number| number.checked_add(u64::from(digit)))
            .ok_or(AmountError::Overflow)?;
    }
    Ok((number, fraction.len()))
}

/// At least 1 as long as one of the two is not zero.
fn greatest_common_divisor(mut one: u64, mut two: u64) -> u64 {
    while two != 0 {
        (one, two) = (two, one % two);
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentages_are_read_exactly() {
        for (text, numerator, denominator) in [
            ("10", 1, 10),
            ("12.5", 1, 8),
            ("0.000001", 1, 100_000_000),
            ("0", 0, 1),
            ("100.00", 1, 1),
        ] {
            let expected = Ratio {
                numerator,
                denominator,
            };
            assert_eq!(Ratio::percent(text), Ok(expected), "{text}");
        }
        for text in ["", ".5", "5.", "-1", "+1", "1e2", "1.0000001", "1,5", "١"] {
            assert_eq!(Ratio::percent(text), Err(AmountError::Malformed), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        for text in [
            "18446744073709551616",
            "9999999999999999",
            "1.00000000000000000000",
        ] {
            assert_eq!(Ratio::percent(text), Err(AmountError::Overflow), "{text}");
        }
        let most = Amount::from_billionths(i128::MAX);
        let least = Amount::from_billionths(i128::MIN);
        let one = Amount::from_billionths(1);
        let double = Ratio::new(2, 1).unwrap();
        assert_eq!(most.plus(one), Err(AmountError::Overflow));
        assert_eq!(least.minus(one), Err(AmountError::Overflow));
        assert_eq!(most.times(double), Err(AmountError::Overflow));
        assert_eq!(least.times(double), Err(AmountError::Overflow));
        assert_eq!(
            [most, one].into_iter().sum::<Result<Amount, _>>(),
            Err(AmountError::Overflow)
        );
        assert_eq!(Ratio::new(1, 0), None);
    }

    /// A part of an amount is not larger than the amount.
    #[test]
    fn what_has_room_in_the_answer_is_computed() {
        let nearly = Ratio::new(u64::MAX - 1, u64::MAX).unwrap();
        let amount = Amount::from_billionths(i128::from(u64::MAX) - 1);
        assert_eq!(
            amount.times_truncated(nearly),
            Ok(Amount::from_billionths(i128::from(u64::MAX) - 2))
        );
        let least = Amount::from_billionths(i128::MIN);
        assert_eq!(least.times(Ratio::ONE), Ok(least));
    }

    #[test]
    fn a_product_is_exact_or_says_so() {
        let third = Ratio::new(1, 3).unwrap();
        let cent = Amount::from_minor(1);
        assert_eq!(cent.times(third), Err(AmountError::Inexact));
        assert_eq!(
            cent.times_truncated(third).unwrap().billionths(),
            333_333_333
        );
        let owed = Amount::from_minor(-1).times_truncated(third).unwrap();
        assert_eq!(owed.billionths(), -333_333_333);
    }

    proptest! {
        #[test]
        fn a_product_agrees_with_wide_arithmetic(
            minor: i64,
            numerator in 0..=1_000_000_u64,
            denominator in 1..=1_000_000_u64,
        ) {
            let amount = Amount::from_minor(minor);
            let ratio = Ratio::new(numerator, denominator).unwrap();
            let product = amount.billionths() * i128::from(numerator);
            let truncated = amount.times_truncated(ratio).unwrap();
            prop_assert_eq!(truncated.billionths(), product / i128::from(denominator));
            let exact = product % i128::from(denominator) == 0;
            prop_assert_eq!(amount.times(ratio).is_ok(), exact);
        }

        #[test]
        fn nothing_panics(one: i128, two: i128, numerator: u64, denominator: u64) {
            let (one, two) = (Amount::from_billionths(one), Amount::from_billionths(two));
            let _ = (one.plus(two), one.minus(two));
            if let Some(ratio) = Ratio::new(numerator, denominator) {
                let _ = (one.times(ratio), one.times_truncated(ratio), ratio.times(ratio));
            }
        }
    }
}
