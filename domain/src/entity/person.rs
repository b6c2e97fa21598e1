//! Human beings.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{PersonId, TenantId};

/// A person who works for the tenant or for a partner. Two rows are two people:
/// where a second person is needed, they are told apart by id.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PersonId,
    /// The name.
    pub name: String,
    /// Who let this person in: the operator as `system`, or who invited.
    pub added_by: Actor,
    /// When.
    pub created_at: Moment,
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(PersonId, Person);
