//! A part of the deal's amount, up to a cap.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value as Json, json};

use super::built_in::BuiltIn;
use crate::calculator::{Case, CaseCredit, Fault, Verdict, VerdictEntry};
use crate::error::{Error, Result};
use crate::kernel::check::{Check, Given};
use crate::limits;
use crate::money::{Currency, Exact, Money};

/// What is sent of one.
#[derive(Debug)]
pub struct Formula {
    /// Per cent: more than 0, at most 100, with at most six decimals.
    pub rate: Given<Decimal>,
    /// The most on one deal, in the program's currency.
    pub cap: Option<Given<Money>>,
}

/// What can be read of that.
#[derive(Debug, serde::Serialize)]
pub struct Draft {
    /// As text: a number in JSON has no exact decimals.
    rate: String,
    cap: Option<Money>,
}

impl Formula {
    /// Reads it, under the most that terms let a rule give, in ten-thousandths.
    ///
    /// # Errors
    ///
    /// `InvalidInput` on `ratePercent`.
    pub fn read(self, most_bps: i32) -> Result<Draft> {
        let mut check = Check::default();
        let rate = check.given(self.rate)?;
        let cap = check.optional(self.cap)?;
        let rate = rate.map(|rate| rate_as_text(rate, most_bps)).transpose();
        let Some(rate) = check.take(rate)?.flatten() else {
            return Err(check.failed());
        };
        check.done()?;
        Ok(Draft { rate, cap })
    }
}

impl Draft {
    /// The configuration in a program of this currency.
    ///
    /// # Errors
    ///
    /// `InvalidInput` on `cap`.
    pub fn config(&self, currency: Currency) -> Result<Config> {
        let cap = self.cap.map(|cap| limits::positive("cap", cap, currency));
        Ok(Config {
            rate: self.rate.clone(),
            cap_minor: cap.transpose()?,
        })
    }
}

fn rate_as_text(rate: Decimal, most_bps: i32) -> Result<String> {
    let field = "ratePercent";
    if rate <= Decimal::ZERO || rate > Decimal::ONE_HUNDRED || rate.scale() > 6 {
        let message = "a rate is more than 0, at most 100, with at most six decimals";
        return Err(Error::invalid(field, message));
    }
    // A rule that exceeds the cap could never be assessed.
    if rate * Decimal::ONE_HUNDRED > Decimal::from(most_bps) {
        let message = "more than the terms' commissionCapPercent";
        return Err(Error::invalid(field, message));
    }
    Ok(rate.normalize().to_string())
}

/// The configuration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Config {
    /// Per cent, as decimal text.
    pub rate: String,
    /// The most on one deal, in minor units.
    pub cap_minor: Option<i64>,
}

impl Config {
    /// Reads what a rule stores.
    ///
    /// # Errors
    ///
    /// [`Error::Broken`] for the configuration of another kind.
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text)
            .map_err(|error| Error::broken(format!("not a percentage: {error}")))
    }

    /// What a rule stores.
    ///
    /// # Errors
    ///
    /// None that happens.
    pub fn write(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::broken(error.to_string()))
    }
}

/// The kind.
pub struct Percentage;

impl BuiltIn for Percentage {
    fn digest(&self) -> &'static str {
        "builtin:percentage@1"
    }

    /// The part is divided by share, exact to a billionth of a minor unit; what the
    /// shares cut off below that goes, a billionth each, to the lowest ids, so that the
    /// sum is exact.
    fn evaluate(&self, case: &Case) -> Result<Verdict, Fault> {
        let bad = |message: &str| Fault::BadConfiguration {
            message: message.to_owned(),
        };
        let config: Config =
            serde_json::from_str(&case.config).map_err(|_| bad("not a percentage"))?;
        let rate: Decimal = config.rate.parse().map_err(|_| bad("not a rate"))?;
        // Six decimals of a per cent are hundred-millionths of the amount.
        let parts = rate
            .checked_mul(Decimal::from(1_000_000))
            .filter(Decimal::is_integer)
            .and_then(|parts| parts.to_i128())
            .ok_or_else(|| bad("more than six decimals"))?;
        let per_part = Exact::PER_MINOR / 100_000_000;
        let uncapped = i128::from(case.deal.amount_minor) * parts * per_part;
        let cap = config.cap_minor.map(Exact::from_minor);
        let total = cap.map_or(uncapped, |cap| uncapped.min(cap.0));
        let capped = match config.cap_minor {
            Some(cap) if total < uncapped => {
                format!(", capped at {}", Money::new(cap, case.deal.currency))
            }
            _ => String::new(),
        };
        let amount = Money::new(case.deal.amount_minor, case.deal.currency);
        let entries = case.credits.iter().zip(divided(total, &case.credits));
        let entries = entries.map(|(credit, part)| VerdictEntry {
            partner: credit.partner,
            amount: Exact(part),
            basis: "percentage".to_owned(),
            explanation: match (credit.share_numerator, credit.share_denominator) {
                (one, of) if one == of => format!("{} % of {amount}{capped}", config.rate),
                (one, of) => format!(
                    "{} % of {amount}{capped}, of which {one} of {of} parts",
                    config.rate
                ),
            },
        });
        Ok(Verdict {
            entries: entries.collect(),
            notes: Vec::new(),
        })
    }

    fn document(&self, config: &str, currency: Currency) -> Result<Json> {
        let Config { rate, cap_minor } = Config::read(config)?;
        let cap = cap_minor.map(|minor| Money::new(minor, currency).amount());
        Ok(json!({ "rate_percent": rate, "cap": cap }))
    }
}

/// Billionths divided by share, to the last one.
fn divided(total: i128, credits: &[CaseCredit]) -> Vec<i128> {
    let part = |credit: &CaseCredit| {
        total * i128::from(credit.share_numerator) / i128::from(credit.share_denominator)
    };
    let mut parts: Vec<i128> = credits.iter().map(part).collect();
    let left = total - parts.iter().sum::<i128>();
    for part in parts.iter_mut().take(usize::try_from(left).unwrap_or(0)) {
        *part += 1;
    }
    parts
}
