//! What stands against registrations.

use async_graphql::{Context, Description, Object};
use tributary_domain::entity::registration_conflict::Kind;
use tributary_domain::entity::{account, registration_conflict};

use super::account::Account;
use super::context::{Beside, mirrors};
use super::deal::Deal;
use super::error::ApiResult;
use super::registration::Registration;

mirrors! {
    /// What a registration can compete with.
    ConflictKind = Kind {
        /// Another claim on the account is alive.
        LiveRegistration,
        /// A deal with the account is open.
        OpenDeal,
        /// The account has bought before.
        ExistingCustomer,
        /// Another account has the same name.
        PossibleDuplicate,
    }
}

/// One reason why a registration is in conflict.
#[derive(Description)]
pub struct RegistrationConflict(pub registration_conflict::Model);

#[Object(use_type_description)]
impl RegistrationConflict {
    /// What it competes with.
    async fn kind(&self) -> ConflictKind {
        self.0.kind.into()
    }

    /// The same in a sentence for people. It says no more than the key may see.
    async fn message(&self, ctx: &Context<'_>) -> ApiResult<String> {
        match self.0.kind {
            Kind::LiveRegistration => self.claimed(ctx).await,
            Kind::OpenDeal | Kind::ExistingCustomer => self.dealt(ctx).await,
            Kind::PossibleDuplicate => self.named_alike(ctx).await,
        }
    }

    /// The claim that it competes with. Null where it competes with something
    /// else, and for a partner's key where another partner made the claim.
    async fn competing_registration(&self, ctx: &Context<'_>) -> ApiResult<Option<Registration>> {
        let key = self.0.competing_registration_id;
        Ok(ctx.loaders().maybe(key).await?.map(Registration))
    }

    /// The deal that it competes with. Null where it competes with something
    /// else, and for a partner's key where it has no part in the deal.
    async fn competing_deal(&self, ctx: &Context<'_>) -> ApiResult<Option<Deal>> {
        let key = self.0.competing_deal_id;
        Ok(ctx.loaders().maybe(key).await?.map(Deal))
    }

    /// The account that it may duplicate. Null where it competes with something
    /// else, and for a partner's key.
    async fn competing_account(&self, ctx: &Context<'_>) -> ApiResult<Option<Account>> {
        Ok(self.namesake(ctx).await?.map(Account))
    }
}

impl RegistrationConflict {
    async fn claimed(&self, ctx: &Context<'_>) -> ApiResult<String> {
        let key = self.0.competing_registration_id;
        let Some(claim) = ctx.loaders().maybe(key).await? else {
            return Ok("somebody else claimed this customer before".to_owned());
        };
        let partner = ctx.loaders().one(claim.partner_id).await?;
        let partner = partner.map_or("a partner".to_owned(), |partner| partner.name);
        let day = claim.submitted_at.to_utc().date_naive();
        let what = claim.opportunity;
        Ok(format!(
            "{partner} claimed this customer before, on {day}: {what}"
        ))
    }

    async fn dealt(&self, ctx: &Context<'_>) -> ApiResult<String> {
        let about = match self.0.kind {
            Kind::OpenDeal => "a deal with this customer was open already",
            _ => "this customer had bought before",
        };
        let deal = ctx.loaders().maybe(self.0.competing_deal_id).await?;
        Ok(match deal {
            Some(deal) => format!("{about}: {}", deal.name),
            None => about.to_owned(),
        })
    }

    async fn named_alike(&self, ctx: &Context<'_>) -> ApiResult<String> {
        let about = "this may be a customer who is known already, under another domain";
        Ok(match self.namesake(ctx).await? {
            Some(account) => format!("{about}: {}", account.name),
            None => about.to_owned(),
        })
    }

    /// The account of the same name, for the tenant's own people: to a partner
    /// it would tell who else is a customer.
    async fn namesake(&self, ctx: &Context<'_>) -> ApiResult<Option<account::Model>> {
        match ctx.scope().partner() {
            Some(_) => Ok(None),
            None => ctx.loaders().maybe(self.0.competing_account_id).await,
        }
    }
}
