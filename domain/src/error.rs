//! The one error of the domain. It knows nothing of HTTP or GraphQL.

use crate::access::Permission;
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
    /// The actor's role does not allow it.
    #[error("this key may not do that ({0:?})")]
    Forbidden(Permission),
    /// An argument that no state of the tenant would accept.
    #[error("{message}")]
    Invalid {
        /// The argument, in the words of the public API, as `amount`, or
        /// `account.domain` where it is inside another.
        field: &'static str,
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
    },
    /// The idempotency key was used for something else.
    #[error("this idempotency key was used with other arguments")]
    IdempotencyMismatch,
    /// A rule faulted where an answer was needed at once.
    #[error("{0}")]
    Refused(crate::calculator::Refusal),
    /// The database failed. Its own words stay in the log.
    #[error("the request could not be completed")]
    Storage(#[from] sea_orm::DbErr),
    /// Something that cannot be, was. Its own words stay in the log.
    #[error("the request could not be completed")]
    Broken(String),
}

/// The rules of state that a command can run into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conflict {
    /// The thing is not in a state from which this can be done.
    WrongState,
    /// The program has no published terms, or is not open.
    ProgramNotOpen,
    /// The partner does not take part in the program.
    NotEnrolled,
    /// The partner has not accepted the terms.
    AgreementNeeded,
    /// Another claim on the same account is alive.
    AccountProtected,
    /// The deal is won already.
    AlreadyWon,
    /// The deal is lost.
    DealLost,
    /// A refund of more than was collected.
    RefundExceedsCollected,
    /// The person who proposed a run may not approve it.
    SecondPersonNeeded,
    /// Nothing is due to anybody.
    NothingToPay,
    /// Another run of the same program is not finished.
    RunInProgress,
    /// A plugin has no active version, or is not the rule's.
    PluginNotActive,
    /// Only sandbox tenants have a test clock.
    NotSandbox,
    /// The clock cannot go back.
    ClockBackwards,
    /// The upload has expired, is empty or was used.
    UploadNotReady,
    /// The machine is too busy to run a rule. Nothing is wrong: try again.
    SandboxBusy,
}

impl Error {
    /// A rejected argument.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Invalid { field, message }
    }

    /// A command that the present state forbids.
    pub fn conflict(code: Conflict, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::Conflict { code, message }
    }

    /// An invariant that did not hold.
    pub fn broken(what: impl Into<String>) -> Self {
        Self::Broken(what.into())
    }

    /// A rejected amount.
    pub fn money(field: &'static str, error: MoneyError) -> Self {
        Self::invalid(field, error.to_string())
    }
}
