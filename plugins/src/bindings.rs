//! Glue between the contract's generated types and the domain's.

use tributary_domain::calculator::{
    Case, CaseCredit, CaseDeal, CaseHistory, CaseTerms, Fault, Verdict, VerdictEntry,
};
use tributary_domain::entity::{credit_share::Role, program::ProgramModel};
use tributary_domain::ids::PartnerId;
use tributary_domain::money::{Currency, Exact};

use crate::limits;

mod generated {
    wasmtime::component::bindgen!({ path: "../plugin-sdk/wit/v1", world: "rule" });
}

pub use generated::exports::tributary::rule::calculation as wit;
pub use generated::{Rule, RulePre};

impl From<Exact> for wit::Amount {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the two halves are what is wanted"
    )]
    fn from(exact: Exact) -> Self {
        Self {
            high: (exact.0 >> 64) as i64,
            low: exact.0 as u64,
        }
    }
}

impl From<wit::Amount> for Exact {
    fn from(amount: wit::Amount) -> Self {
        Self(i128::from(amount.high) << 64 | i128::from(amount.low))
    }
}

impl From<&Case> for wit::Case {
    fn from(case: &Case) -> Self {
        Self {
            evaluated_at: case.evaluated_at.0,
            deal: (&case.deal).into(),
            role: match case.role {
                Role::Sourced => wit::Role::Sourced,
                Role::Influenced => wit::Role::Influenced,
            },
            credits: case.credits.iter().map(Into::into).collect(),
            terms: (&case.terms).into(),
            history: case.history.iter().map(Into::into).collect(),
            config: case.config.clone(),
            extra: Vec::new(),
        }
    }
}

impl From<&CaseDeal> for wit::Deal {
    fn from(deal: &CaseDeal) -> Self {
        Self {
            id: deal.id.to_string(),
            amount: Exact::from_minor(deal.amount_minor).into(),
            currency: deal.currency.into(),
            opened_at: deal.opened_at.0,
            closed_at: deal.closed_at.0,
        }
    }
}

impl From<Currency> for wit::Currency {
    fn from(currency: Currency) -> Self {
        Self {
            code: currency.code().to_owned(),
            exponent: u8::try_from(currency.exponent()).unwrap_or(u8::MAX),
        }
    }
}

impl From<&CaseCredit> for wit::Credit {
    fn from(credit: &CaseCredit) -> Self {
        Self {
            partner: credit.partner.to_string(),
            share: wit::Share {
                numerator: unsigned(credit.share_numerator),
                denominator: unsigned(credit.share_denominator),
            },
            tier: credit.tier.clone(),
        }
    }
}

impl From<&CaseTerms> for wit::Terms {
    fn from(terms: &CaseTerms) -> Self {
        Self {
            id: terms.id.to_string(),
            version: unsigned(terms.version),
            model: match terms.model {
                ProgramModel::Referral => wit::ProgramModel::Referral,
                ProgramModel::Reseller => wit::ProgramModel::Reseller,
                ProgramModel::CoSell => wit::ProgramModel::CoSell,
                ProgramModel::Technology => wit::ProgramModel::Technology,
            },
        }
    }
}

impl From<&CaseHistory> for wit::History {
    fn from(history: &CaseHistory) -> Self {
        Self {
            partner: history.partner.to_string(),
            year: history.year,
            deals: unsigned(history.deals),
            volume: Exact::from_minor(history.volume_minor).into(),
        }
    }
}

/// Counts and shares, which the database keeps signed and never negative.
fn unsigned(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// The guest's answer in the domain's words, once it is small enough, well
/// formed, of declared bases, and to partners of the case alone.
pub fn verdict(answer: wit::Verdict, case: &Case, bases: &[String]) -> Result<Verdict, Fault> {
    let many = answer.entries.len() > limits::entries(case.credits.len());
    if many || answer.notes.len() > limits::NOTES {
        return Err(Fault::OutputTooLarge);
    }
    for note in &answer.notes {
        check_text(note, limits::SENTENCE_BYTES)?;
    }
    let entries = answer.entries.into_iter();
    Ok(Verdict {
        entries: entries
            .map(|answer| entry(answer, case, bases))
            .collect::<Result<_, _>>()?,
        notes: answer.notes,
    })
}

fn entry(answer: wit::Entry, case: &Case, bases: &[String]) -> Result<VerdictEntry, Fault> {
    check_text(&answer.basis, limits::NAME_BYTES)?;
    check_text(&answer.explanation, limits::SENTENCE_BYTES)?;
    if !bases.contains(&answer.basis) {
        let basis = answer.basis;
        return Err(Fault::UndeclaredBasis { basis });
    }
    let partner = answer.partner.parse::<PartnerId>().ok();
    let partner = partner.filter(|id| case.credits.iter().any(|credit| credit.partner == *id));
    Ok(VerdictEntry {
        partner: partner.ok_or(Fault::PayeeWithoutCredit)?,
        amount: answer.amount.into(),
        basis: answer.basis,
        explanation: answer.explanation,
    })
}

/// The guest's refusal as a fault.
pub fn refusal(refusal: wit::Refusal) -> Fault {
    let said = match refusal {
        wit::Refusal::Unsupported => Fault::Refused {
            code: "UNSUPPORTED".to_owned(),
            message: "the rule does not answer cases of this kind".to_owned(),
        },
        wit::Refusal::BadConfiguration(message) => Fault::BadConfiguration { message },
        wit::Refusal::Refused(wit::Reason { code, message }) => Fault::Refused { code, message },
    };
    let checked = match &said {
        Fault::Refused { code, message } => check_text(code, limits::NAME_BYTES)
            .and_then(|()| check_text(message, limits::SENTENCE_BYTES)),
        Fault::BadConfiguration { message } => check_text(message, limits::SENTENCE_BYTES),
        _ => Ok(()),
    };
    checked.err().unwrap_or(said)
}

/// Text that may be stored and shown: within `bytes`, without control
/// characters, some of which a database refuses.
fn check_text(text: &str, bytes: usize) -> Result<(), Fault> {
    if text.len() > bytes {
        return Err(Fault::OutputTooLarge);
    }
    if !is_plain(text) {
        let kind = MALFORMED_ANSWER.to_owned();
        return Err(Fault::Trapped { kind });
    }
    Ok(())
}

/// Whether text has no control characters but line breaks and tabs.
pub fn is_plain(text: &str) -> bool {
    !text
        .chars()
        .any(|character| character.is_control() && !matches!(character, '\n' | '\t'))
}

/// The kind of fault where an answer is not of the contract's form.
pub const MALFORMED_ANSWER: &str = "malformed-answer";
