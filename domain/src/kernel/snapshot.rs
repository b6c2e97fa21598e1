//! Reading: all questions of one operation are put to one state of the database.

use std::sync::Arc;

use sea_orm::entity::prelude::*;
use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{DatabaseTransaction, DbBackend, ExecResult, QueryResult, Statement};
use tokio::sync::Mutex;

use crate::error::Result;
use crate::ids::TenantId;
use crate::kernel::engine::Engine;
use crate::kernel::meter::Meter;
use crate::kernel::transaction;

/// The read transaction of an operation: begun at its first question, shared by
/// all that follow, and ended before a command of the operation writes.
#[derive(Default)]
pub(crate) struct Snapshot(Mutex<Option<Reading>>);

impl Snapshot {
    /// The operation's read transaction, begun now if there is none.
    pub(crate) async fn read(
        &self,
        engine: &Engine,
        tenant: TenantId,
        meter: &Meter,
    ) -> Result<Reading> {
        let mut open = self.0.lock().await;
        if let Some(reading) = &*open {
            return Ok(reading.clone());
        }
        let reading = Reading {
            tx: Arc::new(transaction::read(engine, tenant, meter).await?),
            meter: meter.clone(),
        };
        *open = Some(reading.clone());
        Ok(reading)
    }

    /// Ends the read transaction, once whoever is reading has its answer.
    pub(crate) async fn end(&self) {
        let ended = self.0.lock().await.take();
        if let Some(reading) = ended {
            reading.meter.add(1);
        }
    }
}

/// A read transaction. Clones share it; dropping the last one ends it.
#[derive(Clone)]
pub struct Reading {
    tx: Arc<DatabaseTransaction>,
    meter: Meter,
}

#[async_trait]
impl ConnectionTrait for Reading {
    fn get_database_backend(&self) -> DbBackend {
        self.tx.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.meter.add(1);
        self.tx.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.meter.add(1);
        self.tx.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.meter.add(1);
        self.tx.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.meter.add(1);
        self.tx.query_all_raw(statement).await
    }
}
