//! What is sent of terms, and what of it can be read.

use std::collections::HashSet;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use serde_json::Value as Json;

use crate::clock::Moment;
use crate::entity::credit_share::Role;
use crate::error::{Error, Result};
use crate::ids::{PluginVersionId, ProgramId};
use crate::kernel::check::{Check, Given};
use crate::limits;
use crate::money::Money;
use crate::rule::kinds::percentage;

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
    /// The most that one rule may give on one deal, in per cent of it: more than 0, at most
    /// 100, with at most two decimals.
    pub commission_cap_percent: Given<Decimal>,
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
    Percentage(percentage::Formula),
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
    Percentage(percentage::Draft),
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
        let cap = check.given(new.commission_cap_percent)?;
        let cap = check.take(cap.map(ten_thousandths).transpose())?.flatten();
        let mut rules = Vec::new();
        let mut roles = HashSet::new();
        for (place, rule) in new.rules.into_iter().enumerate() {
            if !roles.insert(rule.role) {
                let field = format!("rules.{place}.role");
                let message = "at most one rule for each role";
                check.take::<()>(Err(Error::invalid(field, message)))?;
            }
            let formula = DraftFormula::read(rule.formula, cap.unwrap_or(ALL_BPS))
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

/// All of a deal.
const ALL_BPS: i32 = 10_000;

/// A part in per cent as ten-thousandths.
fn ten_thousandths(percent: Decimal) -> Result<i32> {
    let parts = (percent * Decimal::ONE_HUNDRED).normalize();
    match parts.to_i32() {
        Some(bps @ 1..=ALL_BPS) if parts.is_integer() => Ok(bps),
        _ => {
            let message = "more than 0, at most 100, with at most two decimals";
            Err(Error::invalid("commissionCapPercent", message))
        }
    }
}

impl DraftFormula {
    pub(super) fn read(formula: Formula, cap_bps: i32) -> Result<Self> {
        match formula {
            Formula::Percentage(formula) => {
                let draft = formula.read(cap_bps);
                Ok(Self::Percentage(
                    draft.map_err(|error| error.within("percentage"))?,
                ))
            }
            Formula::Plugin { version, config } => {
                let mut check = Check::default();
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
