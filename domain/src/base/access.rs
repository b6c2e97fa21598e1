//! Who may do what.

use std::fmt;

use sea_orm::Iterable;
use sea_orm::entity::prelude::*;

/// What a key's holder is to the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, serde::Serialize)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::N(32))",
    rename_all = "snake_case"
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything, keys included.
    Owner,
    /// Runs programs: partners, registrations, deals and rules.
    Manager,
    /// Runs money: collections and payout runs.
    Finance,
    /// A system that sends deals, involvements and collections.
    Integrator,
    /// Reads everything of the tenant, changes nothing.
    Viewer,
    /// One partner's own people: their own rows alone.
    Partner,
}

/// One thing that may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter)]
pub enum Permission {
    /// Create and revoke API keys.
    KeyManage,
    /// Create programs and publish their terms.
    ProgramManage,
    /// Invite partners and decide on their paperwork.
    PartnerManage,
    /// File a partner's own paperwork: agreement, tax form, payout method.
    PartnerFile,
    /// Register an opportunity for a partner.
    RegistrationSubmit,
    /// Approve or reject registrations.
    RegistrationDecide,
    /// Open, move, win and lose deals, and convert registrations into them.
    DealManage,
    /// Write off what a won deal has left to collect.
    DealWriteOff,
    /// Propose an involvement with its evidence.
    InvolvementRecord,
    /// Confirm or decline involvements.
    InvolvementDecide,
    /// Record what the customer paid or was refunded.
    CollectionRecord,
    /// Try a held commission again.
    CommissionManage,
    /// Propose a payout run.
    PayoutPropose,
    /// Approve a payout run that somebody else proposed.
    PayoutApprove,
    /// Read where partners are paid, to pay them by hand.
    PayoutExport,
    /// Upload and publish plugins, and propose from when on a version decides.
    PluginManage,
    /// Approve from when on a version of a plugin decides.
    ActivationApprove,
    /// Read rules' code and receipts, the ledger, and the whole log.
    BooksRead,
    /// Move the test clock of a sandbox.
    ClockAdvance,
}

impl fmt::Display for Permission {
    /// As the public API names it: `PAYOUT_APPROVE`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, letter) in format!("{self:?}").char_indices() {
            if letter.is_uppercase() && index > 0 {
                f.write_str("_")?;
            }
            write!(f, "{}", letter.to_ascii_uppercase())?;
        }
        Ok(())
    }
}

impl Role {
    /// All that holders of this role may do.
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        Permission::iter().filter(move |permission| self.may(*permission))
    }

    /// Whether holders of this role may do it.
    pub fn may(self, permission: Permission) -> bool {
        use Permission::*;
        match self {
            Self::Owner => true,
            Self::Manager => matches!(
                permission,
                ProgramManage
                    | PartnerManage
                    | PartnerFile
                    | RegistrationSubmit
                    | RegistrationDecide
                    | DealManage
                    | InvolvementRecord
                    | InvolvementDecide
                    | CommissionManage
                    | PluginManage
                    | ActivationApprove
                    | BooksRead
                    | ClockAdvance
            ),
            Self::Finance => matches!(
                permission,
                CollectionRecord
                    | DealWriteOff
                    | CommissionManage
                    | PayoutPropose
                    | PayoutApprove
                    | PayoutExport
                    | ActivationApprove
                    | BooksRead
            ),
            Self::Integrator => matches!(
                permission,
                RegistrationSubmit | DealManage | InvolvementRecord | CollectionRecord
            ),
            Self::Viewer => matches!(permission, BooksRead),
            Self::Partner => matches!(
                permission,
                PartnerFile | RegistrationSubmit | InvolvementRecord
            ),
        }
    }
}
