//! What a rule is asked.

use crate::amount::{Amount, Ratio};
use crate::currency::Currency;
use crate::verdict::Refusal;

/// Everything one evaluation may depend on. Instants are milliseconds since
/// 1970-01-01T00:00:00Z. More may come; tests start from [`Case::sample`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Case {
    /// When the deal was won: the only present a rule knows.
    pub evaluated_at: i64,
    /// The deal.
    pub deal: Deal,
    /// The role this evaluation answers for.
    pub role: Role,
    /// Who is credited with that role, in order of partner id.
    pub credits: Vec<Credit>,
    /// The terms the deal was won under.
    pub terms: Terms,
    /// What each credited partner had sourced earlier in the calendar year.
    pub history: Vec<History>,
    /// The rule's configuration, as JSON text. [`Rule::evaluate`] gets it read.
    ///
    /// [`Rule::evaluate`]: crate::Rule::evaluate
    pub config: String,
    /// What this version of the contract has no field for. Unknown keys are to
    /// be ignored.
    pub extra: Vec<Extra>,
}

impl Case {
    /// A case for tests: a deal of so many minor units, won as a referral by
    /// `prt_sample` alone, who had sourced nothing this year. Change what your
    /// test is about.
    pub fn sample(currency: Currency, amount_minor: i64, config: &str) -> Self {
        let partner = "prt_sample".to_owned();
        Self {
            evaluated_at: 0,
            deal: Deal {
                id: "del_sample".to_owned(),
                amount: Amount::from_minor(amount_minor),
                currency,
                opened_at: 0,
                closed_at: 0,
            },
            role: Role::Sourced,
            credits: vec![Credit {
                partner: partner.clone(),
                share: Ratio::ONE,
                tier: None,
            }],
            terms: Terms {
                id: "trm_sample".to_owned(),
                version: 1,
                model: ProgramModel::Referral,
            },
            history: vec![History {
                partner,
                year: 1970,
                deals: 0,
                volume: Amount::ZERO,
            }],
            config: config.to_owned(),
            extra: Vec::new(),
        }
    }

    /// What `partner` had sourced this calendar year before this deal. Refuses
    /// where the case does not say: every credited partner has a history, so
    /// that this is a partner without credit.
    pub fn volume_of(&self, partner: &str) -> Result<Amount, Refusal> {
        let past = self.history.iter().find(|past| past.partner == partner);
        let unknown = || Refusal::refused("NO_HISTORY", format!("{partner} has no history here"));
        past.map(|past| past.volume).ok_or_else(unknown)
    }
}

/// The deal that was won.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deal {
    /// Its id.
    pub id: String,
    /// What the customer agreed to pay; positive, whole minor units.
    pub amount: Amount,
    /// The currency of every amount in the case and in the verdict.
    pub currency: Currency,
    /// When it was opened.
    pub opened_at: i64,
    /// When it was won.
    pub closed_at: i64,
}

/// Which role's credit an evaluation pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The partner brought the deal.
    Sourced,
    /// The partner moved the win.
    Influenced,
}

/// One partner's part in the credit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Credit {
    /// The partner's id.
    pub partner: String,
    /// Its share of the role, exactly; the shares of the role add up to 1.
    pub share: Ratio,
    /// Its tier in the program, if it has one.
    pub tier: Option<String>,
}

/// The terms a deal was won under.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// Their id.
    pub id: String,
    /// Their number within the program, from 1.
    pub version: u32,
    /// The program's model.
    pub model: ProgramModel,
}

/// How partners work in a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProgramModel {
    /// They bring a customer and step back.
    Referral,
    /// They sell on their own paper.
    Reseller,
    /// They sell together with the tenant.
    CoSell,
    /// They integrate a product.
    Technology,
}

/// What one credited partner had sourced before this deal was won.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct History {
    /// The partner's id.
    pub partner: String,
    /// The calendar year, in UTC.
    pub year: i32,
    /// How many deals.
    pub deals: u32,
    /// Their amounts added up; deals in other currencies are left out.
    pub volume: Amount,
}

/// A fact beyond the fields of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extra {
    /// What it is.
    pub key: String,
    /// Its value.
    pub value: Scalar,
}

/// A value of an [`Extra`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scalar {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// Money in the deal's currency.
    Amount(Amount),
}
