//! Glue between the contract's generated types and our own.

use std::marker::PhantomData;

use self::generated::exports::tributary::rule::calculation as wit;
use crate::amount::{Amount, Ratio};
use crate::case::{Case, Credit, Deal, Extra, History, ProgramModel, Role, Scalar, Terms};
use crate::currency::Currency;
use crate::rule::Rule;
use crate::verdict::{Entry, Refusal, Verdict};

#[expect(
    missing_docs,
    reason = "generated from the contract, which has the words"
)]
pub mod generated {
    wit_bindgen::generate!({
        world: "rule",
        path: "wit/v1",
        pub_export_macro: true,
        export_macro_name: "export_component",
    });
}

pub use generated::export_component;

/// The rule as a component's implementation.
pub struct Exported<R>(PhantomData<R>);

impl<R: Rule + 'static> wit::Guest for Exported<R> {
    fn describe() -> wit::Description {
        wit::Description {
            name: R::NAME.to_owned(),
            version: R::VERSION.to_owned(),
            basis_codes: R::BASIS_CODES.iter().map(|&code| code.to_owned()).collect(),
            config_schema: R::CONFIG_SCHEMA.to_owned(),
        }
    }

    fn evaluate(case: wit::Case) -> Result<wit::Verdict, wit::Refusal> {
        match R::run(&case.into()) {
            Ok(verdict) => Ok(verdict.into()),
            Err(refusal) => Err(refusal.into()),
        }
    }
}

impl From<wit::Amount> for Amount {
    fn from(amount: wit::Amount) -> Self {
        Self::from_billionths(i128::from(amount.high) << 64 | i128::from(amount.low))
    }
}

impl From<Amount> for wit::Amount {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the two halves are what is wanted"
    )]
    fn from(amount: Amount) -> Self {
        let billionths = amount.billionths();
        Self {
            high: (billionths >> 64) as i64,
            low: billionths as u64,
        }
    }
}

impl From<wit::Case> for Case {
    fn from(case: wit::Case) -> Self {
        Self {
            evaluated_at: case.evaluated_at,
            deal: case.deal.into(),
            role: match case.role {
                wit::Role::Sourced => Role::Sourced,
                wit::Role::Influenced => Role::Influenced,
            },
            credits: case.credits.into_iter().map(Into::into).collect(),
            terms: case.terms.into(),
            history: case.history.into_iter().map(Into::into).collect(),
            config: case.config,
            extra: case.extra.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<wit::Deal> for Deal {
    fn from(deal: wit::Deal) -> Self {
        Self {
            id: deal.id,
            amount: deal.amount.into(),
            currency: Currency {
                code: deal.currency.code,
                exponent: deal.currency.exponent,
            },
            opened_at: deal.opened_at,
            closed_at: deal.closed_at,
        }
    }
}

impl From<wit::Credit> for Credit {
    fn from(credit: wit::Credit) -> Self {
        Self {
            partner: credit.partner,
            share: credit.share.into(),
            tier: credit.tier,
        }
    }
}

impl From<wit::Share> for Ratio {
    fn from(share: wit::Share) -> Self {
        let (numerator, denominator) = (share.numerator.into(), share.denominator.into());
        Self::new(numerator, denominator).expect("the contract gives positive denominators")
    }
}

impl From<wit::Terms> for Terms {
    fn from(terms: wit::Terms) -> Self {
        Self {
            id: terms.id,
            version: terms.version,
            model: match terms.model {
                wit::ProgramModel::Referral => ProgramModel::Referral,
                wit::ProgramModel::Reseller => ProgramModel::Reseller,
                wit::ProgramModel::CoSell => ProgramModel::CoSell,
                wit::ProgramModel::Technology => ProgramModel::Technology,
            },
        }
    }
}

impl From<wit::History> for History {
    fn from(history: wit::History) -> Self {
        Self {
            partner: history.partner,
            year: history.year,
            deals: history.deals,
            volume: history.volume.into(),
        }
    }
}

impl From<wit::Extra> for Extra {
    fn from(extra: wit::Extra) -> Self {
        Self {
            key: extra.key,
            value: match extra.value {
                wit::Scalar::Text(text) => Scalar::Text(text),
                wit::Scalar::Integer(integer) => Scalar::Integer(integer),
                wit::Scalar::Boolean(boolean) => Scalar::Boolean(boolean),
                wit::Scalar::Amount(amount) => Scalar::Amount(amount.into()),
            },
        }
    }
}

impl From<Verdict> for wit::Verdict {
    fn from(verdict: Verdict) -> Self {
        Self {
            entries: verdict.entries.into_iter().map(Into::into).collect(),
            notes: verdict.notes,
        }
    }
}

impl From<Entry> for wit::Entry {
    fn from(entry: Entry) -> Self {
        Self {
            partner: entry.partner,
            amount: entry.amount.into(),
            basis: entry.basis,
            explanation: entry.explanation,
        }
    }
}

impl From<Refusal> for wit::Refusal {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unsupported => Self::Unsupported,
            Refusal::BadConfiguration(message) => Self::BadConfiguration(message),
            Refusal::Refused { code, message } => Self::Refused(wit::Reason { code, message }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn amounts_cross_the_boundary_unchanged(billionths: i128) {
            let amount = Amount::from_billionths(billionths);
            prop_assert_eq!(Amount::from(wit::Amount::from(amount)), amount);
        }
    }
}
