//! Credit: who gets what part of a won deal, settled once and frozen.

use std::collections::{BTreeMap, HashMap};

use sea_orm::ActiveValue::Set;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::commission::commissions;
use crate::deal::involvements;
use crate::entity::credit;
use crate::entity::credit_share::{self, Role};
use crate::entity::{Owned, deal, involvement, work};
use crate::error::{Error, Result};
use crate::ids::{CreditId, DealId, InvolvementId, PartnerId};
use crate::kernel::audience;
use crate::kernel::facts;
use crate::kernel::work::Progress;
use crate::reads::Visible;
use crate::scope::{Fact, Scope, Tx};

/// One partner's share and why, before it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Share {
    partner: PartnerId,
    role: Role,
    /// One of so many equal parts of the role.
    of: i32,
    involvement: InvolvementId,
    reason: String,
}

/// Freezes the credit of a won deal and makes the commissions that follow from it.
pub(crate) async fn settle_and_commission(tx: &mut Tx, deal: &deal::Model) -> Result<()> {
    let (credit, shares) = insert_credit(tx, deal).await?;
    commissions::create(tx, deal, &credit, &shares).await
}

/// Settles credit that waited for decisions until the deadline of the terms:
/// what is still undecided is declined.
pub(crate) async fn work(scope: &Scope, deal: DealId) -> Result<Progress> {
    let mut tx = scope.begin().await?;
    involvements::decline_undecided(
        &mut tx,
        deal,
        "nobody decided before the deadline of the terms",
    )
    .await?;
    settle_if_decided(&mut tx, deal).await?;
    tx.complete(work::Kind::SettleCredit, deal.0).await?;
    tx.commit().await?;
    Ok(Progress::Done)
}

/// Settles credit that waited for decisions, once none is left to wait for.
pub(crate) async fn settle_if_decided(tx: &mut Tx, deal: DealId) -> Result<()> {
    let deal = deal::Entity::get(tx, tx.tenant(), deal).await?;
    if deal.credit_due_at.is_none() || involvements::any_undecided(tx, deal.id).await? {
        return Ok(());
    }
    let id = deal.id;
    let mut change: deal::ActiveModel = deal.into();
    change.credit_due_at = Set(None);
    let deal = tx.update(change).await?;
    settle_and_commission(tx, &deal).await?;
    tx.complete(work::Kind::SettleCredit, id.0).await
}

async fn insert_credit(
    tx: &mut Tx,
    deal: &deal::Model,
) -> Result<(credit::Model, Vec<credit_share::Model>)> {
    let involvements = involvements::confirmed(tx, deal.id).await?;
    let row = credit::ActiveModel {
        tenant_id: Set(tx.tenant()),
        id: Set(CreditId::new()),
        deal_id: Set(deal.id),
        version: Set(1),
        reason: Set("the deal was won".to_owned()),
        settled_by: Set(tx.actor()),
        settled_at: Set(tx.now()),
        settled_position: Set(tx.next_position()),
    };
    let credit = row.insert(tx).await?;
    let mut shares = Vec::new();
    for share in divide(&involvements)? {
        let row = credit_share::ActiveModel {
            tenant_id: Set(tx.tenant()),
            credit_id: Set(credit.id),
            partner_id: Set(share.partner),
            role: Set(share.role),
            share_numerator: Set(1),
            share_denominator: Set(share.of),
            involvement_id: Set(share.involvement),
            reason: Set(share.reason),
        };
        shares.push(row.insert(tx).await?);
    }
    let told = shares.iter().map(|share| facts::ShareOfCredit {
        partner: share.partner_id,
        role: share.role,
        share: facts::Fraction {
            numerator: share.share_numerator,
            denominator: share.share_denominator,
        },
    });
    let fact = Fact::CreditSettled(facts::Shares {
        version: credit.version,
        shares: told.collect(),
    });
    tx.record(credit.id, Some(deal.id), fact).await?;
    Ok((credit, shares))
}

/// Divides the credit among confirmed involvements, in the order of the log.
///
/// One partner sourced the deal: the one whose registration became it, else the
/// one recorded first. Every other partner that moved it influenced it, each once and in
/// equal shares.
fn divide(involvements: &[involvement::Model]) -> Result<Vec<Share>> {
    let sourced = || involvements.iter().filter(|row| row.role == Role::Sourced);
    let source = sourced()
        .find(|row| row.registration_id.is_some())
        .or(sourced().next());
    let mut influencers: BTreeMap<PartnerId, &involvement::Model> = BTreeMap::new();
    for row in involvements
        .iter()
        .filter(|row| row.role == Role::Influenced)
    {
        if source.is_none_or(|source| source.partner_id != row.partner_id) {
            influencers.entry(row.partner_id).or_insert(row);
        }
    }
    let mut shares = Vec::new();
    if let Some(row) = source {
        let reason = match row.registration_id {
            Some(_) => "its approved registration became the deal",
            None => "its confirmed part in sourcing the deal was recorded first",
        };
        shares.push(share(row, 1, reason.to_owned()));
    }
    let count = i32::try_from(influencers.len()).map_err(|_| Error::broken("influencers"))?;
    for row in influencers.values() {
        let reason = format!("its confirmed part, one of {count}: {}", row.evidence);
        shares.push(share(row, count, reason));
    }
    Ok(shares)
}

fn share(row: &involvement::Model, of: i32, reason: String) -> Share {
    Share {
        partner: row.partner_id,
        role: row.role,
        of,
        involvement: row.id,
        reason,
    }
}

/// The newest version of the credit on each deal that has one.
pub async fn latest(scope: &Scope, deals: &[DealId]) -> Result<HashMap<DealId, credit::Model>> {
    let query = credit::Entity::visible(scope)
        .filter(credit::Column::DealId.is_in(deals.iter().copied()))
        .order_by_asc(credit::Column::Version);
    let versions = query.all(&scope.read().await?).await?;
    Ok(versions.into_iter().map(|row| (row.deal_id, row)).collect())
}

/// The shares of versions of credit that the actor may see.
pub async fn shares(scope: &Scope, credits: &[CreditId]) -> Result<Vec<credit_share::Model>> {
    let query = credit_share::Entity::find()
        .filter(credit_share::Column::TenantId.eq(scope.tenant()))
        .filter(credit_share::Column::CreditId.is_in(credits.iter().copied()))
        .filter(audience::shares_shown(scope))
        .order_by_desc(credit_share::Column::Role)
        .order_by_asc(credit_share::Column::PartnerId);
    Ok(query.all(&scope.read().await?).await?)
}
