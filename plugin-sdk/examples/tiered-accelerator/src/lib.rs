//! Marginal brackets on the volume a partner has closed in the calendar year:
//! the part of a deal that falls into a bracket earns that bracket's percentage.

use serde::Deserialize;
use tributary_plugin_sdk::{
    Amount, Case, Credit, Currency, Ratio, Refusal, Rule, Verdict, export_rule,
};

const BRACKET: &str = "bracket";

/// The rule.
pub struct TieredAccelerator;

/// What the terms say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    brackets: Vec<BracketText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BracketText {
    up_to: Option<String>,
    percent: String,
}

/// One bracket: volume from `from` to `up_to`, or to any height.
struct Bracket<'a> {
    from: Amount,
    up_to: Option<Amount>,
    percent: &'a str,
    rate: Ratio,
}

impl Rule for TieredAccelerator {
    type Config = Config;
    const NAME: &str = "tiered-accelerator";
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    const BASIS_CODES: &[&str] = &[BRACKET];
    const CONFIG_SCHEMA: &str = include_str!("../config.schema.json");

    fn evaluate(case: &Case, config: &Config) -> Result<Verdict, Refusal> {
        let brackets = read(config, &case.deal.currency)?;
        let mut verdict = Verdict::default();
        for credit in &case.credits {
            fill(&brackets, case, credit, &mut verdict)?;
        }
        Ok(verdict)
    }
}

export_rule!(TieredAccelerator);

/// Reads the brackets, which must rise; only the last may be open above.
fn read<'a>(config: &'a Config, currency: &Currency) -> Result<Vec<Bracket<'a>>, Refusal> {
    let mut brackets = Vec::with_capacity(config.brackets.len());
    let mut from = Some(Amount::ZERO);
    for text in &config.brackets {
        let Some(start) = from else {
            return Err(Refusal::bad_configuration(
                "only the last bracket may go without `up_to`",
            ));
        };
        let up_to = match &text.up_to {
            Some(up_to) => Some(currency.parse(up_to).map_err(|error| bad(up_to, error))?),
            None => None,
        };
        if up_to.is_some_and(|end| end <= start) {
            return Err(Refusal::bad_configuration("brackets must rise"));
        }
        let rate = Ratio::percent(&text.percent).map_err(|error| bad(&text.percent, error))?;
        brackets.push(Bracket {
            from: start,
            up_to,
            percent: &text.percent,
            rate,
        });
        from = up_to;
    }
    match (brackets.is_empty(), from) {
        (true, _) => Err(Refusal::bad_configuration("there are no brackets")),
        (_, Some(_)) => Err(Refusal::bad_configuration(
            "the last bracket must go without `up_to`",
        )),
        (_, None) => Ok(brackets),
    }
}

fn bad(text: &str, error: impl std::fmt::Display) -> Refusal {
    Refusal::bad_configuration(format!("`{text}`: {error}"))
}

