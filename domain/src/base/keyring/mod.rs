//! Secrets at rest: sealed before they are stored, opened where they are used.
//!
//! A sealed text names the key that sealed it and is bound to its tenant and row:
//! moved to another row it does not open. A fingerprint is a keyed digest, one key
//! a tenant, where two secrets must be compared without being opened.

mod cursors;
mod keys;
mod secret;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::{fmt, fs};

use ring::aead::{Aad, NONCE_LEN, Nonce};
use uuid::Uuid;

use crate::digest::{equal, random};
use crate::error::{Error, Result};
use crate::ids::TenantId;

pub use self::cursors::Sealing;
use self::keys::{KEY_LEN, Keys};
pub use self::secret::{Sealed, Secret};

/// Where a sealed secret is stored; it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The tenant.
    pub tenant: TenantId,
    /// The table and column.
    pub column: &'static str,
    /// The row.
    pub row: Uuid,
}

impl Place {
    fn aad(&self) -> Aad<String> {
        Aad::from(format!("{}/{}/{}", self.tenant, self.column, self.row))
    }
}

/// The keys of a server. Clones share them.
#[derive(Clone)]
pub struct Keyring {
    file: Option<PathBuf>,
    keys: Arc<RwLock<Arc<Keys>>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({:?})", self.file)
    }
}

impl Keyring {
    /// Reads `<id>:<64 hex digits>`, by commas or lines. The first key seals, all
    /// of them open.
    ///
    /// # Errors
    /// Says which key cannot be read, without repeating it.
    pub fn parse(text: &str) -> Result<Self, String> {
        Ok(Self {
            file: None,
            keys: Arc::new(RwLock::new(Arc::new(Keys::parse(text)?))),
        })
    }

    /// Reads the same from a file. It is read anew where a secret was sealed with a
    /// key that is not known: so keys rotate under a server that runs.
    ///
    /// # Errors
    /// Says why the file cannot be used.
    pub fn open_file(path: impl Into<PathBuf>) -> Result<Self, String> {
        let path = path.into();
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let keyring = Self::parse(&text)?;
        Ok(Self {
            file: Some(path),
            ..keyring
        })
    }

    /// The line of a new key.
    ///
    /// # Errors
    /// Where the operating system has no randomness.
    pub fn new_key() -> Result<Secret> {
        let id = hex::encode(random::<4>()?);
        Ok(Secret(format!(
            "k{id}:{}",
            hex::encode(random::<KEY_LEN>()?)
        )))
    }

    /// The id of the key that seals.
    pub fn current(&self) -> Result<String> {
        Ok(self.keys().current()?.id.clone())
    }

    /// Seals a secret for its place.
    pub fn seal(&self, place: Place, secret: &Secret) -> Result<Sealed> {
        let keys = self.keys();
        let key = keys.current()?;
        let nonce = random::<NONCE_LEN>()?;
        let mut text = secret.0.clone().into_bytes();
        let sealed = key.cipher()?.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            place.aad(),
            &mut text,
        );
        sealed.map_err(|_| Error::broken("a secret could not be sealed"))?;
        Ok(Sealed(format!(
            "{}:{}{}",
            key.id,
            hex::encode(nonce),
            hex::encode(text)
        )))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// [`Error::Broken`] where the key is not known, or the text was changed or moved.
    pub fn open(&self, place: Place, sealed: &Sealed) -> Result<Secret> {
        let id = sealed.key_id();
        let broken = |what: &str| Error::broken(format!("{what}: {place:?}, key {id}"));
        let keys = self.knowing(id);
        let key = keys
            .get(id)
            .ok_or_else(|| broken("sealed with an unknown key"))?;
        let bytes = sealed
            .0
            .get(id.len() + 1..)
            .and_then(|text| hex::decode(text).ok());
        let mut bytes = bytes.ok_or_else(|| broken("a sealed secret is no hex"))?;
        let (nonce, text) = bytes
            .split_at_mut_checked(NONCE_LEN)
            .ok_or_else(|| broken("a sealed secret is too short"))?;
        let nonce = Nonce::try_assume_unique_for_key(nonce)
            .map_err(|_| broken("a sealed secret has no nonce"))?;
        let clear = key
            .cipher()?
            .open_in_place(nonce, place.aad(), text)
            .map_err(|_| broken("a sealed secret was changed or moved"))?;
        let clear = String::from_utf8(clear.to_vec());
        clear
            .map(Secret)
            .map_err(|_| broken("a sealed secret is no text"))
    }

    /// A keyed digest: equal for equal bytes of one tenant under one key.
    pub fn fingerprint(&self, tenant: TenantId, bytes: &[u8]) -> Result<String> {
        self.keys().current()?.fingerprint(tenant, bytes)
    }

    /// Whether a fingerprint is of these bytes. One of an unknown key is of none.
    pub fn matches(&self, tenant: TenantId, bytes: &[u8], fingerprint: &str) -> Result<bool> {
        let id = fingerprint.split(':').next().unwrap_or_default();
        match self.knowing(id).get(id) {
            Some(key) => Ok(equal(&key.fingerprint(tenant, bytes)?, fingerprint)),
            None => Ok(false),
        }
    }

