//! Companies that run programs here.

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::ids::{Noun, TenantId};

/// Whether its money is real.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    serde::Serialize,
    serde::Deserialize,
)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "snake_case"
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Real money, on the machine's clock.
    Live,
    /// No real money is paid, and its test clock can be moved forward.
    Sandbox,
}

/// A tenant. Its row is also the head of its log: every write transaction locks it first.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TenantId,
    /// What it calls itself.
    pub name: String,
    /// Live, or a sandbox.
    pub kind: Kind,
    /// The present of a sandbox; none where the machine's clock rules.
    pub clock_at: Option<Moment>,
    /// The position of the newest event in its log; 0 before the first.
    pub last_position: i64,
    /// When it happened. Later events never happen before it.
    pub last_at: Moment,
    /// The epoch of its log; 0 until a backup was first put back.
    pub epoch: i64,
    /// When it was created.
    pub created_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

/// A tenant belongs to itself.
impl super::Owned for Entity {
    type Id = TenantId;
    const NOUN: Noun = Noun::Tenant;

    fn tenant_column() -> Column {
        Column::Id
    }

    fn id_column() -> Column {
        Column::Id
    }

    fn id_of(row: &Model) -> TenantId {
        row.id
    }
}
