//! Where partners are paid: added by one person, verified by another.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::Condition;
use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement};
use serde_json::json;

use crate::access::Permission;
use crate::database::Database;
use crate::entity::payout_method::RailName;
use crate::entity::{Owned, partner, payout_method};
use crate::error::{About, Conflict, Error, Result};
use crate::idempotency::Command;
use crate::ids::{PartnerId, PayoutMethodId};
use crate::kernel::audience;
use crate::kernel::check::{Check, Given};
use crate::kernel::facts;
use crate::kernel::lists::{self, Link, Wanted};
use crate::keyring::{Keyring, Secret};
use crate::partner::partners;
use crate::reads::shown;
use crate::scope::{Fact, Scope, Tx};
use crate::{idempotency, limits, people, rails, reads};

/// Adds a payout method on a rail that this server has, and that serves the tenant.
/// Another person, of the tenant, verifies it before anything is paid to it.
pub async fn add(
    scope: &Scope,
    key: &str,
    partner: impl Into<Given<PartnerId>>,
    rail: RailName,
    destination: &str,
) -> Result<payout_method::Model> {
    scope.require(Permission::PartnerFile)?;
    let mut check = Check::default();
    let key = check.take(idempotency::Key::read(key))?;
    let partner = check.given(partner)?;
    let rail = check.take(rails::known(scope, rail).map(|rail| rail.name()))?;
    let destination = check.take(limits::name("destination", destination))?;
    let (Some(key), Some(partner), Some(rail), Some(destination)) =
        (key, partner, rail, destination)
    else {
        return Err(reads::failed::<partner::Entity>(check, scope, "partnerId", partner).await);
    };
    scope.require_partner(partner)?;
    let arguments = (partner, &rail, &destination);
    let command = Command::new("payout_method.add", Some(key), &arguments)?;
    let done = command.once::<payout_method::Entity>(scope, async |tx: &mut Tx| {
        rails::for_tenant(scope, tx.head().kind, rail)?;
        partner::Entity::get(tx, tx.tenant(), partner)
            .await
            .at("partnerId")?;
        let id = PayoutMethodId::new();
        let secret = Secret::new(destination);
        let place = payout_method::Model::place(tx.tenant(), id);
        let row = payout_method::ActiveModel {
            updated_at: Set(tx.now()),
            tenant_id: Set(tx.tenant()),
            id: Set(id),
            partner_id: Set(partner),
            label: Set(masked(secret.expose())),
            destination: Set(tx.keyring().seal(place, &secret)?),
            fingerprint: Set(fingerprint(tx, rail, &secret)?),
            rail: Set(rail),
            state: Set(payout_method::State::Unverified),
            added_by: Set(tx.actor()),
            verified_by: Set(None),
            created_at: Set(tx.now()),
        };
        let method = row.insert(tx).await?;
        let rail = method.rail;
        let fact = Fact::PayoutMethodAdded(facts::AddedMethod { partner, rail });
        tx.record(method.id, None, fact).await?;
        Ok(method)
    });
    shown::<payout_method::Entity>(scope, done.await?).await
}

/// All but the last four characters hidden.
fn masked(destination: &str) -> String {
    let tail: Vec<char> = destination.chars().rev().take(4).collect();
    let hidden = destination.chars().count().saturating_sub(4).min(8);
    "•".repeat(hidden) + &tail.into_iter().rev().collect::<String>()
}

/// Verifies a payout method that somebody else added, and disables those the
/// partner had before. One person alone never sends a partner's money elsewhere.
pub async fn verify(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<PayoutMethodId>>,
) -> Result<payout_method::Model> {
    scope.require(Permission::PartnerManage)?;
    let (key, id) = idempotency::on_row::<payout_method::Entity>(scope, key, id).await?;
    let command = Command::repeatable("payout_method.verify", key, &id)?;
    let done = command.once::<payout_method::Entity>(scope, async |tx: &mut Tx| {
        let method = payout_method::Entity::get(tx, tx.tenant(), id)
            .await
            .at("id")?;
        match method.state {
            payout_method::State::Verified => return Ok(method),
            payout_method::State::Disabled => {
                return Err(Error::conflict(
                    Conflict::WrongState,
                    "the method is disabled",
                ));
            }
            payout_method::State::Unverified => {}
        }
        let message = "whoever added a payout method cannot verify it: ask a second person";
        people::require_second(tx, method.added_by, message).await?;
        let earlier = payout_method::Entity::of(tx.tenant())
            .filter(payout_method::Column::PartnerId.eq(method.partner_id))
            .filter(payout_method::Column::State.eq(payout_method::State::Verified));
        for earlier in earlier.all(tx).await? {
            stop(tx, earlier, "another method was verified").await?;
        }
        let mut change: payout_method::ActiveModel = method.into();
        change.state = Set(payout_method::State::Verified);
        change.verified_by = Set(Some(tx.actor()));
        let method = tx.update(change).await?;
        let partner = method.partner_id;
        let fact = Fact::PayoutMethodVerified(facts::OfPartner { partner });
        tx.record(id, None, fact).await?;
        partners::settle_state(tx, method.partner_id).await?;
        Ok(method)
    });
    done.await
}

