//! The port through which credit becomes money: a case in, a verdict out.
//!
//! The same pure question is put to built-in rules and to tenants' plugins.
//! A case holds everything an answer may depend on, so that its receipt can be
//! run again years later and must give the same bytes.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::entity::{credit_share::Role, program::ProgramModel};
use crate::error::Refusal;
use crate::ids::{DealId, PartnerId, TenantId, TermsId};
use crate::money::{Currency, Exact};

/// Everything one evaluation may depend on. Its canonical form is its JSON,
/// with fields in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// When the deal was won: the only present a rule knows.
    pub evaluated_at: Moment,
    /// The deal.
    pub deal: CaseDeal,
    /// The role this evaluation answers for.
    pub role: Role,
    /// Who is credited with that role, in order of partner id.
    pub credits: Vec<CaseCredit>,
    /// The terms it was won under.
    pub terms: CaseTerms,
    /// What each credited partner had sourced earlier in the calendar year.
    pub history: Vec<CaseHistory>,
    /// The rule's configuration, as JSON text.
    pub config: String,
}

/// The deal of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseDeal {
    /// Its id.
    pub id: DealId,
    /// Its amount, in minor units; positive.
    pub amount_minor: i64,
    /// The currency of every amount in the case.
    pub currency: Currency,
    /// When it was opened.
    pub opened_at: Moment,
    /// When it was won.
    pub closed_at: Moment,
}

/// One partner's part in the credit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseCredit {
    /// The partner.
    pub partner: PartnerId,
    /// Its share of the role: so many parts…
    pub share_numerator: i32,
    /// …of so many. Both positive; the shares of a role add up to 1.
    pub share_denominator: i32,
    /// Its tier in the program, if it has one.
    pub tier: Option<String>,
}

/// The terms of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseTerms {
    /// Their id.
    pub id: TermsId,
    /// Their number within the program, from 1.
    pub version: i32,
    /// The program's model.
    pub model: ProgramModel,
}

/// What one partner had done before this deal was won.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseHistory {
    /// The partner.
    pub partner: PartnerId,
    /// The calendar year, in UTC.
    pub year: i32,
    /// Deals sourced and won in that year before this one.
    pub deals: i32,
    /// Their amounts added up, in minor units of the deal's currency. Deals
    /// in other currencies are left out.
    pub volume_minor: i64,
}

/// A rule's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What is due to whom. A partner may have several entries, which add up.
    pub entries: Vec<VerdictEntry>,
    /// What the rule wished to say, for people to read.
    pub notes: Vec<String>,
}

/// One amount due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictEntry {
    /// To whom. The host checks that the partner is in the case's credits.
    pub partner: PartnerId,
    /// How much, unrounded, in billionths of a minor unit.
    pub amount: Exact,
    /// Which of the rule's declared bases it rests on, as `bracket`.
    pub basis: String,
    /// Why, in a sentence for the partner.
    pub explanation: String,
}

/// Why an evaluation gave no verdict. The commission is held until a mended
/// version is published and the evaluation is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fault {
    /// The rule declined to answer, with a code of its own.
    #[error("the rule refused with {code}: {message}")]
    Refused {
        /// The rule's own code.
        code: String,
        /// The rule's own words.
        message: String,
    },
    /// The code trapped: it panicked, divided by zero, left its memory, or overflowed.
    #[error("the rule trapped: {kind}")]
    Trapped {
        /// Which trap, from a closed list.
        kind: String,
    },
    /// It used up its fuel.
    #[error("the rule ran out of fuel")]
    OutOfFuel,
    /// It asked for more memory than it may have.
    #[error("the rule asked for too much memory")]
    OutOfMemory,
    /// Its answer was larger than an answer may be.
    #[error("the rule's answer is too large")]
    OutputTooLarge,
    /// It named a partner without credit.
    #[error("the rule named a partner who has no credit in this deal")]
    PayeeWithoutCredit,
    /// It used a basis that it had not declared.
    #[error("the rule used a basis code that it does not declare: {basis}")]
    UndeclaredBasis {
        /// The basis.
        basis: String,
    },
    /// An amount was negative.
    #[error("the rule answered with a negative amount")]
    NegativeAmount,
    /// The amounts exceed what the terms allow on one deal, or do not fit.
    #[error("the rule's amounts exceed the cap that the terms set")]
    CapExceeded,
    /// The sandbox no longer takes code that it once admitted.
    #[error("the sandbox no longer runs this version of the rule; publish one built anew")]
    NotRunnable,
    /// The configuration is not one the rule accepts.
    #[error("the rule does not accept its configuration: {message}")]
    BadConfiguration {
        /// The rule's own words.
        message: String,
    },
}

impl Fault {
    /// The code under which the fault is shown and stored.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "REFUSED",
            Self::Trapped { .. } => "TRAPPED",
            Self::OutOfFuel => "OUT_OF_FUEL",
            Self::OutOfMemory => "OUT_OF_MEMORY",
            Self::OutputTooLarge => "OUTPUT_TOO_LARGE",
            Self::PayeeWithoutCredit => "PAYEE_WITHOUT_CREDIT",
            Self::UndeclaredBasis { .. } => "UNDECLARED_BASIS",
            Self::NegativeAmount => "NEGATIVE_AMOUNT",
            Self::CapExceeded => "CAP_EXCEEDED",
            Self::NotRunnable => "NOT_RUNNABLE",
            Self::BadConfiguration { .. } => "BAD_CONFIGURATION",
        }
    }
}

/// How an evaluation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer, or with a fault that the same input will always give.
    Decided {
        /// The answer or the fault.
        result: Result<Verdict, Fault>,
        /// Units of fuel used, under the host's own price list.
        fuel: u64,
    },
    /// Not at all: the machine was too busy. Says nothing of the rule; try again.
    Aborted,
}

/// What a plugin says of itself when it is admitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// Its name, as `tiered-accelerator`.
    pub name: String,
    /// Its own version, as `1.0.0`.
    pub version: String,
    /// The basis codes its entries may use.
    pub basis_codes: Vec<String>,
    /// A JSON Schema of its configuration.
    pub config_schema: String,
}

/// Why uploaded bytes may not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unadmitted {
    /// A check failed, and always will.
    #[error("{0}")]
    Refused(Refusal),
    /// They could not be checked: the machine was too busy. Says nothing of
    /// them; try again.
    #[error("the machine is too busy to check the component; try again")]
    Busy,
}

/// The bytes of a plugin, and their digest by which compiled code is kept.
#[derive(Clone, Debug)]
pub struct Code {
    /// Lower-case hexadecimal SHA-256 of the bytes.
    pub digest: String,
    /// A WebAssembly component.
    pub bytes: std::sync::Arc<[u8]>,
    /// The basis codes its description declared.
    pub basis_codes: Vec<String>,
}

/// Runs tenants' rules. Implemented by the sandbox.
pub trait Calculator: Send + Sync + 'static {
    /// Which engine, limits and prices decide here: part of every receipt.
    fn policy_digest(&self) -> &str;

    /// Checks uploaded bytes and asks them to describe themselves. The tenant is
    /// the one that asks: tenants take turns.
    fn admit(
        &self,
        tenant: TenantId,
        bytes: std::sync::Arc<[u8]>,
    ) -> BoxFuture<'_, Result<Description, Unadmitted>>;

    /// Puts a case to admitted code. The amounts in a verdict are as the code
    /// gave them: money invariants are for the caller to check.
    /// Tenants take turns here, too.
    fn evaluate(&self, tenant: TenantId, code: Code, case: Case) -> BoxFuture<'_, Outcome>;
}
