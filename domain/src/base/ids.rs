//! Typed identifiers: a UUID inside, `prefix_` and 26 base32 characters outside.
//!
//! The UUID is of version 7, whose first bits are the time, so that rows made together
//! lie together; and of version 4, which tells nothing, for nouns that partners share:
//! none may read from an id when a rival first brought the customer.
//!
//! The outside form is TypeID 0.3: a lower-case prefix, an underscore, and the
//! 128 bits in Crockford's base32 with two leading zero bits.

use uuid::Uuid;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Text that is not an identifier of the expected noun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct ParseIdError;

fn encode(uuid: Uuid) -> String {
    let bits = uuid.as_u128();
    (0..26)
        .rev()
        .map(|digit| char::from(ALPHABET[(bits >> (digit * 5) & 31) as usize]))
        .collect()
}

fn decode(suffix: &str) -> Result<Uuid, ParseIdError> {
    let first = *suffix.as_bytes().first().ok_or(ParseIdError)?;
    if suffix.len() != 26 || first > b'7' {
        return Err(ParseIdError);
    }
    let mut bits = 0_u128;
    for byte in suffix.bytes() {
        let digit = ALPHABET.iter().position(|&letter| letter == byte);
        bits = bits << 5 | digit.ok_or(ParseIdError)? as u128;
    }
    Ok(Uuid::from_u128(bits))
}

/// The id of one noun.
pub trait Identifies: std::str::FromStr {
    /// The noun.
    const NOUN: Noun;
}

macro_rules! ids {
    ($({ $($(#[$doc:meta])* $name:ident $prefix:literal $noun:ident $plain:literal $fresh:ident $entity:ident;)+ })+) => {
        $($(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sea_orm::DeriveValueType)]
            pub struct $name(pub Uuid);

            impl From<Uuid> for $name {
                fn from(id: Uuid) -> Self {
                    Self(id)
                }
            }

            impl From<$name> for Uuid {
                fn from(id: $name) -> Self {
                    id.0
                }
            }

            impl Identifies for $name {
                const NOUN: Noun = Noun::$noun;
            }

            impl $name {
                /// What the outside form begins with.
                pub const PREFIX: &str = $prefix;

                /// A new identifier.
                #[expect(clippy::new_without_default, reason = "each call gives another value")]
                pub fn new() -> Self {
                    Self(Uuid::$fresh())
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    write!(f, concat!($prefix, "_{}"), encode(self.0))
                }
            }

            impl std::str::FromStr for $name {
                type Err = ParseIdError;

                fn from_str(text: &str) -> Result<Self, ParseIdError> {
                    let suffix = text.strip_prefix(concat!($prefix, "_")).ok_or(ParseIdError)?;
                    decode(suffix).map(Self)
                }
            }

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                    text.parse().map_err(serde::de::Error::custom)
                }
            }

            impl sea_orm::TryFromU64 for $name {
                fn try_from_u64(_: u64) -> Result<Self, sea_orm::DbErr> {
                    Err(sea_orm::DbErr::ConvertFromU64(stringify!($name)))
                }
            }
        )+)+

        /// The nouns that have an identifier, for error messages and `node`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Noun {
            $($(
                #[doc = concat!("A ", $plain, ".")]
                $noun,
            )+)+
        }

        impl Noun {
            /// The noun as written in a sentence.
            pub fn plain(self) -> &'static str {
                match self { $($(Self::$noun => $plain,)+)+ }
            }

            /// What its identifiers begin with.
            pub fn prefix(self) -> &'static str {
                match self { $($(Self::$noun => $prefix,)+)+ }
            }

            /// The outside form of the identifier of one of it.
            pub fn id(self, id: Uuid) -> String {
                format!("{}_{}", self.prefix(), encode(id))
            }

            /// The noun whose identifiers begin as `text` does.
            pub fn of(text: &str) -> Option<Self> {
                match text.split_once('_')?.0 {
                    $($($prefix => Some(Self::$noun),)+)+
                    _ => None,
                }
            }
        }
    };
}

nouns!(ids);

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of the TypeID specification, `spec/valid.yml`.
    #[test]
    fn base32_agrees_with_the_specification() {
        for (uuid, suffix) in [
            (
                "00000000-0000-0000-0000-000000000000",
                "00000000000000000000000000",
            ),
            (
                "00000000-0000-0000-0000-00000000000a",
                "0000000000000000000000000a",
            ),
            (
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "7zzzzzzzzzzzzzzzzzzzzzzzzz",
            ),
            (
                "0110c853-1d09-52d8-d73e-1194e95b5f19",
                "0123456789abcdefghjkmnpqrs",
            ),
            (
                "01890a5d-ac96-774b-bcce-b302099a8057",
                "01h455vb4pex5vsknk084sn02q",
            ),
        ] {
            let uuid: Uuid = uuid.parse().expect("a UUID");
            assert_eq!(encode(uuid), suffix);
            assert_eq!(decode(suffix), Ok(uuid));
        }
    }

    #[test]
    fn another_nouns_id_is_refused() {
        let deal = DealId::new().to_string();
        assert_eq!(deal.parse::<PartnerId>(), Err(ParseIdError));
        assert_eq!(Noun::of(&deal), Some(Noun::Deal));
    }

    #[test]
    fn malformed_ids_are_refused() {
        for text in [
            "prt_",
            "prt_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "prt_0123456789ABCDEFGHJKMNPQRS",
            "prt_01h455vb4pex5vsknk084sn02",
            "prt_01h455vb4pex5vsknk084sn02é",
            "prt01h455vb4pex5vsknk084sn02q",
        ] {
            assert_eq!(text.parse::<PartnerId>(), Err(ParseIdError), "{text}");
        }
    }
}
