//! The ids that things have in the tenant's own systems: no two of a noun share one. A
//! customer is known by its CRM id, which tells accounts apart.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use crate::entity::external_id;
use crate::error::{Conflict, Error, Result};
use crate::ids::{CollectionId, DealId, Noun, PartnerId, TenantId};
use crate::limits;
use crate::scope::{Scope, Tx};

/// Something that has an id elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub enum Subject {
    /// A partner.
    Partner(PartnerId),
    /// A deal.
    Deal(DealId),
    /// A payment or refund.
    Collection(CollectionId),
}

impl Subject {
    fn key(self) -> (Noun, Uuid) {
        match self {
            Self::Partner(id) => (Noun::Partner, id.0),
            Self::Deal(id) => (Noun::Deal, id.0),
            Self::Collection(id) => (Noun::Collection, id.0),
        }
    }
}

/// Reads an id elsewhere.
///
/// # Errors
///
/// `InvalidInput` on `externalId`.
pub(crate) fn read(text: Option<&str>) -> Result<Option<String>> {
    text.map(|text| limits::name("externalId", text))
        .transpose()
}

/// Keeps the id of something new elsewhere.
///
/// # Errors
///
/// Where another thing of its noun has it.
pub(crate) async fn keep(tx: &Tx, subject: Subject, external_id: &str) -> Result<()> {
    let (noun, id) = subject.key();
    if let Some(other) = holder(tx, tx.tenant(), noun, external_id).await? {
        let message = format!("another {} has this external id", noun.plain());
        let ids = vec![noun.id(other)];
        return Err(Error::in_the_way(Conflict::ExternalIdTaken, message, ids));
    }
    let row = external_id::ActiveModel {
        tenant_id: Set(tx.tenant()),
        noun: Set(noun.prefix().to_owned()),
        subject: Set(id),
        external_id: Set(external_id.to_owned()),
    };
    external_id::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// The row of a noun that has an id elsewhere.
async fn holder<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    noun: Noun,
    external_id: &str,
) -> Result<Option<Uuid>> {
    let query = external_id::Entity::find()
        .filter(external_id::Column::TenantId.eq(tenant))
        .filter(external_id::Column::Noun.eq(noun.prefix()))
        .filter(external_id::Column::ExternalId.eq(external_id));
    Ok(query.one(db).await?.map(|row| row.subject))
}

/// The id, as the API writes it, of the row that has an id elsewhere; none where none has,
/// and for a partner's key.
pub async fn look_up(scope: &Scope, noun: Noun, external_id: &str) -> Result<Option<String>> {
    if scope.partner().is_some() {
        return Ok(None);
    }
    let db = scope.read().await?;
    let found = holder(&db, scope.tenant(), noun, external_id).await?;
    Ok(found.map(|id| noun.id(id)))
}

/// The ids elsewhere of these things, for the tenant's own people; those without one are
/// absent.
pub async fn of(scope: &Scope, subjects: &[Subject]) -> Result<HashMap<Subject, String>> {
    if scope.partner().is_some() {
        return Ok(HashMap::new());
    }
    let ids = subjects.iter().map(|subject| subject.key().1);
    let query = external_id::Entity::find()
        .filter(external_id::Column::TenantId.eq(scope.tenant()))
        .filter(external_id::Column::Subject.is_in(ids));
    let rows = query.all(&scope.read().await?).await?;
    let mut by_id: HashMap<Uuid, String> = rows
        .into_iter()
        .map(|row| (row.subject, row.external_id))
        .collect();
    let pair = |subject: &Subject| Some((*subject, by_id.remove(&subject.key().1)?));
    Ok(subjects.iter().filter_map(pair).collect())
}
