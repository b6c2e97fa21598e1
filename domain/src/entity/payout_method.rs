//! Where partners are paid.

use sea_orm::entity::prelude::*;

use crate::actor::Actor;
use crate::clock::Moment;
use crate::ids::{PartnerId, PayoutMethodId, TenantId};
use crate::keyring::{Place, Sealed};

/// A way for money to reach partners. Those that a server has are its own matter.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
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
pub enum RailName {
    /// People make the payments: one reports each, another confirms it.
    Manual,
    /// Moves no money: for tenants that try things out.
    Sandbox,
    /// RazorpayX. Named ahead: no server has it yet.
    Razorpayx,
    /// PayPal. Named ahead: no server has it yet.
    Paypal,
}

/// Where a payout method stands.
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
pub enum State {
    /// Nobody has checked it.
    Unverified,
    /// Payouts go there.
    Verified,
    /// It is no longer used.
    Disabled,
}

/// A payout method.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payout_method")]
pub struct Model {
    /// The tenant.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: TenantId,
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PayoutMethodId,
    /// The partner.
    pub partner_id: PartnerId,
    /// The rail that pays it.
    pub rail: RailName,
    /// Where to, in the rail's terms.
    pub destination: Sealed,
    /// Of rail and destination: equal where two methods of a tenant are the same.
    pub fingerprint: String,
    /// What people are shown: the destination, masked.
    pub label: String,
    /// Where it stands.
    pub state: State,
    /// Who added it.
    pub added_by: Actor,
    /// Who verified it: another person.
    pub verified_by: Option<Actor>,
    /// When it was added.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

impl Model {
    /// Where the destination of a method is stored.
    pub fn place(tenant: TenantId, id: PayoutMethodId) -> Place {
        Place {
            tenant,
            column: "payout_method.destination",
            row: id.0,
        }
    }
}

impl ActiveModelBehavior for ActiveModel {}

super::owned!(PayoutMethodId, PayoutMethod);
super::dated!();
