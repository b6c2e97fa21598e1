//! Money: whole minor units of one currency, and the named places where it is rounded.

use std::collections::BTreeMap;
use std::fmt;

pub use crate::currency::{Currency, MoneyError};

/// Whole minor units of one currency. Never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Money {
    /// Minor units: cents of a dollar, whole yen, fils of a dinar.
    pub minor: i64,
    /// The currency they are units of.
    pub currency: Currency,
}

impl Money {
    /// `minor` units of `currency`.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a decimal string in major units, as `1234.50`, with exactly the
    /// currency's digits. No sign but a leading minus, no exponent, no grouping.
    pub fn parse(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        let exponent = currency.exponent();
        let unsigned = amount.strip_prefix('-').unwrap_or(amount);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let dangling = unsigned.ends_with('.');
        if whole.is_empty() || dangling || !digits(whole) || !digits(fraction) {
            return Err(MoneyError::Malformed);
        }
        if fraction.len() != exponent as usize {
            return Err(MoneyError::WrongDigits(exponent));
        }
        let sign = if amount.starts_with('-') { "-" } else { "" };
        let minor = format!("{sign}{whole}{fraction}").parse();
        Ok(Self::new(
            minor.map_err(|_| MoneyError::TooLarge)?,
            currency,
        ))
    }

    /// The decimal string in major units.
    pub fn amount(&self) -> String {
        let exponent = self.currency.exponent() as usize;
        let digits = format!(
            "{:0>width$}",
            self.minor.unsigned_abs(),
            width = exponent + 1
        );
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        let sign = if self.minor < 0 { "-" } else { "" };
        match fraction {
            "" => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{fraction}"),
        }
    }

