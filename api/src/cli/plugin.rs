//! `tributary plugin`: a rule from its source to a verdict, without a server.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use tributary_domain::calculator::{
    Calculator, Case, CaseCredit, CaseDeal, CaseHistory, CaseTerms, Code, Description, Outcome,
    Verdict,
};
use tributary_domain::clock::{Clock, Moment, SystemClock};
use tributary_domain::digest::sha256;
use tributary_domain::entity::credit_share::Role;
use tributary_domain::entity::program::ProgramModel;
use tributary_domain::ids::{DealId, PartnerId, TenantId, TermsId};
use tributary_domain::money::{Currency, Exact, Money, round_entitlements};
use tributary_domain::rule::{evaluations, rules};
use tributary_plugins::Sandbox;

use super::publish::Publish;
use super::{Failure, read};

#[derive(Subcommand)]
pub enum Plugin {
    /// Build the rule in a directory into a component
    Build {
        /// The directory of the rule's Cargo.toml
        #[arg(default_value = ".")]
        directory: PathBuf,
        /// Where to write the component
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
    /// Check that a component would be admitted
    Check {
        /// The component, a .wasm file
        component: PathBuf,
    },
    /// Put a case to a component and show its verdict
    Run(Run),
    /// Give a component to a server, as a version of its plugin
    Publish(Publish),
}

#[derive(Args)]
pub struct Run {
    /// The component, a .wasm file
    component: PathBuf,
    /// The rule's configuration, a JSON file
    #[arg(long)]
    config: Option<PathBuf>,
    /// What the deal is worth, in major units, as 120000.00
    #[arg(long, required_unless_present = "case")]
    amount: Option<String>,
    /// The currency of all amounts
    #[arg(long, default_value = "USD")]
    currency: String,
    /// What the partner had won earlier in the calendar year, in major units
    #[arg(long)]
    volume: Option<String>,
    /// The partner's share of the credit, as 1/3 or 12.5 per cent
    #[arg(long, default_value = "1/1", value_parser = share)]
    share: (i32, i32),
    /// The most that the terms allow on the deal, in per cent of it
    #[arg(long, default_value = "100", value_parser = cap)]
    cap: i32,
    /// A whole case instead, a JSON file as `--print-case` writes it
    #[arg(long, conflicts_with_all = ["config", "amount", "currency", "volume", "share"])]
    case: Option<PathBuf>,
    /// Print the case instead of running it
    #[arg(long)]
    print_case: bool,
}

impl Plugin {
    pub async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Build { directory, output } => {
                let built = tributary_toolchain::build(&directory, output.as_deref())?;
                println!("{}", built.path.display());
                describe(&built.description, built.size_bytes, &built.digest);
                Ok(())
            }
            Self::Check { component } => {
                let bytes = read(&component)?;
                let description = Sandbox::new()?
                    .admit(TenantId::new(), Arc::clone(&bytes))
                    .await?;
                describe(&description, bytes.len(), &sha256(&bytes));
                Ok(())
            }
            Self::Run(run) => run.run().await,
            Self::Publish(publish) => publish.run().await,
        }
    }
}

impl Run {
    async fn run(self) -> Result<(), Failure> {
        let case = self.case()?;
        if self.print_case {
            println!("{}", serde_json::to_string_pretty(&case)?);
            return Ok(());
        }
        let bytes = read(&self.component)?;
        let (sandbox, tenant) = (Sandbox::new()?, TenantId::new());
        let description = sandbox.admit(tenant, Arc::clone(&bytes)).await?;
        let code = Code {
            digest: sha256(&bytes),
            bytes,
            basis_codes: description.basis_codes,
        };
        let outcome = sandbox.evaluate(tenant, code, case.clone()).await;
        let Outcome::Decided { result, fuel } = outcome else {
            return Err("the machine is too busy: try again".into());
        };
        let result = result.and_then(|verdict| rules::checked(&case, self.cap, verdict));
        if let Ok(verdict) = &result {
            show(&case, verdict)?;
        }
        println!("fuel   {fuel}");
        println!("output {}", sha256(evaluations::output(&result)?));
        result?;
        Ok(())
    }

    fn case(&self) -> Result<Case, Failure> {
        if let Some(path) = &self.case {
            let text = read(path)?;
            return serde_json::from_slice(&text)
                .map_err(|error| format!("{}: {error}", path.display()).into());
        }
        let currency: Currency = self.currency.parse()?;
        let money = |text: &Option<String>| match text {
            Some(text) => Money::parse(text, currency).map_err(|error| format!("{text}: {error}")),
            None => Ok(Money::new(0, currency)),
        };
        let config = match &self.config {
            Some(path) => String::from_utf8(read(path)?.to_vec())?,
            None => "{}".to_owned(),
        };
        let now = SystemClock.now();
        let partner = PartnerId::new();
        Ok(Case {
            evaluated_at: now,
            deal: deal(money(&self.amount)?, now),
            role: Role::Sourced,
            credits: vec![CaseCredit {
                partner,
                share_numerator: self.share.0,
                share_denominator: self.share.1,
                tier: None,
            }],
            terms: CaseTerms {
                id: TermsId::new(),
                version: 1,
                model: ProgramModel::Referral,
            },
            history: vec![CaseHistory {
                partner,
                year: now.year(),
                deals: 0,
                volume_minor: money(&self.volume)?.minor,
            }],
            config,
        })
    }
}

