//! Values: time, positions, JSON and money, as they stand on the wire.

use async_graphql::{
    Context, Description, InputObject, InputValueError, Scalar, ScalarType, SimpleObject, Value,
};
use tributary_domain::clock::Moment;
use tributary_domain::error::{Error, Result};
use tributary_domain::kernel::check::Given;
use tributary_domain::money;
use tributary_domain::tenant::positions;

use crate::context::RequestExt;
use crate::error::ApiResult;

/// An instant as RFC 3339 text, as `2026-01-05T09:00:00.000Z`. Answers are in
/// UTC with milliseconds; any offset is understood.
#[derive(Description)]
pub struct DateTime(pub Moment);

#[Scalar(
    use_type_description,
    specified_by_url = "https://scalars.graphql.org/andimarek/date-time"
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> Result<Self, InputValueError<Self>> {
        match &value {
            Value::String(text) => {
                let moment = Moment::parse(text);
                moment
                    .map(Self)
                    .ok_or_else(|| InputValueError::custom("not RFC 3339"))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A place in the tenant's log. Give the last one you saw as `after` and you
/// get what came since; treat it as opaque. `"0"` is the beginning.
#[derive(Clone, Copy, Description)]
pub struct Position(pub positions::Position);

impl Position {
    /// A place in the log that the caller sees.
    pub fn of(ctx: &Context<'_>, number: i64) -> Self {
        Self(positions::Position::new(ctx.scope(), number))
    }
}

#[Scalar(use_type_description)]
impl ScalarType for Position {
    fn parse(value: Value) -> Result<Self, InputValueError<Self>> {
        match &value {
            Value::String(text) => match text.parse() {
                Ok(position) => Ok(Self(position)),
                Err(()) => Err(InputValueError::custom("not a position")),
            },
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Any JSON value.
#[derive(Clone, Description)]
pub struct Json(pub serde_json::Value);

#[Scalar(
    name = "JSON",
    use_type_description,
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259"
)]
impl ScalarType for Json {
    fn parse(value: Value) -> Result<Self, InputValueError<Self>> {
        Ok(Self(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

impl Json {
    /// The value, unless it is null.
    pub fn present(self) -> Option<Self> {
        (!self.0.is_null()).then_some(self)
    }

    /// Stored JSON text.
    ///
    /// # Errors
    /// `INTERNAL` where it is none: it was written by us.
    pub fn stored(text: &str) -> ApiResult<Self> {
        let value = serde_json::from_str(text);
        let value = value.map_err(|error| Error::broken(format!("stored JSON: {error}")))?;
        Ok(Self(value))
    }
}

/// An amount of one currency.
#[derive(SimpleObject)]
pub struct Money {
    /// Decimal text in major units with exactly the currency's digits, as
    /// `1234.50` dollars or `1234` yen.
    amount: String,
    /// Three letters of ISO 4217, as `USD`.
    currency: String,
}

impl From<money::Money> for Money {
    fn from(money: money::Money) -> Self {
        Self {
            amount: money.amount(),
            currency: money.currency.to_string(),
        }
    }
}

impl Money {
    /// Minor units of a currency.
    pub fn minor(minor: i64, currency: money::Currency) -> Self {
        money::Money::new(minor, currency).into()
    }
}

/// An amount of one currency, as it is sent.
#[derive(InputObject)]
pub struct MoneyInput {
    /// Decimal text in major units with exactly the currency's digits.
    pub amount: String,
    /// Three letters of ISO 4217.
    pub currency: String,
}

impl MoneyInput {
    /// Reads it; `field` is what it is called in the input.
    pub fn read(&self, field: &str) -> Given<money::Money> {
        let money = || {
            let parsed = currency("currency", &self.currency)?;
            let parsed = money::Money::parse(&self.amount, parsed);
            parsed.map_err(|error| Error::money("amount", error))
        };
        money().map_err(|error| error.within(field)).into()
    }
}

/// Reads a currency; `field` is what it is called in the input.
pub fn currency(field: &'static str, code: &str) -> Result<money::Currency> {
    code.parse().map_err(|error| Error::money(field, error))
}
