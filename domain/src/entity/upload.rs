//! Staged files.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{TenantId, UploadId};

/// A staged file.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upload")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UploadId,
    /// What was put there.
    pub bytes: Option<Vec<u8>>,
    /// By whom.
    pub created_by: Actor,
    /// When it can no longer be used.
    pub expires_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(UploadId, Upload);