fn deal(amount: Money, now: Moment) -> CaseDeal {
    CaseDeal {
        id: DealId::new(),
        amount_minor: amount.minor,
        currency: amount.currency,
        opened_at: now,
        closed_at: now,
    }
}

/// Reads a part of a whole: so many of so many, or a percentage of up to six
/// decimals.
fn share(text: &str) -> Result<(i32, i32), String> {
    let read = |text: &str| text.parse::<i32>().ok();
    let exact = match text.split_once('/') {
        Some((one, of)) => read(one).zip(read(of)),
        None => text.parse().ok().and_then(|percent: Decimal| {
            let of = 100
                * 10_i32
                    .checked_pow(percent.scale())
                    .filter(|of| *of <= 1_000_000)?;
            Some((i32::try_from(percent.mantissa()).ok()?, of))
        }),
    };
    let within = |(one, of): &(i32, i32)| 0 < *one && one <= of;
    let wrong = "a share is as 1/3 or 12.5 per cent: more than nothing, at most the whole";
    exact.filter(within).ok_or_else(|| wrong.to_owned())
}

/// Reads a percentage of two decimals as ten-thousandths.
fn cap(text: &str) -> Result<i32, String> {
    let parts = text.parse().ok().and_then(|percent: Decimal| {
        let parts = percent.checked_mul(Decimal::ONE_HUNDRED)?;
        parts.is_integer().then(|| parts.to_i32()).flatten()
    });
    let within = parts.filter(|parts| (1..=10_000).contains(parts));
    within.ok_or_else(|| "a cap is 0.01 to 100 per cent, with two decimals".to_owned())
}

/// What is due, why, and what each partner's commission would be.
fn show(case: &Case, verdict: &Verdict) -> Result<(), Failure> {
    let currency = case.deal.currency;
    for entry in &verdict.entries {
        let amount = major(entry.amount, currency);
        println!(
            "amount {amount} {currency} ({}): {}",
            entry.basis, entry.explanation
        );
    }
    for note in &verdict.notes {
        println!("note   {note}");
    }
    let exact = rules::parts(case, verdict);
    for (partner, minor) in round_entitlements(&exact)? {
        let rounded = Money::new(minor, currency).amount();
        let exact = major(exact[&partner], currency);
        println!("total  {rounded} {currency} to {partner}, rounded from {exact}");
    }
    Ok(())
}

/// An exact amount in major units, with as many digits as it has, but not fewer
/// than the currency.
fn major(amount: Exact, currency: Currency) -> String {
    let exponent = currency.exponent() as usize;
    let places = exponent + 9;
    let digits = format!("{:0>width$}", amount.0.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let fraction = fraction.trim_end_matches('0');
    let sign = if amount.0 < 0 { "-" } else { "" };
    match (fraction, exponent) {
        ("", 0) => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{fraction:0<exponent$}"),
    }
}

fn describe(description: &Description, size_bytes: usize, digest: &str) {
    println!("name   {} {}", description.name, description.version);
    println!("bases  {}", description.basis_codes.join(", "));
    println!("size   {size_bytes} bytes");
    println!("digest {digest}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_exactly() {
        for (text, exact) in [
            ("1/3", (1, 3)),
            ("100", (100, 100)),
            ("12.5", (125, 1_000)),
            ("0.000001", (1, 100_000_000)),
        ] {
            assert_eq!(share(text), Ok(exact), "{text}");
        }
        for text in [
            "0",
            "0/3",
            "-1",
            "-1/3",
            "1/0",
            "4/3",
            "100.01",
            "1.0000001",
            "1/",
            "a",
        ] {
            assert!(share(text).is_err(), "{text}");
        }
    }

    #[test]
    fn caps_are_read_exactly() {
        for (text, parts) in [("100", 10_000), ("12.5", 1_250), ("0.01", 1)] {
            assert_eq!(cap(text), Ok(parts), "{text}");
        }
        for text in ["0", "0.001", "100.01", "-1", "a"] {
            assert!(cap(text).is_err(), "{text}");
        }
    }

    #[test]
    fn exact_amounts_are_shown_to_the_last_digit() {
        let yen: Currency = "JPY".parse().unwrap();
        let show = |billionths, currency| major(Exact(billionths), currency);
        assert_eq!(show(1_550_000_000_000_000, Currency::USD), "15500.00");
        assert_eq!(show(1, Currency::USD), "0.00000000001");
        assert_eq!(show(-1_500_000_000, Currency::USD), "-0.015");
        assert_eq!(show(7_000_000_000, yen), "7");
        assert_eq!(show(7_500_000_000, yen), "7.5");
    }
}
