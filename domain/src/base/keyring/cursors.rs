//! Places in lists, sealed for clients.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

use super::keys::Key;
use crate::error::{Error, Result};
use crate::ids::TenantId;

/// The first byte of a cursor: how the rest is made.
const CURSOR_VERSION: u8 = 1;

/// What a cursor is bound to; it opens for nothing else.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// The tenant.
    pub tenant: TenantId,
    /// The list and its order.
    pub subject: String,
}

impl Sealing {
    fn bytes(&self) -> Vec<u8> {
        format!("{}/{}", self.tenant, self.subject).into_bytes()
    }
}

/// What a cursor has sealed; `None` for what is none.
pub(super) fn decoded(cursor: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(cursor).ok()
}

impl Key {
    /// The nonce is a keyed digest of the place and what it is bound to, so it repeats
    /// with these alone.
    pub(super) fn seal_cursor(&self, sealing: &Sealing, place: &[u8]) -> Result<String> {
        let bound = sealing.bytes();
        let info: [&[u8]; 1] = [b"cursor nonce"];
        let key = self.root.expand(&info, hmac::HMAC_SHA256);
        let key = key.map_err(|_| Error::broken("no key could be derived"))?;
        let mut digest = hmac::Context::with_key(&hmac::Key::from(key));
        digest.update(&(bound.len() as u64).to_be_bytes());
        digest.update(&bound);
        digest.update(place);
        let digest = digest.sign();
        let nonce = digest.as_ref().first_chunk::<NONCE_LEN>();
        let nonce = nonce.ok_or_else(|| Error::broken("a digest is too short"))?;
        let mut text = place.to_vec();
        let sealed = self.cursor_cipher()?.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(bound),
            &mut text,
        );
        sealed.map_err(|_| Error::broken("a cursor could not be sealed"))?;
        let mut cursor = vec![CURSOR_VERSION];
        cursor.extend_from_slice(nonce);
        cursor.append(&mut text);
        Ok(URL_SAFE_NO_PAD.encode(cursor))
    }

    pub(super) fn open_cursor(&self, sealing: &Sealing, cursor: &[u8]) -> Option<Vec<u8>> {
        let (&CURSOR_VERSION, rest) = cursor.split_first()? else {
            return None;
        };
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut text = text.to_vec();
        let clear = self.cursor_cipher().ok()?.open_in_place(
            Nonce::assume_unique_for_key(*nonce),
            Aad::from(sealing.bytes()),
            &mut text,
        );
        clear.ok().map(|clear| clear.to_vec())
    }

    fn cursor_cipher(&self) -> Result<LessSafeKey> {
        let key = self.root.expand(&[b"cursor"], &AES_256_GCM);
        let key = key.map_err(|_| Error::broken("no key could be derived"))?;
        Ok(LessSafeKey::new(UnboundKey::from(key)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::Keyring;

    fn key(id: &str, digit: char) -> String {
        format!("{id}:{}", digit.to_string().repeat(64))
    }

    #[test]
    fn a_cursor_outlives_a_rotation_and_opens_for_nothing_else() {
        let file = std::env::temp_dir().join(format!("tributary-{}", uuid::Uuid::now_v7()));
        std::fs::write(&file, key("a", '1')).unwrap();
        let reader = Keyring::open_file(&file).unwrap();
        let both = format!("{},{}", key("b", '2'), key("a", '1'));
        let sealer = Keyring::parse(&both).unwrap();
        let sealing = |subject: &str| Sealing {
            tenant: TenantId::new(),
            subject: subject.to_owned(),
        };
        let (deals, other) = (sealing("Query.deals"), sealing("Query.deals"));
        let cursor = sealer.seal_cursor(&deals, b"[7]").unwrap();
        assert_eq!(sealer.seal_cursor(&deals, b"[7]").unwrap(), cursor);
        assert_ne!(sealer.seal_cursor(&deals, b"[8]").unwrap(), cursor);
        assert_eq!(reader.open_cursor(&deals, &cursor), None);
        std::fs::write(&file, &both).unwrap();
        assert_eq!(reader.open_cursor(&deals, &cursor), Some(b"[7]".to_vec()));
        assert_eq!(reader.open_cursor(&other, &cursor), None);
        let before = reader.seal_cursor(&deals, b"[7]").unwrap();
        assert_eq!(sealer.open_cursor(&deals, &before), Some(b"[7]".to_vec()));
        std::fs::remove_file(&file).unwrap();
    }
}
