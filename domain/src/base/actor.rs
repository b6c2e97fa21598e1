//! Who does something: a person, a service with a key of its own, or the server.

use std::fmt;
use std::str::FromStr;

use crate::ids::{ApiKeyId, Noun, ParseIdError, PersonId};

/// How the server itself is written down.
const SYSTEM: &str = "system";

/// Who does something. Stored and shown as its id: `per_…`, `key_…` or `system`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sea_orm::DeriveValueType)]
#[sea_orm(value_type = "String")]
pub enum Actor {
    /// A person.
    Person(PersonId),
    /// A service, known by its key. A person answers for it.
    Service(ApiKeyId),
    /// The server, by a policy of the terms or by the passing of time.
    System,
    /// Somebody whom the audience is not told of. Never stored.
    Hidden,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => id.fmt(f),
            Self::Service(id) => id.fmt(f),
            Self::System => f.write_str(SYSTEM),
            Self::Hidden => f.write_str("hidden"),
        }
    }
}

impl FromStr for Actor {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        match Noun::of(text) {
            Some(Noun::Person) => text.parse().map(Self::Person),
            Some(Noun::ApiKey) => text.parse().map(Self::Service),
            _ if text == SYSTEM => Ok(Self::System),
            _ => Err(ParseIdError),
        }
    }
}

impl serde::Serialize for Actor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_is_read_as_it_is_written() {
        for actor in [
            Actor::Person(PersonId::new()),
            Actor::Service(ApiKeyId::new()),
            Actor::System,
        ] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
        }
        for other in [
            "",
            "Ada",
            "hidden",
            "system ",
            "prt_01h455vb4pex5vsknk084sn02q",
        ] {
            assert_eq!(other.parse::<Actor>(), Err(ParseIdError), "{other}");
        }
    }
}
