//! The one error of the domain. It knows nothing of HTTP or GraphQL.

use std::borrow::Cow;

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{DbErr, RuntimeErr};

use crate::access::Permission;
pub use crate::base::conflicts::Conflict;
use crate::ids::Noun;
use crate::money::MoneyError;

/// The result of every verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a verb did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such row in this tenant, or none that the actor may see.
    #[error("{} not found", .0.plain())]
    NotFound(Noun),
    /// The same, where an argument names the row.
    #[error("{} not found", noun.plain())]
    Unknown {
        /// The argument, in the words of the public API.
        field: Field,
        /// What is not there.
        noun: Noun,
    },
    /// The actor's role does not allow it.
    #[error("this key may not do that: it takes the permission {0}")]
    Forbidden(Permission),
    /// An argument that no state of the tenant would accept.
    #[error("{message}")]
    Invalid {
        /// The argument, in the words of the public API, as `amount`, or
        /// `account.domain` where it is inside another.
        field: Field,
        /// What is wrong with it.
        message: String,
    },
    /// The state of the tenant forbids it now.
    #[error("{message}")]
    Conflict {
        /// Which rule forbids it.
        code: Conflict,
        /// What to do about it.
        message: String,
        /// The rows that stand in the way, by their ids; often none.
        ids: Vec<String>,
    },
    /// Several of what a caller can mend, in the order of the arguments.
    #[error("{}", .0.first().map_or_else(String::new, ToString::to_string))]
    Several(Vec<Error>),
    /// The idempotency key was used for something else.
    #[error("this idempotency key was used with other arguments")]
    IdempotencyMismatch,
    /// The log has no such position.
    #[error(
        "the log has no such position: it is beyond its end, or a backup was put back since; \
         read what is there anew, and follow from `lastPosition` on"
    )]
    PositionUnknown,
    /// An uploaded component was not admitted.
    #[error("{0}")]
    Refused(Refusal),
    /// The database cannot be reached or cannot take this now. Nothing was done.
    #[error("the database cannot be used now: nothing was done; try again")]
    Unavailable(#[source] DbErr),
    /// The database failed while it made a command durable: whether it did is
    /// not known. Repeating the command with its idempotency key is safe.
    #[error(
        "the database failed at the last moment: what this did, if anything, is not known; \
         repeat it with its idempotency key"
    )]
    OutcomeUnknown(#[source] DbErr),
    /// The database failed. Its own words stay in the log.
    #[error("the request could not be completed")]
    Storage(#[source] DbErr),
    /// An invariant does not hold. Its own words stay in the log.
    #[error("the request could not be completed")]
    Broken(String),
}

/// Why uploaded bytes were not admitted.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Refusal {
    /// The named check that failed, as `HAS_IMPORTS`.
    pub code: String,
    /// What it found.
    pub message: String,
}

