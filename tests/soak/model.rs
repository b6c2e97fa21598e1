//! What a deal must come to, said once more and without the engine's code: half
//! a dozen lines of arithmetic in whole cents.

use serde_json::{Value, json};

/// The terms' rates: of every deal's amount in percent, and up to how many cents.
const RATES: [(Role, i128, i128); 2] = [
    (Role::Sourced, 10, i128::MAX),
    (Role::Influenced, 2, 200_000),
];

/// A partner's part in a deal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It brought the deal.
    Sourced,
    /// It helped.
    Influenced,
}

impl Role {
    /// As the schema calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sourced => "SOURCED",
            Self::Influenced => "INFLUENCED",
        }
    }
}

/// How a deal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It may be won or lost.
    Open,
    /// The customer signed.
    Won,
    /// It did not.
    Lost,
}

impl State {
    /// As the schema calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Won => "CLOSED_WON",
            Self::Lost => "CLOSED_LOST",
        }
    }
}

/// A deal as it must be.
#[derive(Clone, Debug)]
pub struct Deal {
    /// Its id.
    pub id: String,
    /// In cents.
    pub amount: i128,
    /// How it stands.
    pub state: State,
    /// Who has a confirmed part in it: at most one for each role.
    pub parts: Vec<(Role, String)>,
    /// What the customer has paid, less what it was paid back, in cents.
    pub collected: i128,
    /// How often it paid or was paid back.
    pub collections: usize,
}

impl Deal {
    /// What each partner gets for the deal, and what of it is earned so far.
    pub fn commissions(&self) -> Vec<(Role, &str, i128, i128)> {
        if self.state != State::Won {
            return Vec::new();
        }
        self.parts
            .iter()
            .filter_map(|(role, partner)| {
                let (_, percent, cap) = RATES.iter().find(|rate| rate.0 == *role)?;
                let total = half_even(self.amount * percent, 100).min(*cap);
                let earned = half_even(total * self.collected.min(self.amount), self.amount);
                Some((*role, partner.as_str(), total, earned))
            })
            .collect()
    }
}

/// A quotient of numbers that are not negative, halves to the even neighbour.
fn half_even(dividend: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    match (2 * rest).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
    }
}

/// Cents as they are sent.
pub fn usd(cents: i128) -> Value {
    json!({ "amount": format!("{}.{:02}", cents / 100, cents % 100), "currency": "USD" })
}

/// Cents as they are answered.
pub fn cents(money: &Value) -> Option<i128> {
    let text = money["amount"].as_str()?;
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, part) = text.split_once('.')?;
    let whole: i128 = whole.parse().ok()?;
    let part: i128 = part.parse().ok()?;
    Some(sign * (whole * 100 + part))
}
