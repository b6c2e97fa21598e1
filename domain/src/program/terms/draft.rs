//! What is sent of terms, and what of it can be read.

use std::collections::HashSet;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value as Json;

use crate::clock::Moment;
use crate::entity::credit_share::Role;
use crate::error::{Error, Result};
use crate::ids::{PluginVersionId, ProgramId};
use crate::kernel::check::{Check, Given};
use crate::limits;
use crate::money::Money;

/// What a version of the terms says, as it is sent.
#[derive(Debug)]
pub struct NewTerms {
    /// From when on they are in force; at once, if none.
    pub effective_at: Option<Moment>,
    /// What partners agree to.
    pub agreement_text: String,
    /// Days of protection from approval.
    pub protection_days: i32,
    /// Whether registrations without conflict are approved at once.
    pub auto_approve: bool,
    /// Days that an earning waits after its collection.
    pub hold_days: i32,
    /// Days after a win until undecided involvements are declined.
    pub credit_decision_days: i32,
    /// The least that is paid out, in the program's currency.
    pub payout_minimum: Given<Money>,
    /// The most that one rule may give on one deal, in ten-thousandths of it.
    pub commission_cap_bps: i32,
    /// The rules; at most one for each role.
    pub rules: Vec<NewRule>,
}

/// How one role's credit becomes money.
#[derive(Debug)]
pub struct NewRule {
    /// The role.
    pub role: Role,
    /// The computation.
    pub formula: Formula,
}

/// A rule's computation.
#[derive(Debug)]
pub enum Formula {
    /// A part of the deal's amount.
    Percentage {
        /// Per cent: more than 0, at most 100, with at most six decimals.
        rate: Given<Decimal>,
        /// The most on one deal, in the program's currency.
        cap: Option<Given<Money>>,
    },
    /// The tenant's own code.
    Plugin {
        /// The version that decides, until an activation says otherwise.
        version: Given<PluginVersionId>,
        /// Its configuration, as JSON text.
        config: String,
    },
}

/// Terms, once they are read. Keys are compared by it.
#[derive(Debug, Serialize)]
pub(super) struct Draft {
    pub(super) program: ProgramId,
    pub(super) effective_at: Option<Moment>,
    pub(super) agreement_text: String,
    pub(super) protection_days: i32,
    pub(super) auto_approve: bool,
    pub(super) hold_days: i32,
    pub(super) credit_decision_days: i32,
    pub(super) payout_minimum: Money,
    pub(super) commission_cap_bps: i32,
    pub(super) rules: Vec<DraftRule>,
}

#[derive(Debug, Serialize)]
pub(super) struct DraftRule {
    pub(super) role: Role,
    pub(super) formula: DraftFormula,
}

#[derive(Debug, Serialize)]
pub(super) enum DraftFormula {
    Percentage {
        /// As text: a number in JSON has no exact decimals.
        rate: String,
        cap: Option<Money>,
    },
    Plugin {
        version: PluginVersionId,
        config: String,
    },
}

impl Draft {
    pub(super) fn read(program: Given<ProgramId>, new: NewTerms) -> Result<Self> {
        let mut check = Check::default();
        let program = check.given(program)?;
        let text = limits::bounded("agreementText", &new.agreement_text, 100_000);
        let agreement_text = check.take(text)?;
        let protection_days = check.take(limits::days("protectionDays", new.protection_days))?;
        let hold_days = check.take(limits::days("holdDays", new.hold_days))?;
        let days = limits::days("creditDecisionDays", new.credit_decision_days);
        let credit_decision_days = check.take(days)?;
        let payout_minimum = check.given(new.payout_minimum)?;
        let cap = match new.commission_cap_bps {
            cap @ 1..=10_000 => Ok(cap),
            _ => Err(Error::invalid("commissionCapBps", "must be 1 to 10,000")),
        };
        let cap = check.take(cap)?;
        let mut rules = Vec::new();
        let mut roles = HashSet::new();
        for (place, rule) in new.rules.into_iter().enumerate() {
            if !roles.insert(rule.role) {
                let field = format!("rules.{place}.role");
                let message = "at most one rule for each role";
                check.take::<()>(Err(Error::invalid(field, message)))?;
            }
            let formula = DraftFormula::read(rule.formula, new.commission_cap_bps)
                .map_err(|error| error.within(&format!("rules.{place}.formula")));
            let role = rule.role;
            rules.extend(
                check
                    .take(formula)?
                    .map(|formula| DraftRule { role, formula }),
            );
        }
        let (Some(program), Some(agreement_text), Some(payout_minimum), Some(commission_cap_bps)) =
            (program, agreement_text, payout_minimum, cap)
        else {
            return Err(check.failed());
        };
        let (Some(protection_days), Some(hold_days), Some(credit_decision_days)) =
            (protection_days, hold_days, credit_decision_days)
        else {
            return Err(check.failed());
        };
        check.done()?;
        Ok(Self {
            program,
            effective_at: new.effective_at,
            agreement_text,
            protection_days,
            auto_approve: new.auto_approve,
            hold_days,
            credit_decision_days,
            payout_minimum,
            commission_cap_bps,
            rules,
        })
    }
}

impl DraftFormula {
    pub(super) fn read(formula: Formula, cap_bps: i32) -> Result<Self> {
        let mut check = Check::default();
        match formula {
            Formula::Percentage { rate, cap } => {
                let rate = check.given(rate)?;
                let cap = check.optional(cap)?;
                let rate = rate.map(|rate| readable_rate(rate, cap_bps));
                let Some(rate) = check.take(rate.transpose())?.flatten() else {
                    return Err(check.failed());
                };
                check.done()?;
                Ok(Self::Percentage { rate, cap })
            }
            Formula::Plugin { version, config } => {
                let version = check.given(version)?;
                let config = check.take(configuration(&config))?;
                let (Some(version), Some(config)) = (version, config) else {
                    return Err(check.failed().within("plugin"));
                };
                Ok(Self::Plugin { version, config })
            }
        }
    }
}

/// A rate as its text.
fn readable_rate(rate: Decimal, cap_bps: i32) -> Result<String> {
    let field = "percentage.ratePercent";
    if rate <= Decimal::ZERO || rate > Decimal::ONE_HUNDRED || rate.scale() > 6 {
        let message = "a rate is more than 0, at most 100, with at most six decimals";
        return Err(Error::invalid(field, message));
    }
    // A rule that exceeds the cap could never be assessed.
    if rate * Decimal::ONE_HUNDRED > Decimal::from(cap_bps) {
        return Err(Error::invalid(
            field,
            "more than the terms' commissionCapBps",
        ));
    }
    Ok(rate.normalize().to_string())
}

/// Text that may be a plugin's configuration.
fn configuration(text: &str) -> Result<String> {
    let text = limits::bounded("config", text, 20_000)?;
    let parsed: Result<Json, _> = serde_json::from_str(&text);
    if parsed.is_ok_and(|value| value.is_object()) {
        Ok(text)
    } else {
        Err(Error::invalid("config", "must be a JSON object"))
    }
}