/// Says which argument a result is about.
pub(crate) trait About {
    /// Where a row was not found, that this argument names it.
    fn at(self, field: &'static str) -> Self;
}

impl<T> About for Result<T> {
    fn at(self, field: &'static str) -> Self {
        self.map_err(|error| error.at(field))
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if is_unavailable(&error) {
            Self::Unavailable(error)
        } else {
            Self::Storage(error)
        }
    }
}

/// The driver's own error, if there is one behind it.
fn driver_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

/// What the database calls an error: a class of SQLSTATE, or SQLite's primary
/// result code.
enum DatabaseCode<'a> {
    Postgres(&'a str),
    Sqlite(i32),
}

fn with_code<T>(error: &SqlxError, look: impl FnOnce(DatabaseCode<'_>) -> T) -> Option<T> {
    let SqlxError::Database(error) = error else {
        return None;
    };
    let code = error.code()?;
    // SQLSTATE has five characters; SQLite's codes are numbers, extended ones above 255.
    match code.parse::<i32>() {
        Ok(number) if code.len() != 5 => Some(look(DatabaseCode::Sqlite(number & 0xff))),
        _ => Some(look(DatabaseCode::Postgres(&code))),
    }
}

/// Whether the database asks to try the same again: SQLite was busy, or
/// PostgreSQL gave up the victim of a deadlock or of a serialization conflict.
pub(crate) fn is_contention(error: &DbErr) -> bool {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    let code = driver_error(error).and_then(|error| {
        with_code(error, |code| match code {
            DatabaseCode::Postgres(state) => matches!(state, "40001" | "40P01"),
            DatabaseCode::Sqlite(code) => matches!(code, BUSY | LOCKED),
        })
    });
    code.unwrap_or(false)
}

/// Whether the database is away, full, read-only or overloaded, which says
/// nothing of the statement that failed.
fn is_unavailable(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) || is_contention(error) {
        return true;
    }
    let Some(error) = driver_error(error) else {
        return false;
    };
    with_code(error, |code| match code {
        // Connection exceptions, insufficient resources, operator intervention, system
        // errors; and a server that has become a read-only copy.
        DatabaseCode::Postgres(state) => ["08", "53", "57", "58", "25006"]
            .iter()
            .any(|class| state.starts_with(class)),
        // Read-only, I/O error, corrupt, full, cannot open, not a database.
        DatabaseCode::Sqlite(code) => matches!(code, 8 | 10 | 11 | 13 | 14 | 26),
    })
    .unwrap_or(matches!(
        error,
        SqlxError::Io(_)
            | SqlxError::Tls(_)
            | SqlxError::PoolTimedOut
            | SqlxError::PoolClosed
            | SqlxError::WorkerCrashed
            | SqlxError::BeginFailed
    ))
}

/// The path of an argument, with dots between its steps.
pub type Field = Cow<'static, str>;

impl Error {
    /// The code by which every way into the program tells it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) | Self::Unknown { .. } => "NOT_FOUND",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::Invalid { .. } | Self::Several(_) => "INVALID_INPUT",
            Self::Conflict { code, .. } => code.code(),
            Self::IdempotencyMismatch => "IDEMPOTENCY_MISMATCH",
            Self::PositionUnknown => "POSITION_UNKNOWN",
            Self::Refused(_) => "PLUGIN_REFUSED",
            Self::Unavailable(_) => "UNAVAILABLE",
            Self::OutcomeUnknown(_) => "OUTCOME_UNKNOWN",
            Self::Storage(_) | Self::Broken(_) => "INTERNAL",
        }
    }

    /// Logs what is the server's own fault: its words are for nobody else.
    pub fn log(&self) {
        match self {
            Self::Unavailable(source) => crate::outage::warn_of(source),
            Self::OutcomeUnknown(source) => tracing::error!(error = %source, "a commit failed"),
            Self::Storage(source) => tracing::error!(error = ?source, "storage failed"),
            Self::Broken(what) => tracing::error!(what, "an invariant does not hold"),
            Self::NotFound(_)
            | Self::Unknown { .. }
            | Self::Forbidden(_)
            | Self::Invalid { .. }
            | Self::Several(_)
            | Self::Conflict { .. }
            | Self::IdempotencyMismatch
            | Self::PositionUnknown
            | Self::Refused(_) => {}
        }
    }

    /// A rejected argument.
    pub fn invalid(field: impl Into<Field>, message: impl Into<String>) -> Self {
        let (field, message) = (field.into(), message.into());
        Self::Invalid { field, message }
    }

    /// A command that the present state forbids.
    pub fn conflict(code: Conflict, message: impl Into<String>) -> Self {
        Self::in_the_way(code, message, Vec::new())
    }

    /// A command that some rows stand in the way of.
    pub fn in_the_way(code: Conflict, message: impl Into<String>, ids: Vec<String>) -> Self {
        let message = message.into();
        Self::Conflict { code, message, ids }
    }

    /// The same error of the argument that names the row which is not there.
    #[must_use]
    pub fn at(self, field: impl Into<Field>) -> Self {
        match self {
            Self::NotFound(noun) => Self::Unknown {
                field: field.into(),
                noun,
            },
            other => other,
        }
    }

    /// The same error of an argument inside another.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        let inside = |field: Field| Field::from(format!("{outer}.{field}"));
        match self {
            Self::Invalid { field, message } => Self::Invalid {
                field: inside(field),
                message,
            },
            Self::Unknown { field, noun } => Self::Unknown {
                field: inside(field),
                noun,
            },
            Self::Several(errors) => Self::Several(
                errors
                    .into_iter()
                    .map(|error| error.within(outer))
                    .collect(),
            ),
            other => other,
        }
    }

    /// Whether the caller can mend it: all such errors of a command come at once.
    pub(crate) fn is_mendable(&self) -> bool {
        match self {
            Self::NotFound(_)
            | Self::Unknown { .. }
            | Self::Invalid { .. }
            | Self::Conflict { .. }
            | Self::Several(_)
            | Self::IdempotencyMismatch
            | Self::Refused(_) => true,
            Self::Forbidden(_)
            | Self::PositionUnknown
            | Self::Unavailable(_)
            | Self::OutcomeUnknown(_)
            | Self::Storage(_)
            | Self::Broken(_) => false,
        }
    }

    /// An invariant that did not hold.
    pub fn broken(what: impl Into<String>) -> Self {
        Self::Broken(what.into())
    }

    /// A rejected amount.
    pub fn money(field: impl Into<Field>, error: MoneyError) -> Self {
        Self::invalid(field, error.to_string())
    }
}
