//! Currencies, and the digits of their minor units.

use std::fmt;
use std::str::FromStr;

/// Why text or an amount is not money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a currency of ISO 4217 that is supported.
    #[error("unknown currency")]
    UnknownCurrency,
    /// Not a plain decimal number.
    #[error("not a decimal amount")]
    Malformed,
    /// More or fewer digits after the point than the currency has.
    #[error("the amount needs exactly {0} digits after the point")]
    WrongDigits(u32),
    /// Beyond what a 64-bit integer of minor units holds.
    #[error("the amount is too large")]
    TooLarge,
}

/// A currency of ISO 4217 that people are paid in: no fund, no metal, no unit of account.
/// One that was replaced stays known, as what was earned in it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// United States dollars.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// The three letters.
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// How many digits stand after the point. Every currency that is read has a number of
    /// them.
    pub fn exponent(&self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        iso_currency::Currency::from_code(code)
            .filter(|known| !known.is_fund() && !known.is_special() && known.exponent().is_some())
            .map(Self)
            .ok_or(MoneyError::UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

impl From<Currency> for sea_orm::Value {
    fn from(currency: Currency) -> Self {
        currency.code().into()
    }
}

impl sea_orm::TryGetable for Currency {
    fn try_get_by<I: sea_orm::ColIdx>(
        row: &sea_orm::QueryResult,
        index: I,
    ) -> Result<Self, sea_orm::TryGetError> {
        let code = String::try_get_by(row, index)?;
        code.parse()
            .map_err(|error: MoneyError| sea_orm::DbErr::Type(error.to_string()).into())
    }
}

impl sea_orm::sea_query::ValueType for Currency {
    fn try_from(value: sea_orm::Value) -> Result<Self, sea_orm::sea_query::ValueTypeErr> {
        let code = <String as sea_orm::sea_query::ValueType>::try_from(value)?;
        code.parse().map_err(|_| sea_orm::sea_query::ValueTypeErr)
    }

    fn type_name() -> String {
        "Currency".to_owned()
    }

    fn array_type() -> sea_orm::sea_query::ArrayType {
        sea_orm::sea_query::ArrayType::String
    }

    fn column_type() -> sea_orm::ColumnType {
        sea_orm::ColumnType::String(sea_orm::sea_query::StringLen::N(3))
    }
}

impl sea_orm::sea_query::Nullable for Currency {
    fn null() -> sea_orm::Value {
        <String as sea_orm::sea_query::Nullable>::null()
    }
}

impl sea_orm::IntoActiveValue<Currency> for Currency {
    fn into_active_value(self) -> sea_orm::ActiveValue<Currency> {
        sea_orm::ActiveValue::Set(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_currencies_are_refused() {
        for code in ["usd", "US", "USDD", "XXX", "XAU", "XDR", "CLF", "", "É1"] {
            assert_eq!(
                code.parse::<Currency>(),
                Err(MoneyError::UnknownCurrency),
                "{code}"
            );
        }
    }

    #[test]
    fn minor_units_have_as_many_digits_as_the_standard_says() {
        for (code, digits) in [
            ("USD", 2),
            ("JPY", 0),
            ("KWD", 3),
            ("ISK", 0),
            ("UGX", 0),
            ("CRC", 2),
            ("DOP", 2),
            ("GTQ", 2),
            ("KZT", 2),
            ("TZS", 2),
            ("UZS", 2),
            ("MRU", 2),
            ("VES", 2),
            ("SLE", 2),
            ("XCG", 2),
            ("BGN", 2),
        ] {
            let currency: Currency = code.parse().unwrap();
            assert_eq!((currency.code(), currency.exponent()), (code, digits));
        }
    }
}
