//! What a field of a fact's data can be: how it stands in JSON, in words, and whose it is.

use sea_orm::{ActiveEnum, Iterable};
use serde::{Serialize, Serializer};

use crate::access;
use crate::actor::Actor;
use crate::clock::Moment;
use crate::entity::payout_method::RailName;
use crate::entity::{
    account_identifier, credit_share, involvement, payout_report, registration, tax_form,
};
use crate::ids::{
    AccountId, CommissionId, EvaluationId, PartnerId, PersonId, PluginId, PluginVersionId,
    ProgramId, TermsId,
};
use crate::money::Money;

/// A field of a fact's data.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the data.
    pub name: &'static str,
    /// Its type, in words.
    pub words: fn() -> String,
    /// What it says.
    pub about: &'static str,
}

/// What the data of a fact looks like.
pub(super) trait Shape {
    const FIELDS: &'static [Field];

    /// The partner whose fact it is.
    fn partner(&self) -> Option<PartnerId>;
}

/// A type of the data.
pub(super) trait Value {
    /// The type in words, for the documentation.
    fn words() -> String;

    /// The partner whose fact it makes of a fact that has it.
    fn partner(&self) -> Option<PartnerId> {
        None
    }
}

/// Money as it stands on the wire: `{"amount": "1234.50", "currency": "USD"}`.
#[derive(Clone, Copy, Debug)]
pub struct Amount(pub Money);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.on_the_wire().serialize(serializer)
    }
}

/// A moment as it stands on the wire: RFC 3339, in UTC.
#[derive(Clone, Copy, Debug)]
pub struct Time(pub Moment);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A partner's share in the credit of a deal.
#[derive(Clone, Debug, Serialize)]
pub struct ShareOfCredit {
    /// The partner.
    pub partner: PartnerId,
    /// Its role.
    pub role: credit_share::Role,
    /// Its part of the role.
    pub share: Fraction,
}

/// An exact part of one.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Fraction {
    /// How many.
    pub numerator: i32,
    /// Of how many.
    pub denominator: i32,
}

impl Value for PartnerId {
    fn words() -> String {
        "id of the partner".to_owned()
    }

    fn partner(&self) -> Option<PartnerId> {
        Some(*self)
    }
}

impl<T: Value> Value for Option<T> {
    fn words() -> String {
        format!("{}, or null", T::words())
    }

    fn partner(&self) -> Option<PartnerId> {
        self.as_ref().and_then(T::partner)
    }
}

/// Values that are no partner's own, each in words.
macro_rules! in_words {
    ($($type:ty: $words:literal;)+) => {
        $(impl Value for $type {
            fn words() -> String {
                $words.to_owned()
            }
        })+
    };
}

in_words! {
    String: "text";
    Amount: "money: `{\"amount\", \"currency\"}`";
    Time: "time, RFC 3339 in UTC";
    Actor: "who: `system`, or a person's or key's id";
    bool: "true or false";
    i32: "whole number";
    usize: "whole number";
    Fraction: "`{\"numerator\", \"denominator\"}`";
    Vec<ShareOfCredit>: "list of `{\"partner\", \"role\", \"share\"}`";
    AccountId: "id of the account";
    CommissionId: "id of the commission";
    EvaluationId: "id of the evaluation";
    PersonId: "id of the person";
    PluginId: "id of the plugin";
    PluginVersionId: "id of the plugin version";
    ProgramId: "id of the program";
    TermsId: "id of the terms";
}

/// Stored enums: the data holds what is stored.
macro_rules! one_of {
    ($($type:ty),+ $(,)?) => {
        $(impl Value for $type {
            fn words() -> String {
                let values = Self::iter().map(|value| format!("`{}`", value.to_value()));
                values.collect::<Vec<_>>().join(", ")
            }
        })+
    };
}

one_of! {
    access::Role,
    account_identifier::Kind,
    credit_share::Role,
    involvement::Kind,
    payout_report::Outcome,
    registration::State,
    RailName,
    tax_form::Kind,
}
