//! Instants, and where they come from.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};

/// An instant, in milliseconds since 1970-01-01T00:00:00Z. Stored as an
/// integer: text forms of time order differently on the two databases.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    sea_orm::DeriveValueType,
)]
#[serde(transparent)]
pub struct Moment(pub i64);

const MILLISECONDS_A_DAY: i64 = 24 * 60 * 60 * 1000;

impl Moment {
    /// This many days later; days are 24 hours, in UTC. Saturates.
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(i64::from(days) * MILLISECONDS_A_DAY))
    }

    /// This many minutes later. Saturates.
    pub fn plus_minutes(self, minutes: i32) -> Self {
        Self(self.0.saturating_add(i64::from(minutes) * 60_000))
    }

    /// This much later, in whole milliseconds. Saturates.
    pub fn plus(self, time: std::time::Duration) -> Self {
        let milliseconds = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(milliseconds))
    }

    /// The same instant as a date and time in UTC; the last that can be written, for one
    /// beyond it.
    pub fn to_utc(self) -> DateTime<Utc> {
        let furthest = if self.0 < 0 {
            DateTime::<Utc>::MIN_UTC
        } else {
            DateTime::<Utc>::MAX_UTC
        };
        DateTime::from_timestamp_millis(self.0).unwrap_or(furthest)
    }

    /// The calendar year in UTC.
    pub fn year(self) -> i32 {
        self.to_utc().year()
    }

    /// The first instant of the calendar year, in UTC.
    pub fn start_of_year(year: i32) -> Self {
        let day = chrono::NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default();
        Self(
            day.and_time(chrono::NaiveTime::MIN)
                .and_utc()
                .timestamp_millis(),
        )
    }

    /// Reads RFC 3339, as `2026-01-05T09:00:00Z`.
    pub fn parse(text: &str) -> Option<Self> {
        let parsed = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self(parsed.timestamp_millis()))
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// What tells the time to tenants that are live. Sandbox tenants have a test
/// clock of their own, kept in their row.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Moment;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine"
    )]
    fn now(&self) -> Moment {
        Moment(Utc::now().timestamp_millis())
    }
}