    /// As it stands on the wire: `{"amount": "1234.50", "currency": "USD"}`.
    pub fn on_the_wire(self) -> serde_json::Value {
        serde_json::json!({ "amount": self.amount(), "currency": self.currency })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

/// An exact amount in billionths of a minor unit: what a rule answers with,
/// before the one rounding that turns it into money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exact(pub i128);

impl Exact {
    /// Billionths in one minor unit.
    pub const PER_MINOR: i128 = 1_000_000_000;

    /// The exact value of whole minor units.
    pub fn from_minor(minor: i64) -> Self {
        Self(i128::from(minor) * Self::PER_MINOR)
    }
}

// As text: no JSON number holds 128 bits.
impl serde::Serialize for Exact {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Exact {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

/// `numerator / denominator`, rounded half to even. `denominator` is positive.
fn divide_half_even(numerator: i128, denominator: i128) -> i128 {
    assert!(denominator > 0, "a rounding divides by a positive number");
    let floor = numerator.div_euclid(denominator);
    let twice = numerator.rem_euclid(denominator) * 2;
    match twice.cmp(&denominator) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Greater => floor + 1,
        std::cmp::Ordering::Equal => floor + (floor & 1),
    }
}

/// Turns a rule's exact amounts into entitlements: the sum is rounded half to
/// even, each part down, and what is then missing goes, one minor unit each,
/// to the largest fractions, and among equals to the lowest id. The only place
/// where a commission's total is rounded; a cap of whole minor units on the sum
/// is never exceeded.
pub fn round_entitlements<Id: Copy + Ord>(
    parts: &BTreeMap<Id, Exact>,
) -> Result<BTreeMap<Id, i64>, MoneyError> {
    let overflow = || MoneyError::TooLarge;
    let mut sum = 0_i128;
    let mut rounded = BTreeMap::new();
    let mut fractions = Vec::new();
    for (&id, part) in parts {
        sum = sum.checked_add(part.0).ok_or_else(overflow)?;
        rounded.insert(id, part.0.div_euclid(Exact::PER_MINOR));
        fractions.push((std::cmp::Reverse(part.0.rem_euclid(Exact::PER_MINOR)), id));
    }
    fractions.sort_unstable();
    let missing = divide_half_even(sum, Exact::PER_MINOR) - rounded.values().sum::<i128>();
    for (_, id) in fractions
        .into_iter()
        .take(usize::try_from(missing).unwrap_or(0))
    {
        rounded.entry(id).and_modify(|minor| *minor += 1);
    }
    rounded
        .into_iter()
        .map(|(id, minor)| Ok((id, i64::try_from(minor).map_err(|_| overflow())?)))
        .collect()
}

/// How much of `total` is released once `collected` of `amount` has come in:
/// half to even on the cumulative target, never beyond the total, so that
/// earnings, being differences of targets, add up to it exactly.
///
/// All are minor units of one currency; `amount` is positive.
pub fn round_release_target(total: i64, collected: i64, amount: i64) -> i64 {
    assert!(amount > 0, "a deal has a positive amount");
    let collected = collected.clamp(0, amount);
    let product = i128::from(total) * i128::from(collected);
    let target = divide_half_even(product, i128::from(amount));
    i64::try_from(target).unwrap_or(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        code.parse().expect("a currency")
    }

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        for (amount, code, minor) in [
            ("1234.50", "USD", 123_450),
            ("-0.01", "USD", -1),
            ("500", "JPY", 500),
            ("1.250", "KWD", 1_250),
            ("-92233720368547758.08", "USD", i64::MIN),
        ] {
            let money = Money::parse(amount, currency(code)).expect(amount);
            assert_eq!((money.minor, money.amount().as_str()), (minor, amount));
        }
        for (amount, code, error) in [
            ("1.5", "USD", MoneyError::WrongDigits(2)),
            ("1", "USD", MoneyError::WrongDigits(2)),
            ("1.0", "JPY", MoneyError::WrongDigits(0)),
            ("1.", "JPY", MoneyError::Malformed),
            (".50", "USD", MoneyError::Malformed),
            ("1e3", "JPY", MoneyError::Malformed),
            ("+1.00", "USD", MoneyError::Malformed),
            ("--1.00", "USD", MoneyError::Malformed),
            ("1,000.00", "USD", MoneyError::Malformed),
            ("", "USD", MoneyError::Malformed),
            ("92233720368547758.08", "USD", MoneyError::TooLarge),
        ] {
            assert_eq!(
                Money::parse(amount, currency(code)),
                Err(error),
                "{amount} {code}"
            );
        }
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        for (tenths, whole) in [
            (5, 0),
            (15, 2),
            (25, 2),
            (-5, 0),
            (-15, -2),
            (-25, -2),
            (26, 3),
        ] {
            assert_eq!(divide_half_even(tenths, 10), whole, "{tenths}/10");
        }
    }

    #[test]
    fn thirds_of_a_cap_add_up_to_the_cap() {
        let third = Exact(200_000 * Exact::PER_MINOR / 3);
        let parts = BTreeMap::from([(1, third), (2, third), (3, third)]);
        let rounded = round_entitlements(&parts).expect("small");
        assert_eq!(
            rounded,
            BTreeMap::from([(1, 66_667), (2, 66_667), (3, 66_666)])
        );
    }

    proptest! {
        #[test]
        fn entitlements_add_up_to_the_rounded_sum(parts in prop::collection::btree_map(0..50_u8, 0..10_i128.pow(24), 1..10)) {
            let parts: BTreeMap<u8, Exact> = parts.into_iter().map(|(id, part)| (id, Exact(part))).collect();
            let rounded = round_entitlements(&parts).expect("small");
            let sum: i128 = parts.values().map(|part| part.0).sum();
            let total: i128 = rounded.values().map(|&minor| i128::from(minor)).sum();
            prop_assert_eq!(total, divide_half_even(sum, Exact::PER_MINOR));
            for (id, part) in &parts {
                let distance = i128::from(rounded[id]) * Exact::PER_MINOR - part.0;
                prop_assert!(distance.abs() < Exact::PER_MINOR);
            }
        }

        #[test]
        fn text_and_money_are_one_to_one(minor: i64, code in prop::sample::select(vec!["USD", "JPY", "KWD"])) {
            let money = Money::new(minor, currency(code));
            prop_assert_eq!(Money::parse(&money.amount(), money.currency), Ok(money));
        }

        #[test]
        fn the_last_instalment_lands_on_the_total(
            total in 0..=1_000_000_000_i64,
            parts in prop::collection::vec(1..=10_000_000_i64, 1..20),
        ) {
            let amount: i64 = parts.iter().sum();
            let (mut collected, mut released) = (0, 0);
            for part in parts {
                collected += part;
                let earning = round_release_target(total, collected, amount) - released;
                prop_assert!(earning >= 0);
                released += earning;
                prop_assert!(released <= total);
            }
            prop_assert_eq!(released, total);
        }

        #[test]
        fn a_target_depends_on_the_sum_alone(
            total in 0..=1_000_000_000_i64,
            amount in 1..=1_000_000_000_i64,
            collected in -1_000_000_000..=2_000_000_000_i64,
        ) {
            let target = round_release_target(total, collected, amount);
            prop_assert!((0..=total).contains(&target));
            if collected >= amount { prop_assert_eq!(target, total); }
            if collected <= 0 { prop_assert_eq!(target, 0); }
        }
    }
}
