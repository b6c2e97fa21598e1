//! What the server does of its own accord, one tenant at a time.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::entity::work::{self, Kind};
use crate::error::Result;
use crate::ids::{DealId, PayoutRunId};
use crate::kernel::work::{Progress, give_back, take};
use crate::scope::Scope;
use crate::{commissions, credits, payouts, protections};

pub use crate::kernel::work::tenants;

/// Does some of the tenant's work that is due, and says how many pieces. What
/// fails is tried again later; repeating it is harmless, also from two servers at
/// once, and so is stopping it.
///
/// # Errors
///
/// When the work cannot be looked up or given back.
pub async fn run(scope: &Scope) -> Result<usize> {
    let mut by_kind: BTreeMap<Kind, Vec<work::Model>> = BTreeMap::new();
    let taken = take(scope).await?;
    let count = taken.len();
    for item in taken {
        by_kind.entry(item.kind).or_default().push(item);
    }
    // One kind does not wait for another: a slow rule must not delay payouts.
    let kinds = by_kind.into_values().map(async |items| {
        for item in items {
            let outcome = perform(scope, &item).await;
            if let Err(error) = &outcome {
                tracing::warn!(kind = ?item.kind, subject = %item.subject, ?error, "work failed");
            }
            give_back(scope, &item, &outcome).await?;
        }
        Ok(())
    });
    join_all(kinds).await.into_iter().collect::<Result<()>>()?;
    Ok(count)
}

async fn perform(scope: &Scope, item: &work::Model) -> Result<Progress> {
    match item.kind {
        Kind::SettleCredit => credits::work(scope, DealId(item.subject)).await,
        Kind::AssessDeal => commissions::work(scope, DealId(item.subject)).await,
        Kind::ExecuteRun => payouts::work(scope, PayoutRunId(item.subject)).await,
        Kind::ExpireRegistrations => protections::work(scope).await,
    }
}
