//! An office's payout runs: proposed, prepared, executed and stopped.

use sea_orm::entity::prelude::*;
use tokio::task::JoinHandle;
use tributary_domain::background;
use tributary_domain::commission::ledger::{self, TrialBalance};
use tributary_domain::entity::payout_hold::Reason;
use tributary_domain::entity::{Owned, payout, payout_run, work};
use tributary_domain::error::Result;
use tributary_domain::ids::{PartnerId, PayoutRunId};
use tributary_domain::payout::payout_runs;
use tributary_domain::scope::Engine;

use crate::support::office::Office;
use crate::support::operator::works;

impl Office {
    /// Ada proposes a run, which the server prepares.
    pub async fn proposes(&self) -> Result<payout_run::Model> {
        let program = self.program.id;
        let run = payout_runs::propose(&self.ada, &self.key(), program, None).await?;
        self.finishes(work::Kind::PrepareRun, run.id).await
    }

    /// The server prepares a run.
    pub async fn prepares(&self, run: PayoutRunId) -> payout_run::Model {
        self.finishes(work::Kind::PrepareRun, run).await.unwrap()
    }

    /// Ada cancels a run, and the server gives back what was not sent.
    pub async fn cancels(&self, run: PayoutRunId) -> payout_run::Model {
        payout_runs::cancel(&self.ada, None, run).await.unwrap();
        self.finishes(work::Kind::CancelRun, run).await.unwrap()
    }

    /// The server does something about a run to the end.
    async fn finishes(&self, kind: work::Kind, run: PayoutRunId) -> Result<payout_run::Model> {
        let system = self.engine.system(self.tenant).await?;
        while background::step(&system, kind, run.0).await? {}
        let db = system.read().await?;
        payout_run::Entity::get(&db, self.tenant, run).await
    }

    /// Ada proposes a run, and Ben approves it.
    pub async fn approved_run(&self) -> PayoutRunId {
        let run = self.proposes().await.unwrap();
        payout_runs::approve(&self.ben, None, run.id)
            .await
            .unwrap()
            .id
    }

    /// The server does what the rail has to do.
    pub async fn executes(&self) {
        self.executing(&self.engine).await.unwrap();
    }

    /// The server works until every payout is paid. Another server, which may lack
    /// the rail, may have the work in its hands at any time.
    pub async fn pays_out(&self, told: &str) {
        for _ in 0..20 {
            self.executes().await;
            let payouts = self.payouts().await;
            if payouts
                .iter()
                .all(|payout| payout.state == payout::State::Paid)
            {
                return;
            }
        }
        let (payouts, work) = (self.payouts().await, self.work().await);
        panic!("not everybody is paid: {told}, {payouts:?}, {work:?}");
    }

    /// The same by any server, as a task of its own, which can be killed.
    pub fn executing(&self, engine: &Engine) -> JoinHandle<()> {
        let (engine, tenant) = (engine.clone(), self.tenant);
        tokio::spawn(async move {
            works(&engine, tenant).await;
        })
    }

    /// What the server has to do of its own accord.
    pub async fn work(&self) -> Vec<work::Kind> {
        let rows = work::Entity::find().filter(work::Column::TenantId.eq(self.tenant));
        let rows = rows.all(&*self.engine.db).await.unwrap();
        rows.into_iter().map(|row| row.kind).collect()
    }

    /// Who a run does not pay, and why.
    pub async fn holds(&self, run: PayoutRunId) -> Vec<(PartnerId, Reason, i64)> {
        self.ada.end_read().await;
        let holds = payout_runs::holds(&self.ada, &[run]).await.unwrap();
        holds
            .into_iter()
            .map(|row| (row.partner_id, row.reason, row.amount_minor))
            .collect()
    }

    /// The books, added up anew.
    pub async fn books(&self) -> TrialBalance {
        self.ada.end_read().await;
        ledger::trial_balance(&self.ada).await.unwrap()
    }
}
