//! Cursors: places in lists, as texts that clients keep and cannot read.

use super::keys::Place;
use super::listed::Listed;
use super::query::Order;
use crate::error::{Error, Result};
use crate::keyring::Sealing;
use crate::scope::Scope;

/// What a place takes is filled up to a multiple of so many bytes: else its length would
/// tell how large a number is, or how long a name.
const CURSOR_STEP_BYTES: usize = 64;

/// The cursor of a row: good for this tenant, list and order alone. It may tell of a row
/// what the client is not told, so it is sealed.
///
/// # Errors
/// [`Error::Broken`] where the server has no key.
pub fn cursor<E: Listed>(
    scope: &Scope,
    list: &str,
    order: Order<E::Order>,
    row: &E::Model,
) -> Result<String> {
    let place = Place::of(E::keys(scope, order.field), row)?;
    let place = serde_json::to_vec(&place);
    let mut place = place.map_err(|error| Error::broken(format!("a place: {error}")))?;
    // White space after JSON is nothing.
    place.resize(place.len().next_multiple_of(CURSOR_STEP_BYTES), b' ');
    let keyring = &scope.engine().keyring;
    keyring.seal_cursor(&sealing::<E>(scope, list, order), &place)
}

/// The place that a cursor of this tenant, list and order stands for.
///
/// # Errors
/// `InvalidInput` on `field` for every other text.
pub fn place<E: Listed>(
    scope: &Scope,
    list: &str,
    order: Order<E::Order>,
    field: &'static str,
    cursor: &str,
) -> Result<Place> {
    let keyring = &scope.engine().keyring;
    let bytes = keyring.open_cursor(&sealing::<E>(scope, list, order), cursor);
    let place = bytes.and_then(|bytes| serde_json::from_slice::<Place>(&bytes).ok());
    place
        .filter(|place| place.fits(E::keys(scope, order.field)))
        .ok_or_else(|| Error::invalid(field, "not a cursor of this list in this order"))
}

/// What a cursor is bound to: with the columns, so that none outlives a change of what an
/// order goes by.
fn sealing<E: Listed>(scope: &Scope, list: &str, order: Order<E::Order>) -> Sealing {
    let direction = if order.descending { "desc" } else { "asc" };
    let keys = E::keys(scope, order.field);
    Sealing {
        tenant: scope.tenant(),
        subject: format!("{list}/{:?}/{keys:?}/{direction}", order.field),
    }
}
