//! What the nouns are: one table, one module, one model.
//!
//! Every table but `tenant` is keyed by the tenant first, and its rows are found
//! through [`Owned`], so that another tenant's id is simply not there.

pub mod account;
pub mod account_identifier;
pub mod activation;
pub mod agreement;
pub mod api_key;
pub mod assessment;
pub mod collection;
pub mod command;
pub mod commission;
pub mod credit;
pub mod credit_share;
pub mod deal;
pub mod earning;
pub mod enrollment;
pub mod entry;
pub mod evaluation;
pub mod event;
pub mod external_id;
pub mod involvement;
pub mod ledger_transaction;
pub mod log_epoch;
pub mod partner;
pub mod payout;
pub mod payout_hold;
pub mod payout_method;
pub mod payout_report;
pub mod payout_run;
pub mod person;
pub mod plugin;
pub mod plugin_code;
pub mod plugin_version;
pub mod program;
pub mod registration;
pub mod registration_conflict;
pub mod rule;
pub mod search_term;
pub mod tax_form;
pub mod tenant;
pub mod terms;
pub mod upload;
pub mod work;

use sea_orm::entity::prelude::*;

use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::ids::{Noun, TenantId};

/// A table whose rows have an id and belong to one tenant.
pub trait Owned: EntityTrait {
    /// The type of its ids.
    type Id: Copy + Eq + std::hash::Hash + Into<Value> + Send + Sync;
    /// What a missing row is called.
    const NOUN: Noun;

    /// The column of the tenant.
    fn tenant_column() -> Self::Column;

    /// The column of the id.
    fn id_column() -> Self::Column;

    /// The id of a row.
    fn id_of(row: &Self::Model) -> Self::Id;

    /// The rows of one tenant.
    fn of(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Self::tenant_column().eq(tenant))
    }

    /// The row with this id, or `NotFound` if the tenant has none.
    fn get<C: ConnectionTrait>(
        db: &C,
        tenant: TenantId,
        id: Self::Id,
    ) -> impl Future<Output = Result<Self::Model>> + Send {
        let query = Self::of(tenant).filter(Self::id_column().eq(id));
        async move { query.one(db).await?.ok_or(Error::NotFound(Self::NOUN)) }
    }
}

/// Makes the entity of a module one that belongs to a tenant.
macro_rules! owned {
    ($id:ty, $noun:ident) => {
        impl super::Owned for Entity {
            type Id = $id;
            const NOUN: crate::ids::Noun = crate::ids::Noun::$noun;

            fn tenant_column() -> Column {
                Column::TenantId
            }

            fn id_column() -> Column {
                Column::Id
            }

            fn id_of(row: &Model) -> $id {
                row.id
            }
        }
    };
}
use owned;

/// A row that says when it was last changed.
pub trait Dated: ActiveModelTrait {
    /// Notes that it is changed now.
    fn changed_at(&mut self, now: Moment);
}

/// Makes the rows of a module say when they were last changed.
macro_rules! dated {
    () => {
        impl super::Dated for ActiveModel {
            fn changed_at(&mut self, now: Moment) {
                self.updated_at = sea_orm::ActiveValue::Set(now);
            }
        }
    };
}
use dated;
