//! Assessments: each answer to what a commission adds up to is kept, and the newest one
//! counts.

use sea_orm::ActiveValue::Set;
use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;

use crate::entity::{assessment, commission};
use crate::error::Result;
use crate::ids::EvaluationId;
use crate::money::Exact;
use crate::scope::Tx;

/// Keeps what a rule gives of a commission, exact and rounded.
pub(crate) async fn append(
    tx: &Tx,
    commission: &commission::Model,
    evaluation: EvaluationId,
    exact: Exact,
    total_minor: i64,
) -> Result<()> {
    let newest = assessment::Entity::find()
        .filter(assessment::Column::TenantId.eq(tx.tenant()))
        .filter(assessment::Column::CommissionId.eq(commission.id))
        .select_only()
        .column_as(assessment::Column::Number.max(), "number")
        .into_tuple::<Option<i32>>()
        .one(tx)
        .await?;
    let row = assessment::ActiveModel {
        tenant_id: Set(tx.tenant()),
        commission_id: Set(commission.id),
        number: Set(newest.flatten().unwrap_or_default() + 1),
        credit_id: Set(commission.credit_id),
        evaluation_id: Set(evaluation),
        exact: Set(exact.0.to_string()),
        total_minor: Set(total_minor),
        as_of_position: Set(commission.as_of_position),
        created_at: Set(tx.now()),
    };
    assessment::Entity::insert(row)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