/// Lays the deal on top of the partner's volume and pays for each bracket it reaches.
fn fill(
    brackets: &[Bracket<'_>],
    case: &Case,
    credit: &Credit,
    verdict: &mut Verdict,
) -> Result<(), Refusal> {
    let before = case.volume_of(&credit.partner)?;
    let after = before.plus(case.deal.amount)?;
    for bracket in brackets {
        let start = before.max(bracket.from);
        let end = bracket.up_to.map_or(after, |up_to| after.min(up_to));
        if start >= end {
            continue;
        }
        let part = end.minus(start)?;
        let rate = bracket.rate.times(credit.share)?;
        // A share of a percentage can have more digits than an amount keeps:
        // what is cut off is less than a billionth of a minor unit.
        let amount = part.times_truncated(rate)?;
        let explanation = explain(
            &case.deal.currency,
            credit,
            bracket.percent,
            start,
            end,
            part,
        );
        verdict.pay(&credit.partner, amount, BRACKET, explanation);
    }
    Ok(())
}

fn explain(
    currency: &Currency,
    credit: &Credit,
    percent: &str,
    start: Amount,
    end: Amount,
    part: Amount,
) -> String {
    let (part, code) = (currency.show(part), &currency.code);
    let (start, end) = (currency.show(start), currency.show(end));
    let share = match (credit.share.numerator(), credit.share.denominator()) {
        (1, 1) => String::new(),
        (parts, of) => format!(", of which your share is {parts} of {of} parts"),
    };
    format!("{part} {code} of this deal at {percent} % (volume {start} to {end}){share}")
}

#[cfg(test)]
mod tests {
    use super::*;
    const CONFIG: &str = r#"{"brackets":[{"up_to":"50000.00","percent":"10"},{"up_to":"100000.00","percent":"12"},{"percent":"15"}]}"#;

    /// A deal of so many cents, after so many cents of volume.
    fn case(amount: i64, volume: i64, config: &str) -> Case {
        let mut case = Case::sample(Currency::new("USD", 2), amount, config);
        case.history[0].volume = Amount::from_minor(volume);
        case
    }

    fn total(case: &Case) -> i128 {
        let verdict = TieredAccelerator::run(case).unwrap();
        verdict.total().unwrap().billionths() / i128::from(Amount::PER_MINOR)
    }

    #[test]
    fn the_first_deal_earns_the_first_bracket() {
        assert_eq!(total(&case(3_000_000, 0, CONFIG)), 300_000);
    }

    #[test]
    fn a_deal_is_laid_over_the_brackets_it_reaches() {
        let verdict = TieredAccelerator::run(&case(12_000_000, 3_000_000, CONFIG)).unwrap();
        let said: Vec<_> = verdict
            .entries
            .iter()
            .map(|entry| (entry.amount, entry.explanation.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                (
                    Amount::from_minor(200_000),
                    "20,000.00 USD of this deal at 10 % (volume 30,000.00 to 50,000.00)"
                ),
                (
                    Amount::from_minor(600_000),
                    "50,000.00 USD of this deal at 12 % (volume 50,000.00 to 100,000.00)"
                ),
                (
                    Amount::from_minor(750_000),
                    "50,000.00 USD of this deal at 15 % (volume 100,000.00 to 150,000.00)"
                ),
            ]
        );
        assert_eq!(verdict.total(), Ok(Amount::from_minor(1_550_000)));
    }

    #[test]
    fn a_deal_that_ends_on_a_bracket_stays_below_it() {
        let verdict = TieredAccelerator::run(&case(2_000_000, 3_000_000, CONFIG)).unwrap();
        assert_eq!(verdict.entries.len(), 1);
        let verdict = TieredAccelerator::run(&case(1, 5_000_000, CONFIG)).unwrap();
        assert_eq!(verdict.entries.len(), 1);
        assert_eq!(verdict.total().unwrap().billionths(), 120_000_000);
    }

    #[test]
    fn a_shared_deal_pays_the_share() {
        let mut case = case(3_000_000, 0, CONFIG);
        case.credits[0].share = Ratio::new(1, 3).unwrap();
        let verdict = TieredAccelerator::run(&case).unwrap();
        assert_eq!(verdict.total(), Ok(Amount::from_minor(100_000)));
        let explanation = &verdict.entries[0].explanation;
        assert!(
            explanation.ends_with(", of which your share is 1 of 3 parts"),
            "{explanation}"
        );
    }

    #[test]
    fn a_bad_configuration_is_refused() {
        for config in [
            "",
            "{}",
            r#"{"brackets":[]}"#,
            r#"{"brackets":[{"percent":"10"}],"cap":"1.00"}"#,
            r#"{"brackets":[{"percent":"ten"}]}"#,
            r#"{"brackets":[{"percent":10}]}"#,
            r#"{"brackets":[{"percent":"10"},{"percent":"12"}]}"#,
            r#"{"brackets":[{"up_to":"50000.00","percent":"10"}]}"#,
            r#"{"brackets":[{"up_to":"50000","percent":"10"},{"percent":"12"}]}"#,
            r#"{"brackets":[{"up_to":"2.00","percent":"1"},{"up_to":"2.00","percent":"2"},{"percent":"3"}]}"#,
        ] {
            let answer = TieredAccelerator::run(&case(1, 0, config));
            assert!(
                matches!(answer, Err(Refusal::BadConfiguration(_))),
                "{config}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_not_paid() {
        let mut huge = case(1, 0, CONFIG);
        huge.history[0].volume = Amount::from_billionths(i128::MAX);
        let answer = TieredAccelerator::run(&huge);
        assert!(matches!(answer, Err(Refusal::Refused { code, .. }) if code == "AMOUNT_OVERFLOW"));
    }
}
