//! Before money leaves: what must be true, and the durable note that a call to the
//! rail begins.
//!
//! What people report as failed must not be paid afterwards. So nothing is sent, or
//! sent again, without a note in the database that people's word can be checked
//! against, and each call ends within a time that the note bounds.

use std::time::{Duration, Instant};

use sea_orm::ActiveValue::Set;
use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;

use crate::entity::payout::{self, State};
use crate::entity::payout_hold::Reason;
use crate::entity::payout_report;
use crate::entity::{Owned, earning, payout_run};
use crate::error::{Error, Result};
use crate::ids::{PartnerId, PayoutId, TenantId, TermsId};
use crate::kernel::engine::MOST_SKEW;
use crate::partner::readiness::{self, Papers};
use crate::payout::{dues, settlement};
use crate::rail::Status;
use crate::scope::{Scope, Tx};
use crate::sums::whole_sum;

/// How long a rail is waited for. Whoever does not answer in time may have paid.
const RAIL_TIME: Duration = Duration::from_secs(10);

/// After a call that may pay has begun: how long it may still be on its way, also where
/// the server that made it stood still for a while, and by another server's clock.
pub(crate) const CALL_MAY_LAST: Duration = Duration::from_secs(20).saturating_add(MOST_SKEW);

/// The time that one call to a rail has.
pub(crate) struct Call(Instant);

impl Call {
    /// From now on.
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Waits for an answer, for what is left of the time. Nothing is called once it is
    /// over.
    pub(crate) async fn make(self, answer: impl Future<Output = Status>) -> Status {
        let left = RAIL_TIME.saturating_sub(self.0.elapsed());
        let late = || Status::Unknown {
            reason: format!("the rail did not answer within {RAIL_TIME:?}"),
        };
        if left.is_zero() {
            late()
        } else {
            tokio::time::timeout(left, answer)
                .await
                .unwrap_or_else(|_| late())
        }
    }
}

/// What is to be done with a payout.
pub(crate) enum Next {
    /// It is sent, now.
    Send(payout::Model, Call),
    /// It may have been sent, and must not be again: the rail is asked.
    Ask(payout::Model),
    /// It is settled, or waits for its run.
    Skip,
}

/// Whether a payout that nobody knows of can be sent again: the rail never took it,
/// and does not know it now.
pub(crate) fn may_leave_again(payout: &payout::Model, answer: &Status) -> bool {
    let never_taken = payout.state == State::Unknown && payout.reference.is_none();
    never_taken && *answer == Status::NeverArrived
}

/// Makes the instruction of a payout durable before it leaves, and that it leaves now;
/// books the money as in transit the first time. Fails the payout if something no
/// longer holds.
pub(crate) async fn begin(scope: &Scope, id: PayoutId) -> Result<Next> {
    let call = Call::begin();
    let mut tx = scope.begin().await?;
    let payout = payout::Entity::get(&tx, tx.tenant(), id).await?;
    match payout.state {
        State::Scheduled => {
            let run = payout_run::Entity::get(&tx, tx.tenant(), payout.run_id).await?;
            if !payout_run::State::AT_WORK.contains(&run.state) {
                return Ok(Next::Skip);
            }
            let papers = papers_of(&tx, payout.partner_id).await?;
            let unready = no_longer_ready(&tx, &run, &payout, &papers).await?;
            start(&tx, run).await?;
            if let Some(reason) = unready {
                settlement::fail_and_close(&mut tx, payout, reason.to_owned()).await?;
                tx.commit().await?;
                return Ok(Next::Skip);
            }
            settlement::depart(&mut tx, payout).await?;
        }
        State::Sending | State::Unknown => {
            // It may not have left yet. What people report of it, or what has ceased to
            // be true, keeps it: the rail is asked alone.
            if is_reported(&tx, tx.tenant(), id).await? {
                return Ok(Next::Ask(payout));
            }
            let run = payout_run::Entity::get(&tx, tx.tenant(), payout.run_id).await?;
            let papers = papers_of(&tx, payout.partner_id).await?;
            let unready = no_longer_ready(&tx, &run, &payout, &papers).await?;
            if unready.is_some() {
                return Ok(Next::Ask(payout));
            }
            settlement::depart_again(&tx, payout).await?;
        }
        State::Sent => return Ok(Next::Ask(payout)),
        State::Paid | State::Failed => return Ok(Next::Skip),
    }
    let payout = payout::Entity::get(&tx, tx.tenant(), id).await?;
    tx.commit().await?;
    Ok(Next::Send(payout, call))
}

/// Whether somebody says what became of a payout. From then on it is not sent: it was made
/// otherwise, or must not be made any more.
pub(crate) async fn is_reported<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    id: PayoutId,
) -> Result<bool> {
    let report = payout_report::Entity::find_by_id((tenant, id));
    Ok(report.one(db).await?.is_some())
}

/// Marks a run as one that the rail is at work on.
async fn start(tx: &Tx, run: payout_run::Model) -> Result<()> {
    if run.state == payout_run::State::Approved {
        let mut change: payout_run::ActiveModel = run.into();
        change.state = Set(payout_run::State::Executing);
        tx.update(change).await?;
    }
    Ok(())
}

async fn papers_of(tx: &Tx, partner: PartnerId) -> Result<Papers> {
    let mut papers = readiness::papers(tx, tx.tenant(), &[partner], tx.now()).await?;
    Ok(papers.remove(&partner).unwrap_or_default())
}

/// What must be true when money leaves and has ceased to be, by its partner's papers.
pub(crate) async fn no_longer_ready(
    tx: &Tx,
    run: &payout_run::Model,
    payout: &payout::Model,
    papers: &Papers,
) -> Result<Option<&'static str>> {
    let sum = whole_sum(earning::Column::AmountMinor);
    let by_terms: Vec<(TermsId, i64)> = earning::Entity::of(tx.tenant())
        .filter(earning::Column::PayoutId.eq(payout.id))
        .select_only()
        .column(earning::Column::TermsId)
        .column_as(sum, "sum")
        .group_by(earning::Column::TermsId)
        .into_tuple()
        .all(tx)
        .await?;
    if by_terms.iter().map(|(_, sum)| sum).sum::<i64>() != payout.amount_minor {
        let what = format!("{} is not the sum of its earnings", payout.id);
        return Err(Error::broken(what));
    }
    let obstacles = papers.obstacles_under(&by_terms.into_iter().map(|(terms, _)| terms).collect());
    if let Some(&obstacle) = obstacles.first() {
        return Ok(Some(Reason::from(obstacle).words()));
    }
    if papers
        .method
        .as_ref()
        .is_none_or(|method| method.id != payout.method_id)
    {
        return Ok(Some("the payout method is no longer the partner's"));
    }
    // What a refund took back since is to be set off before money leaves.
    let in_debt = dues::is_in_debt(tx, run, payout.partner_id).await?;
    Ok(in_debt.then_some("something was refunded since the run was proposed"))
}
