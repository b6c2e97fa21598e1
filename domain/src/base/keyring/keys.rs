//! The keys themselves.

use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::{hkdf, hmac};

use crate::error::{Error, Result};
use crate::ids::TenantId;

/// Bytes of a key.
pub(super) const KEY_LEN: usize = 32;
/// Keeps what is derived here apart from what others derive of the same key.
const SALT: &[u8] = b"tributary/keyring/1";

/// One key: an id of letters, digits, `-` and `_`, and 256 random bits.
pub(super) struct Key {
    pub(super) id: String,
    pub(super) root: hkdf::Prk,
}

impl Key {
    fn parse(line: &str) -> Option<Self> {
        let (id, secret) = line.split_once(':')?;
        let named = (1..=32).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let secret = hex::decode(secret)
            .ok()
            .filter(|secret| secret.len() == KEY_LEN)?;
        named.then(|| Self {
            id: id.to_owned(),
            root: hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(&secret),
        })
    }

    pub(super) fn cipher(&self) -> Result<LessSafeKey> {
        let key = self.root.expand(&[b"seal"], &AES_256_GCM);
        let key = key.map_err(|_| Error::broken("no key could be derived"))?;
        Ok(LessSafeKey::new(UnboundKey::from(key)))
    }

    pub(super) fn fingerprint(&self, tenant: TenantId, bytes: &[u8]) -> Result<String> {
        let info: [&[u8]; 2] = [b"fingerprint", tenant.0.as_bytes()];
        let key = self.root.expand(&info, hmac::HMAC_SHA256);
        let key = key.map_err(|_| Error::broken("no key could be derived"))?;
        let tag = hmac::sign(&hmac::Key::from(key), bytes);
        Ok(format!("{}:{}", self.id, hex::encode(tag.as_ref())))
    }
}

/// The keys, the one that seals first.
pub(super) struct Keys(pub(super) Vec<Key>);

impl Keys {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut keys: Vec<Key> = Vec::new();
        let lines = text.split([',', '\n']).map(str::trim);
        for (index, line) in lines.filter(|line| !line.is_empty()).enumerate() {
            // The text is not repeated: it is a secret.
            let malformed = || format!("key {} does not read <id>:<64 hex digits>", index + 1);
            let key = Key::parse(line).ok_or_else(malformed)?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(format!("two keys have the id {}", key.id));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            Err("there is no key".to_owned())
        } else {
            Ok(Self(keys))
        }
    }

    pub(super) fn current(&self) -> Result<&Key> {
        self.0.first().ok_or_else(|| Error::broken("no keys"))
    }

    pub(super) fn get(&self, id: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.id == id)
    }
}