/// Disables a payout method, whether or not it was verified: one that was mistyped, or
/// that its partner no longer has. Nothing that has not left is paid to it. Repeating it
/// is harmless.
pub async fn disable(
    scope: &Scope,
    key: Option<&str>,
    id: impl Into<Given<PayoutMethodId>>,
    reason: &str,
) -> Result<payout_method::Model> {
    scope.require(Permission::PartnerFile)?;
    let (key, id, reason) =
        idempotency::with_reason::<payout_method::Entity>(scope, key, id, reason).await?;
    let command = Command::repeatable("payout_method.disable", key, &(id, &reason))?;
    let done = command.once::<payout_method::Entity>(scope, async |tx: &mut Tx| {
        let found = reads::named::<payout_method::Entity>(scope, tx, id).await;
        let method = found.at("id")?;
        match method.state {
            payout_method::State::Disabled => Ok(method),
            _ => stop(tx, method, &reason).await,
        }
    });
    shown::<payout_method::Entity>(scope, done.await?).await
}

async fn stop(
    tx: &mut Tx,
    method: payout_method::Model,
    reason: &str,
) -> Result<payout_method::Model> {
    let mut change: payout_method::ActiveModel = method.into();
    change.state = Set(payout_method::State::Disabled);
    let method = tx.update(change).await?;
    let fact = Fact::PayoutMethodDisabled(facts::DisabledMethod {
        partner: method.partner_id,
        reason: reason.to_owned(),
    });
    tx.record(method.id, None, fact).await?;
    Ok(method)
}

/// Where a method pays to, for a rail or for whoever pays by hand.
pub(crate) fn destination(keyring: &Keyring, method: &payout_method::Model) -> Result<Secret> {
    let place = payout_method::Model::place(method.tenant_id, method.id);
    keyring.open(place, &method.destination)
}

/// Equal where rail and destination are.
pub(crate) fn fingerprint(tx: &Tx, rail: RailName, destination: &Secret) -> Result<String> {
    let bytes = json!([rail, destination.expose()]).to_string();
    tx.keyring().fingerprint(tx.tenant(), bytes.as_bytes())
}

/// The most methods with one destination that are told.
const SHARED: u8 = 20;

/// Other methods of the tenant that pay to the same destination over the same rail,
/// oldest first and at most 20 of each.
pub async fn sharing(
    scope: &Scope,
    ids: &[PayoutMethodId],
) -> Result<HashMap<PayoutMethodId, Vec<payout_method::Model>>> {
    if !audience::sees_sharing(scope) {
        return Ok(HashMap::new());
    }
    let asked: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let link = Link::Pairs(same_destination);
    let wanted = Wanted::first(u64::from(SHARED));
    let pages = lists::children::<payout_method::Entity>(scope, &link, &asked, &wanted).await?;
    let pages = pages.into_iter();
    Ok(pages
        .map(|(id, page)| (PayoutMethodId(id), page.rows))
        .collect())
}

/// Which methods pay to the same destination as these, but themselves.
fn same_destination(scope: &Scope, asked: &[Uuid]) -> SelectStatement {
    use payout_method::Column;
    let of = |table: &'static str, column: Column| Expr::col((table, column));
    Query::select()
        .expr_as(of("asked", Column::Id), "parent")
        .expr_as(of("other", Column::Id), "child")
        .from_as(payout_method::Entity, "asked")
        .join_as(
            JoinType::InnerJoin,
            payout_method::Entity,
            "other",
            Condition::all()
                .add(of("other", Column::TenantId).equals(("asked", Column::TenantId)))
                .add(of("other", Column::Fingerprint).equals(("asked", Column::Fingerprint)))
                .add(of("other", Column::Id).not_equals(("asked", Column::Id))),
        )
        .and_where(of("asked", Column::TenantId).eq(scope.tenant()))
        .and_where(of("asked", Column::Id).is_in(asked.iter().copied()))
        .to_owned()
}

/// Whether any tenant of an SQLite database has a payout method. On PostgreSQL
/// row-level security hides them all.
pub async fn holds_any(db: &Database) -> Result<bool> {
    let any = payout_method::Entity::find().limit(1).one(&**db).await?;
    Ok(any.is_some())
}
