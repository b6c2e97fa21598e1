//! The log: every change of a tenant, in one order, without gaps.

use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::access::Permission;
use crate::entity::event;
use crate::error::Result;
use crate::ids::{DealId, PartnerId};
use crate::kernel::audience;
use crate::kernel::lists::LARGEST_PAGE;
use crate::reads;
use crate::scope::Scope;

/// The facts after a position, oldest first; at most [`LARGEST_PAGE`].
///
/// Positions are given out under the lock on the log's head, so a reader that
/// has seen a position has seen everything before it.
pub async fn after(scope: &Scope, position: i64, limit: u64) -> Result<Vec<event::Model>> {
    scope.require(Permission::BooksRead)?;
    Ok(select(scope, position, limit)
        .all(&scope.read().await?)
        .await?)
}

/// The facts of one deal after a position, for whoever may see the deal.
pub async fn of_deal_after(
    scope: &Scope,
    deal: DealId,
    position: i64,
    limit: u64,
) -> Result<Vec<event::Model>> {
    reads::get::<crate::entity::deal::Entity>(scope, deal).await?;
    let concerns = audience::events_of_deal(scope, deal).await?;
    let query = select(scope, position, limit).filter(concerns);
    let rows = query.all(&scope.read().await?).await?;
    Ok(audience::events_shown(scope, rows))
}

/// The facts of one partner after a position, for the tenant's own people and its own.
pub async fn of_partner_after(
    scope: &Scope,
    partner: PartnerId,
    position: i64,
    limit: u64,
) -> Result<Vec<event::Model>> {
    reads::get::<crate::entity::partner::Entity>(scope, partner).await?;
    let query = select(scope, position, limit).filter(event::Column::PartnerId.eq(partner));
    let rows = query.all(&scope.read().await?).await?;
    Ok(audience::events_shown(scope, rows))
}

/// The facts of all deals after a position, for those who may see all deals.
pub async fn of_deals_after(scope: &Scope, position: i64) -> Result<Vec<event::Model>> {
    scope.require(Permission::BooksRead)?;
    let query = select(scope, position, LARGEST_PAGE).filter(event::Column::DealId.is_not_null());
    Ok(query.all(&scope.read().await?).await?)
}

fn select(scope: &Scope, position: i64, limit: u64) -> Select<event::Entity> {
    event::Entity::find()
        .filter(event::Column::TenantId.eq(scope.tenant()))
        .filter(event::Column::Position.gt(position))
        .order_by_asc(event::Column::Position)
        .limit(limit.min(LARGEST_PAGE))
}
