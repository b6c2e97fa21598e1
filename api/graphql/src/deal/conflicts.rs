//! What stands against registrations.

use async_graphql::{Context, Description, Enum, Object};
use tributary_domain::deal::conflicts::ShownConflict;
use tributary_domain::entity::registration_conflict::Kind;

use crate::context::RequestExt;
use crate::deal::accounts::Account;
use crate::deal::deals::Deal;
use crate::deal::registrations::Registration;
use crate::error::ApiResult;

/// What a registration can compete with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Kind")]
pub enum ConflictKind {
    /// Another registration of the account is live.
    LiveRegistration,
    /// A deal with the account is open.
    OpenDeal,
    /// The account has bought before.
    ExistingCustomer,
    /// Another account has the same name.
    PossibleDuplicate,
}

/// One reason why a registration is in conflict.
#[derive(Description)]
pub struct RegistrationConflict(pub ShownConflict);

#[Object(use_type_description)]
impl RegistrationConflict {
    /// What it competes with.
    async fn kind(&self) -> ConflictKind {
        self.0.kind.into()
    }

    /// The same in a sentence for people. It says no more than the key may see.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// The registration that it competes with. Null where it competes with
    /// something else, and for a partner's key where it is another partner's.
    async fn competing_registration(&self, ctx: &Context<'_>) -> ApiResult<Option<Registration>> {
        let key = self.0.competing_registration;
        Ok(ctx.loaders().maybe(key).await?.map(Registration))
    }

    /// The deal that it competes with. Null where it competes with something
    /// else, and for a partner's key where it has no part in the deal.
    async fn competing_deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        let key = self.0.competing_deal;
        Ok(ctx.loaders().maybe(key).await?.map(Deal))
    }

    /// The account that it may duplicate. Null where it competes with something
    /// else, and for a partner's key.
    async fn competing_account(&self, ctx: &Context<'_>) -> ApiResult<Option<Account>> {
        let key = self.0.competing_account;
        Ok(ctx.loaders().maybe(key).await?.map(Account))
    }
}
