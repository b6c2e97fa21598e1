//! What the server does of its own accord, one tenant at a time.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use uuid::Uuid;

use crate::commission::commissions;
use crate::deal::{credits, protections};
use crate::entity::work::{self, Kind};
use crate::error::Result;
use crate::ids::{DealId, PayoutId, PayoutRunId, TermsId};
use crate::kernel::work::{Progress, Step, give_back, take};
use crate::payout::{payout_runs, payouts, preparation, settlement};
use crate::program::in_force;
use crate::scope::Scope;

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
    let turn = Step::begin();
    // One kind does not wait for another: a slow rule must not delay payouts.
    let kinds = by_kind.into_values().map(async |items| {
        for item in items {
            // What there was no time for is free again at once, and not for as long as
            // it was taken.
            let outcome = if turn.is_over() {
                Ok(Progress::More)
            } else {
                perform(scope, item.kind, item.subject).await
            };
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

/// Does a step of one piece of work now, whoever else is at it, and says whether
/// there are more.
///
/// # Errors
///
/// Those of the work.
pub async fn step(scope: &Scope, kind: Kind, subject: Uuid) -> Result<bool> {
    Ok(perform(scope, kind, subject).await? != Progress::Done)
}

/// A step reads what is there when it begins, and leaves no snapshot behind: the next
/// one would see the past.
async fn perform(scope: &Scope, kind: Kind, subject: Uuid) -> Result<Progress> {
    scope.end_read().await;
    let progress = perform_in(scope, kind, subject).await;
    scope.end_read().await;
    progress
}

async fn perform_in(scope: &Scope, kind: Kind, subject: Uuid) -> Result<Progress> {
    match kind {
        Kind::SettleCredit => credits::work(scope, DealId(subject)).await,
        Kind::AssessDeal => commissions::work(scope, DealId(subject)).await,
        Kind::PrepareRun => preparation::work(scope, PayoutRunId(subject)).await,
        Kind::CancelRun => payout_runs::work_off_cancelled(scope, PayoutRunId(subject)).await,
        Kind::ApplyPayout => settlement::work(scope, PayoutId(subject)).await,
        Kind::ExecuteRun => payouts::work(scope, PayoutRunId(subject)).await,
        Kind::ExpireRegistrations => protections::work(scope).await,
        Kind::BeginTerms => in_force::work(scope, TermsId(subject)).await,
    }
}