    fn keys(&self) -> Arc<Keys> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.clone()
    }

    /// The keys, read anew if this one is not among them.
    fn knowing(&self, id: &str) -> Arc<Keys> {
        let keys = self.keys();
        if keys.get(id).is_some() {
            return keys;
        }
        self.read_anew()
    }

    /// Seals a place in a list as URL-safe text: equal for equal places, so that a client
    /// that reads a page twice gets one cursor for each row.
    pub fn seal_cursor(&self, sealing: &Sealing, place: &[u8]) -> Result<String> {
        self.keys().current()?.seal_cursor(sealing, place)
    }

    /// The place that a cursor stands for; `None` for every other text.
    pub fn open_cursor(&self, sealing: &Sealing, cursor: &str) -> Option<Vec<u8>> {
        let sealed = cursors::decoded(cursor)?;
        let opened = |keys: &Keys| {
            let mut keys = keys.0.iter();
            keys.find_map(|key| key.open_cursor(sealing, &sealed))
        };
        // Another server may seal with a key that this one has not read yet.
        opened(&self.keys()).or_else(|| opened(&self.read_anew()))
    }

    /// The keys as the file has them now, if there is one.
    fn read_anew(&self) -> Arc<Keys> {
        let keys = self.keys();
        let Some(file) = &self.file else {
            return keys;
        };
        let read = fs::read_to_string(file).map_err(|error| error.to_string());
        match read.and_then(|text| Keys::parse(&text)) {
            Ok(read) => {
                let read = Arc::new(read);
                let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
                *keys = read.clone();
                read
            }
            Err(reason) => {
                tracing::warn!(reason, "the file of keys cannot be read anew");
                keys
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: u128) -> Place {
        Place {
            tenant: TenantId(Uuid::from_u128(1)),
            column: "payout_method.destination",
            row: Uuid::from_u128(row),
        }
    }

    fn keyring() -> Keyring {
        Keyring::parse(Keyring::new_key().unwrap().expose()).unwrap()
    }

    #[test]
    fn a_secret_opens_in_its_place_alone() {
        let keyring = keyring();
        let secret = Secret::new("IBAN GB33BUKB20201555555555");
        let sealed = keyring.seal(place(7), &secret).unwrap();
        assert!(!sealed.0.contains("GB33"), "{sealed:?}");
        assert_eq!(sealed.key_id(), keyring.current().unwrap());
        assert_eq!(keyring.open(place(7), &sealed).unwrap(), secret);
        assert!(keyring.open(place(8), &sealed).is_err());
        let other_tenant = Place {
            tenant: TenantId(Uuid::from_u128(2)),
            ..place(7)
        };
        assert!(keyring.open(other_tenant, &sealed).is_err());
        let other_column = Place {
            column: "tax_form.number",
            ..place(7)
        };
        assert!(keyring.open(other_column, &sealed).is_err());
        let again = keyring.seal(place(7), &secret).unwrap();
        assert_ne!(again, sealed, "two nonces");
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let keyring = keyring();
        let sealed = keyring.seal(place(7), &Secret::new("x")).unwrap().0;
        let last = sealed.len() - 1;
        let flipped = if sealed.ends_with('0') { "1" } else { "0" };
        for changed in [
            format!("{}{flipped}", &sealed[..last]),
            sealed[..last].to_owned(),
            sealed[..sealed.len() - 20].to_owned(),
            sealed.replace(':', "-"),
            "x".to_owned(),
            String::new(),
        ] {
            assert!(
                keyring.open(place(7), &Sealed(changed.clone())).is_err(),
                "{changed}"
            );
        }
    }

    #[test]
    fn older_keys_open_and_compare_and_the_first_one_seals() {
        let [old, new] = [(); 2].map(|()| Keyring::new_key().unwrap());
        let before = Keyring::parse(old.expose()).unwrap();
        let sealed = before.seal(place(7), &Secret::new("x")).unwrap();
        let print = before.fingerprint(place(7).tenant, b"x").unwrap();
        let text = format!("{}\n{}\n", new.expose(), old.expose());
        let after = Keyring::parse(&text).unwrap();
        assert_eq!(after.open(place(7), &sealed).unwrap().expose(), "x");
        let resealed = after.seal(place(7), &Secret::new("x")).unwrap();
        assert_ne!(resealed.key_id(), sealed.key_id());
        assert!(before.open(place(7), &resealed).is_err());
        assert!(after.matches(place(7).tenant, b"x", &print).unwrap());
        assert!(!after.matches(place(7).tenant, b"y", &print).unwrap());
        let stranger = TenantId(Uuid::from_u128(2));
        assert!(!after.matches(stranger, b"x", &print).unwrap());
        let without = Keyring::parse(new.expose()).unwrap();
        assert!(!without.matches(place(7).tenant, b"x", &print).unwrap());
    }

    #[test]
    fn a_file_is_read_anew_for_a_key_that_came_since() {
        let file =
            std::env::temp_dir().join(format!("keys-{}", hex::encode(random::<8>().unwrap())));
        let [old, new] = [(); 2].map(|()| Keyring::new_key().unwrap());
        fs::write(&file, old.expose()).unwrap();
        let server = Keyring::open_file(&file).unwrap();
        fs::write(&file, format!("{},{}", new.expose(), old.expose())).unwrap();
        let operator = Keyring::open_file(&file).unwrap();
        let sealed = operator.seal(place(7), &Secret::new("x")).unwrap();
        assert_eq!(server.open(place(7), &sealed).unwrap().expose(), "x");
        assert_eq!(server.current().unwrap(), operator.current().unwrap());
        fs::remove_file(file).unwrap();
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        let good = Keyring::new_key().unwrap();
        let twice = format!("{0},{0}", good.expose());
        for bad in ["", "\n", "secret", "k1:abcd", "k 1:00", &twice] {
            let error = Keyring::parse(bad).unwrap_err();
            assert!(!error.contains("secret") && !error.contains("abcd"));
        }
    }
}
